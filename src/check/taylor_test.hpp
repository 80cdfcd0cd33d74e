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

/// What residuals and rounding leave of φ. Ritz pairs with residuals r_i are exact pairs of A − Σ (r_i x_iᴴ + x_i
/// r_iᴴ), so φ is off by 2 Re Σ ⟨Ā x_i, r_i⟩ to first order, by |λ̄_i| r_i²/δ + ‖x̄_i‖ r_i²/δ² to second (δ = gap);
/// rounding adds residuals of some eps ‖A‖ to each. One block product.
template <ScalarType S>
double value_noise(const OperatorRef<S>& A, const Eigenpairs<S>& pairs, const std::vector<Cotangent<S>>& cotangents,
                   const PairCotangent<S>& bar, double value, double gap, const Sum& sum);

/// Judges the rows: the order of each, `gradient_error`, and, unless a fault was found before, `fault` (none or
/// accuracy) and `verdict`.
void judge(GradientReport& report, const TaylorScales& scales, double step_ratio);

}  // namespace lambdabar
