#pragma once
#include <lambdabar/block/sum.hpp>
#include <lambdabar/operator/pencil.hpp>
#include <lambdabar/operator/preconditioner.hpp>

namespace lambdabar {

/// `automatic`: CG, under a Chebyshev polynomial of A where that is faster, and MINRES from the point where CG meets a
/// direction of non-positive curvature; in a pullback, where the pairs came with a solve by A − σB, `shift_invert`: CG
/// with that solve as preconditioner, or one Krylov space of (A − σB)⁻¹B for all columns. `cg`: no polynomial either.
enum class LinearMethod { automatic, cg, minres, shift_invert };

/// What the solution stays orthogonal to, and what is known beside it.
template <ScalarType S>
struct Deflation {
    ConstBlockRef<S> X;            // n×k converged eigenvectors, B-orthonormal
    ConstBlockRef<S> extra;        // n×e approximate eigenvectors, B-orthonormal, B-orthogonal to X; e = 0: none
    Eigen::VectorXd extra_values;  // their Ritz values
    double sign = 1.0;             // +1: X spans the lower end (A − λ positive definite beyond it); −1: the upper
    double next = std::numeric_limits<double>::quiet_NaN();  // eigenvalue beyond X (not needed if there are extra ones)
    double far_end = std::numeric_limits<double>::quiet_NaN();  // other end of the spectrum. Neither has to be exact
};

template <ScalarType S>
struct ProjectedSolveOptions {
    Eigen::VectorXd tol;  // per column, on ‖residual‖ / ‖P rhs‖; one number serves all
    LinearMethod method = LinearMethod::automatic;
    Index max_iterations = 0;  // per column; 0: generous
    Preconditioner<S> preconditioner = {};
    Matrix<S> start = {};          // n×b start block; empty: zero
    Matrix<S> start_changes = {};  // n×mb, with `start`: column i starts at start_i + Σ_j α_ij start_changes_(jb+i),
                                   // with the real α_ij of the smallest residual. m products a column
    Sum sum = {};
};

template <ScalarType S>
struct [[nodiscard]] ProjectedSolution {
    Block<S> W;                 // n×b, XᴴW = 0
    Eigen::VectorXd residuals;  // ‖P(A − λ_i)w_i − P rhs_i‖, computed anew at the end
    Eigen::VectorXd rhs_norms;  // ‖P rhs_i‖
    std::vector<bool> column_converged;
    bool converged = false;  // all columns
    Index products = 0;
    Index solves = 0;  // with A − σB
    Index iterations = 0;
    LinearMethod method = LinearMethod::cg;  // what was used in the end
};

namespace detail {
template <ScalarType S>
ProjectedSolution<S> projected_solve(const Pencil<S>& pencil, const Eigen::VectorXd& lambda,
                                     const Deflation<S>& deflation, Block<S> rhs,
                                     const ProjectedSolveOptions<S>& options);
}

/// Solves P(A − λ_i)P w_i = P rhs_i, Xᴴ w_i = 0, P = I − XXᴴ, for all columns i at once: each with its own
/// shift and recurrence, sharing one block product per step; converged columns drop out.
///
/// Approximate eigenvectors E (`extra`) are eliminated exactly, converged or not (Schur complement form of the
/// Sternheimer equation: Cancès, Herbst, Kemlin, Levitt & Stamm, Lett. Math. Phys. 113, 2023).
/// Where A has few entries in a row (B = I, one process), `far_end` is known and the residuals have far to fall, CG is
/// preconditioned by a Chebyshev polynomial of A: more products, fewer of the other passes.
///
/// Per step: one product per column, k + e inner products and k + 2e updates per column, 10 vector passes.
/// Throws std::invalid_argument for sizes that do not match and numbers that are not finite.
template <LinearMap Op>
ProjectedSolution<typename Op::Scalar> projected_solve(const Op& A, const Eigen::VectorXd& lambda,
                                                       const Deflation<typename Op::Scalar>& deflation,
                                                       Block<typename Op::Scalar> rhs,
                                                       const ProjectedSolveOptions<typename Op::Scalar>& options) {
    using S = typename Op::Scalar;
    return detail::projected_solve<S>(detail::pencil(A), lambda, deflation, std::move(rhs), options);
}

/// The same for a pencil: Pᴴ(A − λ_i B)P w_i = Pᴴ rhs_i, XᴴB w_i = 0, P = I − XXᴴB. Two more vector passes and one
/// product with B per step and column; k more vectors for BX.
template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> ProjectedSolution<typename OpA::Scalar>
    projected_solve(const OpA& A, const OpB& B, const Eigen::VectorXd& lambda,
                    const Deflation<typename OpA::Scalar>& deflation, Block<typename OpA::Scalar> rhs,
                    const ProjectedSolveOptions<typename OpA::Scalar>& options) {
        using S = typename OpA::Scalar;
        return detail::projected_solve<S>(detail::pencil(A, B), lambda, deflation, std::move(rhs), options);
    }

}  // namespace lambdabar
