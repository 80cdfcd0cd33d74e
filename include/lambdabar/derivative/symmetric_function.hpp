#pragma once
#include <lambdabar/derivative/pullback.hpp>

namespace lambdabar {

/// A smooth function φ of the eigenvalues that does not see their order: its λ̄_i may differ inside a cluster, because
/// they do so no more than the eigenvalues themselves, |λ̄_i − λ̄_j| ≤ steepness·|λ_i − λ_j|. Then Ā = X diag(λ̄) Xᴴ is
/// exact at every gap, zero included, where PairCotangent would refuse. Made by the surrogates of surrogates.hpp, or by
/// hand.
struct SymmetricFunction {
    double value = 0.0;                // φ
    Eigen::VectorXd values_bar = {};   // λ̄, k
    double steepness = 0.0;            // largest |λ̄_i − λ̄_j|/|λ_i − λ_j|
    double truncation = 0.0;           // φ of all n eigenvalues is off by at most this; 0: φ is of these k alone
    double gradient_truncation = 0.0;  // and its Ā by this in the trace norm, twice the weight of what is left out
    double distance = 0.0;             // |φ − the extremum that it stands for|, at most
};

namespace detail {
template <ScalarType S>
Pullback<S> pullback(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const SymmetricFunction& bar,
                     const PullbackOptions<S>& options);
}  // namespace detail

/// Ā = X diag(λ̄) Xᴴ (and B̄ = −X diag(λ̄∘λ) Xᴴ): no linear system. Throws NotConverged; NotDifferentiable if the set
/// cuts a cluster, or if the λ̄ inside a cluster differ by more than the function's steepness allows, so that it would
/// depend on the order of equal eigenvalues.
template <LinearMap Op>
Pullback<typename Op::Scalar> pullback(const Op& A, const Eigenpairs<typename Op::Scalar>& pairs,
                                       const SymmetricFunction& bar,
                                       const PullbackOptions<typename Op::Scalar>& options = {}) {
    return detail::pullback<typename Op::Scalar>(detail::pencil(A), pairs, bar, options);
}

template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Pullback<typename OpA::Scalar> pullback(
        const OpA& A, const OpB& B, const Eigenpairs<typename OpA::Scalar>& pairs, const SymmetricFunction& bar,
        const PullbackOptions<typename OpA::Scalar>& options = {}) {
        return detail::pullback<typename OpA::Scalar>(detail::pencil(A, B), pairs, bar, options);
    }

}  // namespace lambdabar
