#pragma once
#include "block/metric.hpp"
#include "operator/counted.hpp"

namespace lambdabar {

struct SpectralBounds {
    double lowest;  // smallest Ritz value: above λ_min
    double second;  // the next one, if there is one: most of the spectrum lies above it
    double upper;   // largest Ritz value plus 1.5 times its residual: above λ_max nearly always
    double beyond;  // largest Ritz value plus the last residual norm: above λ_max in practice
    double norm;    // largest |Ritz value|: below ‖A‖
};

/// A few steps of single-vector Lanczos, in the inner product of `metric`, from a random vector (Zhou & Li, Linear
/// Algebra Appl. 435, 2011: `beyond` and, tighter, a residual of the largest Ritz value alone). On grids, disordered
/// lattices and rings of spins `beyond` is 25 % of the spectrum's width too far, which is up to 12 % of all products
/// with a filter, and `upper` 1 to 4 %. Costs `steps` products and three vectors; no orthogonalization beyond the
/// recurrence.
template <ScalarType S>
SpectralBounds spectral_bounds(CountedOperator<S>& A, const Metric<S>& metric, Index steps, std::uint64_t seed,
                               const Sum& sum);

}  // namespace lambdabar
