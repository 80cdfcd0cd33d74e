#pragma once
#include "block/metric.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/projected_solver/projected_solve.hpp>

#include <limits>

namespace lambdabar {

/// The smallest tolerance that the rounding of the solves and of orthogonality allows; a smaller one is taken for this.
inline constexpr double kLeastTolerance = 500.0 * std::numeric_limits<double>::epsilon();

/// What a solve with K̂ = (A − σB)⁻¹ works with.
template <ScalarType S>
struct ShiftInvertProblem {
    const Pencil<S>& pencil;
    const BlockSolve<S>& solve;  // K̂
    double sigma;
    ConstBlockRef<S> X;             // n×k eigenvectors, B-orthonormal
    const Matrix<S>& extra;         // n×e approximate eigenvectors, and
    const Matrix<S>& extra_images;  // K̂B times them: from the forward solve, for nothing
    const Eigen::VectorXd& extra_values;
    bool definite;  // X holds the lower end of the spectrum, and σ lies below it
    const Sum& sum;
};

/// Pᴴ(A − λ_iB)P w_i = Pᴴ rhs_i, XᴴBw_i = 0, for all columns from one Krylov space (the shift-and-invert recursion of
/// Li & Kennedy 2025). Because (A − σB)⁻¹(A − λB) = I − (λ − σ)K, K = K̂B, the system is
///
///     (I − τ_i K) w_i = c_i,     τ_i = λ_i − σ,     c_i = P K̂ Pᴴ rhs_i,
///
/// with K self-adjoint in the inner product of B and the same for all i. What the inner product of a singular B does
/// not see must not enter a basis, so the unknown is u_i = K w_i in the range of K:
///
///     (I − τ_i K) u_i = K c_i,     w_i = c_i + τ_i u_i.
///
/// The search space V starts with the extra vectors and grows by the residuals s_i of the columns that have not
/// converged; Galerkin's condition gives
///
///     (I − τ_i H) y_i = VᴴBK c_i,     H = VᴴBKV,     s_i = K c_i − (V − τ_i KV) y_i.
///
/// Where the problem is definite and the right-hand sides span more than half as many dimensions as there are columns,
/// shift_invert_cg() does the same with short recurrences: as many solves, and neither a basis nor its
/// orthogonalization.
///
/// Stops column i at |τ_i| ‖s_i‖_B ≤ tol_i ‖c_i‖_B: the error of w_i is τ_i s_i times at most |λ_j − σ|/|λ_j − λ_i|,
/// however ill-conditioned A is, while the 2-norm of (A − λ_iB)w_i − rhs_i cannot be reduced below the rounding of A
/// w_i. In the result, residuals are |τ_i| ‖s_i‖_B and rhs_norms ‖c_i‖_B. Cost: two solves for c_i and K c_i per
/// dimension of the range of rhs, one per direction that V grows by; memory 2(e + steps·b) vectors, restarted at e + 6b
/// columns of V.
template <ScalarType S>
ProjectedSolution<S> shift_invert_solve(const ShiftInvertProblem<S>& problem, const Eigen::VectorXd& lambda,
                                        Block<S> rhs, const Eigen::VectorXd& tol, Index max_iterations);

}  // namespace lambdabar
