#pragma once

#include <lambdabar/types.hpp>

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <complex>
#include <cstdint>
#include <filesystem>

/// Matrix Market files (R. F. Boisvert, R. Pozo, K. Remington, The Matrix Market Exchange Formats, NISTIR 5935, 1996).
///
/// What is read: coordinate and array files; real, complex, integer and pattern fields (integers become doubles and
/// must be exact there, pattern entries become ones); general, symmetric, Hermitian and skew-symmetric storage.
/// Tolerated: CRLF, blank lines and comments anywhere after the first line, surplus blanks, header words in any case,
/// a leading '+', Fortran's exponent 'D', numbers below the range of double (they become the nearest: 0 or subnormal).
///
/// Everything else is refused: std::invalid_argument, one sentence with the file, the line and the numbers, for a
/// missing file, a directory, a bad banner, sizes that are not positive or exceed `int`, an index out of range, too
/// few or too many entries, anything that is not a number, NaN and Inf, an entry above the diagonal of symmetric
/// storage, a diagonal entry of a skew-symmetric file, a Hermitian diagonal that is not real. A last line needs no
/// line end, as many writers leave it out; so a file cut within its very last number is read. No allocation trusts the
/// header: counts that the bytes of the file cannot hold are refused first. std::runtime_error: the disk failed
/// meanwhile.
///
/// A complex file is never read as double, whatever its values; a real
/// file is read as complex.
namespace lambdabar {

enum class MatrixMarketFormat { coordinate, array };
enum class MatrixMarketField { real, complex, integer, pattern };
enum class MatrixMarketSymmetry { general, symmetric, hermitian, skew_symmetric };

/// The banner and the size line of a file.
struct MatrixMarketHeader {
    MatrixMarketFormat format = MatrixMarketFormat::coordinate;     ///< sparse triplets, or all values by columns
    MatrixMarketField field = MatrixMarketField::real;              ///< what an entry is
    MatrixMarketSymmetry symmetry = MatrixMarketSymmetry::general;  ///< other than general: the lower triangle only
    Index rows = 0;                                                 ///< 1 … 2³¹ − 1
    Index cols = 0;                                                 ///< 1 … 2³¹ − 1
    std::int64_t entries = 0;  ///< entries in the file: declared (coordinate) or computed (array)
};

/// Which triangles a matrix read from symmetric, Hermitian or skew-symmetric storage holds; a general file has both.
enum class SymmetricStorage {
    expand,  ///< both: an entry (i, j) below the diagonal also gives (j, i), conjugated (Hermitian) or negated (skew)
    keep     ///< the lower one, as in the file
};

/// Banner and size line of `path`, with all checks that they allow (also: whether the file is large enough).
/// Throws as said above.
MatrixMarketHeader read_matrix_market_header(const std::filesystem::path& path);

/// The matrix of `path`, rows × cols, compressed, row indices ascending in each column.
///
/// Explicit zeros stay stored entries (the pattern matters to a gradient), and an array file gives a full pattern.
/// Repeated entries are summed in the order of the file, as SciPy does and assembly by elements needs; in a pattern
/// file a repeated entry stays one. More than 2²⁴ columns are refused when the file has fewer bytes than columns.
///
/// Streams: beside a buffer of 1 MiB it holds the entries once as triplets (16 bytes each for double, 24 for
/// complex) and the result, built by a counting sort; no more than 2³¹ − 1 stored entries.
/// Throws as said above; also std::invalid_argument when summed entries overflow.
template <ScalarType Scalar>
Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int> read_sparse(const std::filesystem::path& path,
                                                              SymmetricStorage storage = SymmetricStorage::expand);

/// The matrix of `path`, rows × cols, both triangles, entries that a coordinate file leaves out zero (repeated ones
/// as in read_sparse). A coordinate file is refused above 2²⁴ elements when it has fewer than one byte for 16 elements.
/// Throws as said above.
template <ScalarType Scalar>
Matrix<Scalar> read_dense(const std::filesystem::path& path);

/// Writes `X` as an array file (general; real or complex), values in the shortest decimals that read back to the
/// same bits. Matrices, vectors and column-major blocks are written without a copy. Atomic: see AtomicFile.
/// Throws std::invalid_argument for an empty matrix or a NaN or Inf in it, std::runtime_error when `path` cannot be
/// written; an existing file is then untouched.
void write_matrix_market(const std::filesystem::path& path, const Eigen::Ref<const Matrix<double>>& X);
void write_matrix_market(const std::filesystem::path& path, const Eigen::Ref<const Matrix<std::complex<double>>>& X);

/// Writes the stored entries of `A`, explicit zeros too, as a coordinate file, column by column; values and errors
/// as above. `symmetry` other than general says what the missing triangle is: the stored entries must then lie on or
/// below the diagonal (skew-symmetric: below) of a square matrix, and a Hermitian diagonal must be real, else
/// std::invalid_argument. A real matrix written as Hermitian gets the header `symmetric`, the format's word for it.
template <ScalarType Scalar>
void write_matrix_market(const std::filesystem::path& path, const Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>& A,
                         MatrixMarketSymmetry symmetry = MatrixMarketSymmetry::general);

/// What symmetry the values of `A` (both triangles stored) have, whatever the header of its file said.
///
/// Symmetric: |a_ij − a_ji| ≤ tolerance · max|a| for all i, j, entries not stored counting as zero; Hermitian:
/// |a_ij − conj(a_ji)|; skew-symmetric: |a_ij + a_ji|. The first that holds of Hermitian (complex Scalar only),
/// symmetric, skew-symmetric; else, and for a matrix that is not square or has a NaN or Inf, general. A real symmetric
/// matrix held as complex is Hermitian, a zero matrix symmetric (complex: Hermitian).
/// One pass over the entries, one iterator per column of memory; row indices must ascend in each column.
/// Throws std::invalid_argument unless 0 ≤ tolerance < ∞.
template <ScalarType Scalar>
MatrixMarketSymmetry detect_symmetry(const Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>& A,
                                     double tolerance = 0.0);

}  // namespace lambdabar
