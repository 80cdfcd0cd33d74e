#pragma once
// What an operator must be able to do. check_operator() runs the laws stated here.
#include <lambdabar/types.hpp>

#include <concepts>

namespace lambdabar {

/// A Hermitian operator, given by its action on blocks.
///   rows()       number of rows held by this process
///   apply(X, Y)  Y = A X for n×b blocks, any b ≥ 1; Y is uninitialized on entry and never aliases X
/// Laws: A(αX + βZ) = αAX + βAZ;  ⟨x, A y⟩ = ⟨A x, y⟩.
template <class Op>
concept LinearMap = requires(const Op& A, In<typename Op::Scalar> X, Out<typename Op::Scalar> Y) {
    requires ScalarType<typename Op::Scalar>;
    { A.rows() } -> std::convertible_to<Index>;
    A.apply(X, Y);
};

/// An operator without symmetry, with its adjoint, for eigs().
///   apply_adjoint(X, Y)  Y = Aᴴ X, under the same rules
/// Law instead of symmetry: ⟨x, A y⟩ = ⟨Aᴴ x, y⟩.
template <class Op>
concept AdjointLinearMap = LinearMap<Op> &&
    requires(const Op& A, In<typename Op::Scalar> X, Out<typename Op::Scalar> Y) {
    A.apply_adjoint(X, Y);
};

/// Optional: Y = scale·(A X − X diag(shift)) − beta·Y in one pass; Y is not read when beta = 0.
/// It replaces apply() and two passes over the blocks in filters and projected solves.
template <class Op>
concept FusedLinearMap = LinearMap<Op> &&
    requires(const Op& A, In<typename Op::Scalar> X, Out<typename Op::Scalar> Y, const Eigen::VectorXd& shift) {
    A.apply_fused(X, shift, 1.0, 0.0, Y);
};

/// Optional, for operators without symmetry: Y = scale·(A X − shift X) − beta·Y in one pass, or the same with Aᴴ; one
/// shift for all columns, complex if the operator is; Y is not read when beta = 0.
template <class Op>
concept ShiftedLinearMap = AdjointLinearMap<Op> &&
    requires(const Op& A, In<typename Op::Scalar> X, Out<typename Op::Scalar> Y, typename Op::Scalar shift) {
    A.apply_shifted(true, X, shift, 1.0, 0.0, Y);
};

/// An operator A(p) with real parameters.
///   parameters()  their number
///   vjp(V, W, g)  g_l += Re Σ_j v_jᴴ (∂A/∂p_l) w_j over the columns j of V and W (rows of this process)
/// Law: vjp agrees with differences of apply in p.
template <class Op>
concept Differentiable = LinearMap<Op> &&
    requires(const Op& A, In<typename Op::Scalar> V, In<typename Op::Scalar> W, GradientRef g) {
    { A.parameters() } -> std::convertible_to<Index>;
    A.vjp(V, W, g);
};

}  // namespace lambdabar
