#pragma once
#include <lambdabar/derivative/pullback.hpp>

namespace lambdabar {

// Pencils whose A is the definite operator (buckling): B x = ν A x with ν = 1/λ and XᴴAX = I is a pencil whose second
// operator is definite. The pullbacks below work on that one and map the result back:
//
//     ν̄ = −λ² λ̄,     f(λ) = f(1/ν),     Ā and B̄ exchange their places.
//
// The projected solve has A⁻¹, the factor of the forward solve, as its preconditioner.

template <ScalarType S>
Pullback<S> pullback_reciprocal(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                                const PullbackOptions<S>& options);

template <ScalarType S>
Pullback<S> pullback_reciprocal(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const SpectralFunction<S>& bar,
                                const PullbackOptions<S>& options);

}  // namespace lambdabar
