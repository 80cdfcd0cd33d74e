#pragma once
#include "problem.hpp"

namespace lambdabar::app {

/// Are these eigenpairs of this problem? Residuals and B-orthonormality are computed anew, by products only.
///
/// A pair's reported residual ρ bounds r = A x − λ B x by ‖r‖₂ ≤ √‖B‖₂ ρ, however ill-conditioned B is, in both units
/// of ρ: if ρ = ‖r‖ in the norm of B⁻¹; and if x = K y/μ with K = (A − σB)⁻¹B, because then r = −B (K y − μ y)/μ² and
/// ρ = ‖K y − μ y‖_B/μ². To that comes the rounding of a product, or of a solve.
/// In the standard problem ‖r‖₂ replaces ρ. Throws std::invalid_argument, naming files, pair and numbers.
template <ScalarType S>
void check_pairs(const fs::path& prefix, const Problem<S>& problem, Eigenpairs<S>& pairs);

}  // namespace lambdabar::app
