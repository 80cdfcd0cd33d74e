#pragma once
#include "block/metric.hpp"
#include "operator/counted.hpp"

namespace lambdabar {

struct SpectralBounds {
    double lowest;  // smallest Ritz value: above λ_min
    double second;  // the next one, if there is one: most of the spectrum lies above it
    double upper;   // largest Ritz value plus the residual norm: above λ_max in practice
    double norm;    // largest |Ritz value|: below ‖A‖
};

/// A few steps of single-vector Lanczos, in the inner product of `metric`, from a random vector (Zhou & Li, Linear
/// Algebra Appl. 435, 2011: the largest Ritz value plus the last residual norm bounds the spectrum). Costs `steps`
/// products and three vectors; no orthogonalization beyond the recurrence.
template <ScalarType S>
SpectralBounds spectral_bounds(CountedOperator<S>& A, const Metric<S>& metric, Index steps, std::uint64_t seed,
                               const Sum& sum);

}  // namespace lambdabar
