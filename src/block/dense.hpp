#pragma once
// The only dense factorization the algorithms need: small Hermitian eigenproblems (b×b to basis×basis),
// compiled once.
#include <lambdabar/types.hpp>

namespace lambdabar {

template <class S>
struct DenseEigenpairs {
    Eigen::VectorXd values;  // ascending
    Matrix<S> vectors;       // orthonormal columns
};

/// Eigenpairs of a small Hermitian matrix (its Hermitian part is used).
template <ScalarType S>
DenseEigenpairs<S> dense_eigh(const Matrix<S>& G);

/// X T is orthonormal to rounding if X is to half the digits, G = ⟨X, X⟩: T = (3I − G)/2, one Newton step for G^(−1/2).
template <ScalarType S>
Matrix<S> orthonormalizing_step(const Matrix<S>& G) {
    return (3.0 * Matrix<S>::Identity(G.rows(), G.cols()) - G) / 2.0;
}

/// T (b×r) that makes the columns of U T orthonormal, given G = ⟨U, U⟩ (b×b): the directions of U longer than both
/// `relative` times the longest and `absolute`. r = 0 if there is none.
template <ScalarType S>
Matrix<S> leading_directions(const Matrix<S>& G, double relative, double absolute);

}  // namespace lambdabar
