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
/// with K self-adjoint in the inner product of B and the same for all i: one Krylov space and small systems for all
/// (SharedKrylov), or, where the problem is definite and the right-hand sides span more than half as many dimensions as
/// there are columns, short recurrences for each (shift_invert_cg()): more solves, and neither a basis nor its
/// orthogonalization.
///
/// Stops column i where the residual is at most tol_i ‖c_i‖_B in the norm of B: the error of w_i is the residual times
/// at most |λ_j − σ|/|λ_j − λ_i|, however ill-conditioned A is, while the 2-norm of (A − λ_iB)w_i − rhs_i cannot be
/// reduced below the rounding of A w_i. `residuals` and rhs_norms = ‖c_i‖_B are in these units. Cost: one solve for c_i
/// per dimension of the range of rhs, then one per direction that the space, or each column's, grows by.
template <ScalarType S>
ProjectedSolution<S> shift_invert_solve(const ShiftInvertProblem<S>& problem, const Eigen::VectorXd& lambda,
                                        Block<S> rhs, const Eigen::VectorXd& tol, Index max_iterations);

}  // namespace lambdabar
