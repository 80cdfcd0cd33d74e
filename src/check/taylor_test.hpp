#pragma once
#include <lambdabar/check/check_gradient.hpp>

namespace lambdabar {

/// Sizes that the Taylor test is judged by.
struct TaylorScales {
    double gap = 0.0;    // smallest distance of eigenvalues that the objective's derivative divides by
    double slope = 0.0;  // bound of |g·v| from ‖λ̄‖, ‖X̄‖ and ‖∂A/∂v X‖, worst direction
    double noise = 0.0;  // of φ(p)
};

/// Smallest distance between neighbouring clusters of the set and to its guard; `open_end_only`: to the guard alone.
template <ScalarType S>
double smallest_gap(const Eigenpairs<S>& pairs, bool open_end_only);

/// What residuals r_i and rounding leave of φ: Σ |λ̄_i| r_i²/δ + ‖x̄_i‖ r_i/δ + 100 eps (|φ| + Σ |λ̄_i| ‖A‖ + ‖x̄_i‖
/// ‖A‖/δ), with δ = gap (mathematics.md, section 8).
template <ScalarType S>
double value_noise(const Eigenpairs<S>& pairs, const PairCotangent<S>& bar, double value, double gap, const Sum& sum);

/// Judges the rows: the order of each, `gradient_error`, and, unless a fault was found before, `fault` (none or
/// accuracy) and `verdict`.
void judge(GradientReport& report, const TaylorScales& scales, double step_ratio);

}  // namespace lambdabar
