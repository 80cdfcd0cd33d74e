#pragma once
// The dense factorizations of small Hermitian matrices (b×b to basis×basis) that the algorithms need, compiled once.
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

/// (I − τ_j H)⁻¹ g_j for every column of g (m×a), H Hermitian (its lower triangle is used), I − τ_j H definite or not:
/// H = Q T Qᴴ with T tridiagonal once, 4/3 m³; then 2m² a column, by elimination with row exchanges.
template <ScalarType S>
Matrix<S> hermitian_resolvent(const Matrix<S>& H, const Eigen::VectorXd& tau, const Matrix<S>& g);

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
