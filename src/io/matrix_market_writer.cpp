#include <lambdabar/io/atomic_file.hpp>
#include <lambdabar/io/matrix_market.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace lambdabar {

namespace {

template <ScalarType Scalar>
constexpr bool is_complex = !std::same_as<Scalar, double>;

template <class... Parts>
[[noreturn]] void refuse(const std::filesystem::path& path, const Parts&... parts) {
    std::ostringstream text;
    text << "nothing was written to '" << path.string() << "': ";
    (text << ... << parts);
    throw std::invalid_argument(text.str());
}

/// One line of numbers, put together without allocation.
class NumberLine {
public:
    /// Shortest decimals that read back to the same bits.
    template <class Number>
    NumberLine& operator<<(Number value) {
        if (end_ != text_.data()) *end_++ = ' ';
        end_ = std::to_chars(end_, text_.data() + text_.size(), value).ptr;
        return *this;
    }
    NumberLine& operator<<(std::complex<double> value) { return *this << value.real() << value.imag(); }

    void write_to(AtomicFile& file) {
        *end_++ = '\n';
        file.write(std::string_view(text_.data(), static_cast<std::size_t>(end_ - text_.data())));
        end_ = text_.data();
    }

private:
    std::array<char, 128> text_;  // two indices of 19 digits and two values of 24 characters at most
    char* end_ = text_.data();
};

template <ScalarType Scalar>
void require_finite(const std::filesystem::path& path, Index row, Index col, Scalar value) {
    if (!std::isfinite(std::real(value)) || !std::isfinite(std::imag(value)))
        refuse(path, "the entry (", row + 1, ", ", col + 1, ") is ", value,
               ", but only finite values can be read back");
}

template <ScalarType Scalar>
void require_storage(const std::filesystem::path& path, MatrixMarketSymmetry symmetry, Index row, Index col,
                     Scalar value) {
    if (symmetry == MatrixMarketSymmetry::general || row > col) return;
    if (row < col)
        refuse(path, "the entry (", row + 1, ", ", col + 1, ") lies above the diagonal, but symmetric, Hermitian and ",
               "skew-symmetric files store the lower triangle");
    if (symmetry == MatrixMarketSymmetry::skew_symmetric)
        refuse(path, "the entry (", row + 1, ", ", col + 1, ") lies on the diagonal, which skew-symmetric files do ",
               "not store");
    if (symmetry == MatrixMarketSymmetry::hermitian && std::imag(value) != 0.0)
        refuse(path, "the diagonal entry (", row + 1, ", ", col + 1, ") has the imaginary part ", std::imag(value),
               ", so the matrix is not Hermitian");
}

template <ScalarType Scalar>
std::string_view symmetry_word(MatrixMarketSymmetry symmetry) {
    switch (symmetry) {
        case MatrixMarketSymmetry::symmetric:
            return "symmetric";
        case MatrixMarketSymmetry::hermitian:
            return is_complex<Scalar> ? "hermitian" : "symmetric";
        case MatrixMarketSymmetry::skew_symmetric:
            return "skew-symmetric";
        default:
            return "general";
    }
}

template <ScalarType Scalar>
void write_banner(AtomicFile& file, std::string_view format, MatrixMarketSymmetry symmetry) {
    file.write("%%MatrixMarket matrix ");
    file.write(format);
    file.write(is_complex<Scalar> ? " complex " : " real ");
    file.write(symmetry_word<Scalar>(symmetry));
    file.write("\n");
}

void require_not_empty(const std::filesystem::path& path, Index rows, Index cols) {
    if (rows == 0 || cols == 0)
        refuse(path, "the matrix is ", rows, " x ", cols, ", and an empty one has no Matrix Market form");
}

template <ScalarType Scalar>
void write_array(const std::filesystem::path& path, const Eigen::Ref<const Matrix<Scalar>>& X) {
    require_not_empty(path, X.rows(), X.cols());
    AtomicFile file(path);
    NumberLine line;
    write_banner<Scalar>(file, "array", MatrixMarketSymmetry::general);
    (line << X.rows() << X.cols()).write_to(file);
    for (Index col = 0; col < X.cols(); ++col) {
        for (Index row = 0; row < X.rows(); ++row) {
            require_finite(path, row, col, X(row, col));
            (line << X(row, col)).write_to(file);
        }
    }
    file.commit();
}

}  // namespace

void write_matrix_market(const std::filesystem::path& path, const Eigen::Ref<const Matrix<double>>& X) {
    write_array<double>(path, X);
}

void write_matrix_market(const std::filesystem::path& path, const Eigen::Ref<const Matrix<std::complex<double>>>& X) {
    write_array<std::complex<double>>(path, X);
}

template <ScalarType Scalar>
void write_matrix_market(const std::filesystem::path& path, const Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>& A,
                         MatrixMarketSymmetry symmetry) {
    using Sparse = Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>;
    require_not_empty(path, A.rows(), A.cols());
    if (symmetry != MatrixMarketSymmetry::general && A.rows() != A.cols())
        refuse(path, "the matrix is ", A.rows(), " x ", A.cols(), ", and only a square one can be ",
               symmetry_word<Scalar>(symmetry));
    AtomicFile file(path);
    NumberLine line;
    write_banner<Scalar>(file, "coordinate", symmetry);
    (line << A.rows() << A.cols() << A.nonZeros()).write_to(file);
    for (Index col = 0; col < A.outerSize(); ++col) {
        for (typename Sparse::InnerIterator entry(A, col); entry; ++entry) {
            require_finite(path, entry.row(), col, entry.value());
            require_storage(path, symmetry, entry.row(), col, entry.value());
            (line << entry.row() + 1 << col + 1 << entry.value()).write_to(file);
        }
    }
    file.commit();
}

template void write_matrix_market(const std::filesystem::path&, const Eigen::SparseMatrix<double>&,
                                  MatrixMarketSymmetry);
template void write_matrix_market(const std::filesystem::path&, const Eigen::SparseMatrix<std::complex<double>>&,
                                  MatrixMarketSymmetry);

}  // namespace lambdabar
