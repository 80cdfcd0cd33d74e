#pragma once
#include "gauge.hpp"

namespace lambdabar {

/// P(A − λ_i)P w_i = −P rhs_i, XᴴW = 0, for the columns of rhs that are not zero; fills the adjoint part of
/// the report. Throws NotConverged naming the pair unless options.accept_unconverged.
template <ScalarType S>
Block<S> solve_adjoint(OperatorRef<S> A, const Eigenpairs<S>& pairs, ConstBlockRef<S> X, Block<S> rhs,
                       const PullbackOptions<S>& options, PullbackReport& report);

/// The relative error of ‖Ā‖_F to expect (mathematics.md, section 8): eigenvector errors ≤ ‖r_i‖/δ_i act on
/// the eigenvalue part (weight λ̄_i) and on the adjoint, whose own error is ≤ ‖r_adj‖/δ_i.
template <ScalarType S>
double estimate_error(const Eigenpairs<S>& pairs, const Eigen::VectorXd& values_bar, const Eigen::VectorXd& rhs_norms,
                      const PullbackReport& report, const Cotangent<S>& bar, const Sum& sum);

}  // namespace lambdabar
