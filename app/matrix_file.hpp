#pragma once
#include "commands.hpp"

namespace lambdabar::app {

/// A Hermitian matrix from a Matrix Market file, in the file's own storage: one triangle of a symmetric or Hermitian
/// file, both of a general one. Real or complex as S says; the data decide whether it is Hermitian, not the header.
/// Throws std::invalid_argument with the file's name for files that cannot be read and data that are not Hermitian.
template <ScalarType S>
class MatrixFile {
public:
    explicit MatrixFile(const fs::path& path);
    MatrixFile(const MatrixFile&) = delete;
    MatrixFile& operator=(const MatrixFile&) = delete;

    const SparseHermitian<S>& A() const { return *view_; }
    Index rows() const { return matrix_.rows(); }

    /// The stored entries with other values, in the file's storage; their real parts if the file is real.
    void write(const fs::path& path, const Vector<S>& values) const;

private:
    void refuse_lone_triangle(const fs::path& path) const;

    Eigen::SparseMatrix<S> matrix_;
    bool real_ = false;  // what the header says
    MatrixMarketSymmetry storage_ = MatrixMarketSymmetry::general;
    std::unique_ptr<SparseHermitian<S>> view_;
};

}  // namespace lambdabar::app
