#pragma once
#include <lambdabar/derivative/general_cotangent.hpp>
#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/operator/sparse_general.hpp>

namespace lambdabar {

/// Ā = V Wᴴ on the stored entries of a sparse matrix, in the order of its value array: dφ = Re Σ conj(g) dA over them,
/// every entry a variable of its own. Nothing but the pattern is computed, O(rank · nnz). Real for a real matrix.
/// Throws std::invalid_argument if Ā and A differ in size.
template <ScalarType S>
Vector<S> gradient(const SparseGeneral<S>& A, const GeneralCotangent<S>& bar);

/// p̄ = (Re Σ_j v_jᴴ (∂A/∂p_l) w_j)_l for an operator A(p) with real parameters, by its vjp. `sum` and errors as for
/// Hermitian operators.
template <Differentiable Op>
    requires AdjointLinearMap<Op> Eigen::VectorXd gradient(const Op& A,
                                                           const GeneralCotangent<typename Op::Scalar>& bar,
                                                           const Sum& sum = {}) {
        return detail::contract(A, bar, sum);
    }

/// The gradient in parameters that A(p) and B(p) of a pencil share.
template <Differentiable OpA, Differentiable OpB>
    requires(AdjointLinearMap<OpA>&& AdjointLinearMap<OpB>&& std::same_as<typename OpA::Scalar, typename OpB::Scalar>)
Eigen::VectorXd gradient(const OpA& A, const OpB& B, const GeneralCotangent<typename OpA::Scalar>& A_bar,
                         const GeneralCotangent<typename OpA::Scalar>& B_bar, const Sum& sum = {}) {
    detail::check_gradient_parameters(A.parameters(), B.parameters());
    return gradient(A, A_bar, sum) + gradient(B, B_bar, sum);
}

}  // namespace lambdabar
