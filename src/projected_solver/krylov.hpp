#pragma once
#include "deflated_operator.hpp"

#include <limits>

namespace lambdabar {

inline constexpr const char* kPreconditioned = "projected_solve: the preconditioner's result";

/// Z_i = M_i⁻¹ R_i, M_i close to A − λ_i.
template <ScalarType S>
using ShiftedPreconditioner = std::function<void(In<S> R, const Eigen::VectorXd& lambda, Out<S> Z)>;

/// One call of an inner method: improves U so that the residual norms fall to `target`.
/// R holds the right-hand side minus the operator on U on entry and is consumed.
template <ScalarType S>
struct KrylovProblem {
    DeflatedOperator<S>& A;
    Eigen::VectorXd lambda;  // one per column
    Eigen::VectorXd target;  // absolute residual norm wanted, per column
    Index max_iterations;
    ShiftedPreconditioner<S> preconditioner;  // empty: none
    const Sum& sum;
};

struct KrylovOutcome {
    Index iterations = 0;
    bool indefinite = false;  // CG met non-positive curvature and stopped
    double negative = 0.0;    // or this rᴴM⁻¹r < 0
};

/// Conjugate gradients on all columns (Hestenes & Stiefel 1952). Needs the projected operator positive
/// definite. Per step and column, beside the product: 11 vector passes, 2 more with a preconditioner.
template <ScalarType S>
KrylovOutcome block_cg(const KrylovProblem<S>& problem, Block<S>& U, Block<S>& R);

/// MINRES on all columns (Paige & Saunders, SIAM J. Numer. Anal. 12, 1975). Any Hermitian operator; the
/// residual falls monotonically (in the preconditioner's norm). Per step and column: 17 vector passes, 22
/// with a preconditioner or B ≠ I.
template <ScalarType S>
KrylovOutcome block_minres(const KrylovProblem<S>& problem, Block<S>& U, Block<S>& R);

/// The residual norm to reach: tol·‖P rhs‖, but not below the rounding of the projection, which is known to a few
/// eps·‖rhs‖ only. A right-hand side inside the span of X is so a solved one, not noise to iterate on.
inline Eigen::VectorXd residual_targets(const Eigen::VectorXd& tol, const Eigen::VectorXd& projected_norms,
                                        const Eigen::VectorXd& rhs_norms) {
    constexpr double rounding = 4.0 * std::numeric_limits<double>::epsilon();
    return tol.cwiseProduct(projected_norms).cwiseMax(rounding * rhs_norms);
}

/// Keeps the listed columns of a block, in order.
template <ScalarType S>
void keep_columns(Block<S>& X, const std::vector<Index>& columns) {
    Block<S> kept(X.rows(), static_cast<Index>(columns.size()));
#pragma omp parallel for schedule(static) if (X.rows() > 4096)
    for (Index i = 0; i < X.rows(); ++i) {
        for (std::size_t j = 0; j < columns.size(); ++j) kept(i, static_cast<Index>(j)) = X(i, columns[j]);
    }
    X.swap(kept);
}

inline void keep_entries(Eigen::VectorXd& x, const std::vector<Index>& entries) {
    for (std::size_t j = 0; j < entries.size(); ++j) x(static_cast<Index>(j)) = x(entries[j]);
    x.conservativeResize(static_cast<Index>(entries.size()));
}

}  // namespace lambdabar
