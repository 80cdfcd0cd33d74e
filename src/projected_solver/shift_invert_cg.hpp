#pragma once
#include "complement.hpp"
#include "shift_invert_solve.hpp"

namespace lambdabar {

/// Conjugate gradients on Pᴴ(A − λ_iB)P w_i = r_i, XᴴBw_i = 0, preconditioned by the factor: X holds the lower end of
/// the spectrum and σ lies below it, so that both A − σB and, beyond X, A − λ_iB are positive definite. With
/// K̂ = (A − σB)⁻¹ and τ_i = λ_i − σ the operator needs no product with A,
///
///     z = P K̂ r,      (A − λ_iB) z = r − τ_i B z      (mod BX, which Pᴴ removes),
///
/// and rounding of A, which a stiff A has much of, does not enter. The preconditioned operator is I − τ_i K̂B, with the
/// eigenvalues (λ_j − λ_i)/(λ_j − σ) < 1: those far from 1 belong to the extra vectors E with images Ê = K̂BE, and
///
///     z = P K̂ r + Ê D_i Êᴴr,      D_i = diag τ_i (λ_j − σ)/(λ_j − λ_i)
///
/// takes them to 1 as well (a two-level preconditioner: E need not be converged, D_i is positive), with
/// (A − λ_iB)Ê = B E − τ_i BÊ: B [E Ê] is kept, and a step has one product with B.
///
/// W (n×b) holds zeros on entry, R the right-hand sides Pᴴr on entry and on return the residuals of those columns that
/// have not converged, zeros for the others. Column i stops at ‖P K̂ r_i‖_B ≤ target_i, the same residual as that of
/// shift_invert_solve(); `sizes` returns it, and `first_sizes` its value at w = 0. target_i = tol_i · first_sizes_i.
/// Per step: a solve and a product with B per column, 18 passes over blocks of b columns, two over X, one over BX, four
/// over blocks of e (block/two_level.hpp). Memory: BX, Ê, B [E Ê] and four blocks beside W and R.
/// Returns the columns that have not converged: after max_iterations, or where a direction of non-positive curvature
/// shows that the problem is not definite after all.
template <ScalarType S>
struct ShiftInvertCgResult {
    Eigen::VectorXd first_sizes, sizes;
    std::vector<Index> unconverged;
    Index iterations = 0, solves = 0;
    bool indefinite = false;
};

template <ScalarType S>
ShiftInvertCgResult<S> shift_invert_cg(const ShiftInvertProblem<S>& problem, const Complement<S>& complement,
                                       const Eigen::VectorXd& lambda, const Eigen::VectorXd& tol, Index max_iterations,
                                       Block<S>& W, Block<S>& R);

}  // namespace lambdabar
