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

/// The gradient in parameters that A(p) and B(p) of a pencil share: p̄ = A's vjp of Ā + B's vjp of B̄.
///
///     auto bar = pullback(A, B, pairs, …);
///     auto g   = gradient(A, B, bar.A, bar.B);
///
/// Throws std::invalid_argument also if the two have different numbers of parameters.
template <Differentiable OpA, Differentiable OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Eigen::VectorXd gradient(
        const OpA& A, const OpB& B, const Cotangent<typename OpA::Scalar>& A_bar,
        const Cotangent<typename OpA::Scalar>& B_bar, const Sum& sum = {});

namespace detail {
void check_gradient_parameters(Index of_A, Index of_B);
void check_gradient_sizes(Index operator_rows, Index cotangent_rows, Index parameters);
void check_gradient_values(const Eigen::VectorXd& g);

/// g_l = Σ over processes of vjp(V, W) in parameter l, for a cotangent with factors V and W.
template <Differentiable Op, class Bar>
Eigen::VectorXd contract(const Op& A, const Bar& bar, const Sum& sum) {
    const Index parameters = A.parameters();
    check_gradient_sizes(A.rows(), bar.rows(), parameters);
    Eigen::VectorXd g = Eigen::VectorXd::Zero(parameters);
    A.vjp(bar.V, bar.W, g);
    sum(g.data(), g.size());
    check_gradient_values(g);
    return g;
}
}  // namespace detail

template <Differentiable Op>
Eigen::VectorXd gradient(const Op& A, const Cotangent<typename Op::Scalar>& bar, const Sum& sum) {
    return detail::contract(A, bar, sum);
}

template <Differentiable OpA, Differentiable OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Eigen::VectorXd gradient(
        const OpA& A, const OpB& B, const Cotangent<typename OpA::Scalar>& A_bar,
        const Cotangent<typename OpA::Scalar>& B_bar, const Sum& sum) {
        detail::check_gradient_parameters(A.parameters(), B.parameters());
        return gradient(A, A_bar, sum) + gradient(B, B_bar, sum);
    }

}  // namespace lambdabar
