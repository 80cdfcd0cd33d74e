#pragma once
#include "gauge.hpp"

namespace lambdabar {

/// Pᴴ(A − λ_iB)P w_i = −Pᴴ rhs_i, XᴴBW = 0, for the columns of rhs that are not zero; fills the adjoint part of
/// the report. `gaps`, one per pair: what the eigenvector's error ‖r_i‖/δ_i is measured by, and with it the default
/// tolerance. Throws NotConverged naming the pair unless options.accept_unconverged.
template <ScalarType S>
Block<S> solve_adjoint(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const Eigen::VectorXd& gaps,
                       ConstBlockRef<S> X, Block<S> rhs, const PullbackOptions<S>& options, PullbackReport& report);

/// W becomes the last adjoints of `warm`, and those the first of the previous ones.
template <ScalarType S>
void remember_adjoints(const Matrix<S>& W, Warm<S>& warm);

/// The relative error of ‖Ā‖_F to expect (mathematics.md, section 8). Eigenvector errors ≤ ‖r_i‖/δ_i act on the part in
/// the span of X (`weights`, one per pair) and on `factor` times the adjoint, whose own error is its residual over the
/// distance from λ_i to the spectrum outside the set. With B, vectors have B-norm 1 and the 2-norms `x_norms`.
template <ScalarType S>
double estimate_error(const Eigenpairs<S>& pairs, const Eigen::VectorXd& x_norms, const Eigen::VectorXd& gaps,
                      const Eigen::VectorXd& weights, const Eigen::VectorXd& rhs_norms, double factor,
                      const PullbackReport& report, const Cotangent<S>& bar, const Sum& sum);

}  // namespace lambdabar
