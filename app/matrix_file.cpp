#include "matrix_file.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace lambdabar::app {

template <ScalarType S>
MatrixFile<S>::MatrixFile(const fs::path& path) {
    const MatrixMarketHeader header = read_matrix_market_header(path);
    real_ = header.field != MatrixMarketField::complex;
    // A complex symmetric or skew file is expanded, so that SparseHermitian sees what it is and names it.
    const bool one_triangle =
        header.symmetry == (real_ ? MatrixMarketSymmetry::symmetric : MatrixMarketSymmetry::hermitian);
    storage_ = one_triangle ? MatrixMarketSymmetry::hermitian : MatrixMarketSymmetry::general;
    matrix_ = read_sparse<S>(path, one_triangle ? SymmetricStorage::keep : SymmetricStorage::expand);
    try {
        view_ = std::make_unique<SparseHermitian<S>>(matrix_);
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(path.string() + ": " + error.what());
    }
    if (!one_triangle) refuse_lone_triangle(path);
}

/// A general file that stores nothing on one side of the diagonal has zeros there, not a mirror image.
template <ScalarType S>
void MatrixFile<S>::refuse_lone_triangle(const fs::path& path) const {
    if (view_->triangle() == Triangle::both) return;
    for (Index column = 0; column < matrix_.outerSize(); ++column) {
        for (typename Eigen::SparseMatrix<S>::InnerIterator entry(matrix_, column); entry; ++entry) {
            if (entry.row() == column || entry.value() == S{0}) continue;
            std::ostringstream message;
            message << path.string() << ": the matrix is not symmetric: entry (" << entry.row() << ", " << column
                    << ") is " << entry.value() << " and entry (" << column << ", " << entry.row()
                    << ") is not stored; a file of one triangle needs the header 'symmetric' or 'hermitian'";
            throw std::invalid_argument(message.str());
        }
    }
}

template <ScalarType S>
void MatrixFile<S>::write(const fs::path& path, const Vector<S>& values) const {
    Eigen::SparseMatrix<S> M = matrix_;
    std::copy(values.begin(), values.end(), M.valuePtr());
    if (real_) {
        write_matrix_market(path, Eigen::SparseMatrix<double>(M.real()), storage_);
    } else {
        write_matrix_market(path, M, storage_);
    }
}

template class MatrixFile<double>;
template class MatrixFile<std::complex<double>>;

}  // namespace lambdabar::app
