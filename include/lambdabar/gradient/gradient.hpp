#pragma once
#include <lambdabar/derivative/cotangent.hpp>
#include <lambdabar/operator/concepts.hpp>
#include <lambdabar/operator/sparse.hpp>

namespace lambdabar {

/// Ā on the stored entries of a sparse matrix, in the order of its value array: nothing but the pattern is
/// computed, O(rank · nnz). Without a convention: `lower` for a matrix stored by one triangle, so that
/// dφ = Re Σ conj(g) dA over the stored entries either way. `lower` on a matrix stored by both triangles
/// doubles the entries below the diagonal and sets those above it to zero.
/// Throws std::invalid_argument if Ā and A differ in size.
template <ScalarType S>
Vector<S> gradient(const SparseHermitian<S>& A, const Cotangent<S>& bar, Convention convention);
template <ScalarType S>
Vector<S> gradient(const SparseHermitian<S>& A, const Cotangent<S>& bar);

/// p̄ = (Re Σ_j v_jᴴ (∂A/∂p_l) w_j)_l for an operator A(p) with real parameters, by its vjp. With `sum`, the
/// contributions of all processes are added (parameters that every process holds); without, each process
/// keeps its own (parameters distributed like the rows).
/// Throws std::invalid_argument if the operator has no parameters, sizes differ or a number is not finite.
template <Differentiable Op>
Eigen::VectorXd gradient(const Op& A, const Cotangent<typename Op::Scalar>& bar, const Sum& sum = {});

namespace detail {
void check_gradient_sizes(Index operator_rows, Index cotangent_rows, Index parameters);
void check_gradient_values(const Eigen::VectorXd& g);
}  // namespace detail

template <Differentiable Op>
Eigen::VectorXd gradient(const Op& A, const Cotangent<typename Op::Scalar>& bar, const Sum& sum) {
    const Index parameters = A.parameters();
    detail::check_gradient_sizes(A.rows(), bar.rows(), parameters);
    Eigen::VectorXd g = Eigen::VectorXd::Zero(parameters);
    A.vjp(bar.V, bar.W, g);
    sum(g.data(), g.size());
    detail::check_gradient_values(g);
    return g;
}

}  // namespace lambdabar
