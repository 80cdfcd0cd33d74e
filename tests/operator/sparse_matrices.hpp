#pragma once
// Sparse Hermitian matrices in every storage an Eigen user may hold them in.
#include <lambdabar/operator/sparse.hpp>

#include "support.hpp"

namespace lambdabar::test {

/// About `per_row` entries in most rows, some rows and columns without any, some stored zeros.
template <ScalarType S>
Matrix<S> random_sparse_hermitian(Index n, double per_row, unsigned seed);

/// The nonzeros of A, or of one triangle of it, compressed. Diagonal entries of even rows are stored even if zero.
template <int Order = Eigen::ColMajor, class StorageIndex = int, ScalarType S>
Eigen::SparseMatrix<S, Order, StorageIndex> stored(const Matrix<S>& A, Triangle triangle) {
    std::vector<Eigen::Triplet<S, StorageIndex>> entries;
    for (Index r = 0; r < A.rows(); ++r) {
        for (Index c = 0; c < A.cols(); ++c) {
            if (triangle == Triangle::lower && r < c) continue;
            if (triangle == Triangle::upper && r > c) continue;
            if (A(r, c) == S{0} && !(r == c && r % 2 == 0)) continue;
            entries.emplace_back(static_cast<StorageIndex>(r), static_cast<StorageIndex>(c), A(r, c));
        }
    }
    Eigen::SparseMatrix<S, Order, StorageIndex> M(A.rows(), A.cols());
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

/// A X, by whatever operator.
template <LinearMap Op>
Matrix<typename Op::Scalar> product(const Op& A, const Matrix<typename Op::Scalar>& X) {
    using S = typename Op::Scalar;
    const Block<S> block = X;
    Block<S> Y = Block<S>::Constant(X.rows(), X.cols(), S{kNaN});
    A.apply(block, Y);
    return Y;
}

/// Entrywise rounding of A X with A and X given: 4(m + 2)·eps·|A||X|, m the most entries in a row.
template <ScalarType S>
Eigen::MatrixXd apply_rounding(const Matrix<S>& A, const Matrix<S>& X);

template <ScalarType S>
bool equals_dense_product(const Matrix<S>& Y, const Matrix<S>& A, const Matrix<S>& X);

}  // namespace lambdabar::test
