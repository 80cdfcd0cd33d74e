#pragma once
#include "complement.hpp"
#include "eigensolver/inverted_relation.hpp"
#include "shift_invert_solve.hpp"

namespace lambdabar {

/// (I − τ_i K) w_i = c_i, c_i = P K̂ Pᴴ rhs_i, for all columns from one block Krylov space: shift_invert_solve().
///
/// The relation K V = V H + P S begins with V = [X E], for which K is known, and with the c_i in P. With c_i = [V P]
/// γ_i and w_i = V y_i, Galerkin's condition on the part of V beyond X, and the residual, are small:
///
///     (I − τ_i H) y_i = γ_i(V),     c_i − (I − τ_i K) V y_i = P ρ_i,     ρ_i = γ_i(P) + τ_i S y_i.
///
/// A step multiplies K with the directions in P that the ρ_i need, measured in their targets. The solution is taken as
/// c_i + τ_i K V y_i, which holds what B does not see. In a basis that part grows (InvertedRelation::watch): where it
/// does, or the c_i are mostly that, K c_i = (I − τ_i K) K w_i is solved for instead.
template <ScalarType S>
class SharedKrylov : private InvertedRelation<S> {
public:
    SharedKrylov(const ShiftInvertProblem<S>& problem, const Complement<S>& complement, const Eigen::VectorXd& lambda);

    /// For right-hand sides in the range of Pᴴ. `tol` has one entry per column.
    ProjectedSolution<S> solve(Block<S> rhs, const Eigen::VectorXd& tol, Index max_iterations);

private:
    using Relation = InvertedRelation<S>;
    using Relation::apply, Relation::metric_, Relation::sum_, Relation::n_, Relation::global_n_, Relation::V_;
    using Relation::BU_, Relation::H_, Relation::S_, Relation::m_, Relation::w_, Relation::solves_, Relation::norm_;

    bool solve_from(const Block<S>& C, bool seen, Index max_iterations, ProjectedSolution<S>& solution);
    Block<S> apply_inverse_to_range(Block<S> R);
    bool mostly_invisible(const Block<S>& C, const Eigen::VectorXd& sizes);
    void start_space(const Block<S>& right);
    bool expand();
    void galerkin(ProjectedSolution<S>& solution);
    void fold(Block<S>& W);
    void add_images(Block<S>& W);

    const ShiftInvertProblem<S>& problem_;
    const Complement<S>& complement_;
    Eigen::VectorXd tau_, unit_, target_;  // unit: of ‖ρ‖ in the residual
    Index k_, capacity_ = 0;
    double beyond_ = 0.0;        // of the eigenvalues of K beyond X and E, the largest is about this
    Matrix<S> gamma_, y_, rho_;  // coordinates of the right-hand sides in [V P]; of solutions in V; residuals in P
    std::vector<Index> active_;  // columns not converged
};

}  // namespace lambdabar
