#pragma once
#include "davidson_space.hpp"
#include "dual_norm.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// What a solve of k pairs out of n takes.
struct DavidsonSizes {
    Index block = 1;     // vectors expanded together
    Index capacity = 0;  // vectors of the basis
    Index kept = 0;      // by a restart, without those of the step before
};

DavidsonSizes davidson_sizes(Index k, Index n, Index block_size, Index basis_size, Index extra);

// Thick-restart block generalized Davidson with +k restarts, for the lower end of A x = θ B x, A ← sign·A, with a
// preconditioner M⁻¹ ≈ (A − σB)⁻¹, Hermitian positive definite. V is B-orthonormal, W = A V is kept, G = VᴴW.
//
//   1  Rayleigh–Ritz   G = Y Θ Yᴴ
//   2  residuals       R = W Y(:, targets) − B V Y(:, targets) Θ     of the b lowest pairs that have not converged
//   3  expand          T = M⁻¹R orthonormalized against V,  V ← [V T],  W ← [W AT],  G grows by VᴴAT
//   4  restart         V ← V [Y(:, lowest q), targets of the step before], when full
//
// The vectors of the step before (+k) give the restarted method the three-term recurrence of conjugate gradients on
// the Rayleigh quotient, as in LOBPCG; the larger space makes it robust (Stathopoulos, SIAM J. Sci. Comput. 29, 2007;
// Stathopoulos and McCombs, ACM TOMS 37, 2010).
//
// Cost of a step: b products and b applications of M⁻¹; 6 passes over V, 2 over W; B ≠ I: some 8b products with B.
template <ScalarType S>
class BlockDavidson {
public:
    BlockDavidson(CountedOperator<S>& A, const Pencil<S>& pencil, const Metric<S>& metric,
                  const EigshOptions<S>& options, double sign);

    Eigenpairs<S> solve();

private:
    bool test_start_block();
    void append_previous();
    void start_randomly();
    void append_random();
    void measure_norm();
    void rayleigh_ritz();
    bool report_progress();
    std::vector<Index> choose_targets();
    void test(const std::vector<Index>& pairs, Block<S>& R);
    void expand(const std::vector<Index>& targets);
    bool is_done(Index i) const;
    bool none_passes(const std::vector<Index>& pairs) const;
    void precondition_into_space();
    void require_positive(const Eigen::VectorXd& form) const;
    void append(Block<S> T, std::string_view what);
    void restart(Index keep, const std::vector<Index>& targets);
    bool is_complete();
    bool search_missed_copies();
    enum class Finding { undecided, nothing, something };
    Finding test_search(Index first, Index columns);
    void expand_search(Index first);
    void require_enough_directions() const;
    bool verify();
    bool all_converged() const;
    bool guard_resolved() const;
    bool probe_is_current() const;
    bool whole_space() const { return space_.size() == global_n_ || exhausted_; }
    double tolerance() const { return tol_ * norm_; }
    bool passes(Index i) const { return residual_(i) <= tolerance(); }
    Index size() const { return space_.size(); }
    Eigenpairs<S> result(StopReason reason);

    CountedOperator<S>& A_;
    const Metric<S>& metric_;
    const EigshOptions<S>& options_;
    double sign_;
    Index n_ = 0, global_n_ = 0;  // rows here and in all processes
    Index k_ = 0, max_products_ = 0;
    DavidsonSizes sizes_;
    double tol_ = 0.0, norm_ = 0.0;
    double distrust_ = 1.0;  // factor on residuals from images that were rotated
    DualNorm<S> dual_norm_;
    DavidsonSpace<S> space_;
    Eigen::VectorXd theta_;                    // Ritz values
    Matrix<S> Y_, Y_before_;                   // their coordinates; those of the step before
    Block<S> R_, Z_;                           // residuals; preconditioned ones
    Eigen::VectorXd residual_;                 // of Ritz pair i when last tested, in units of θ; NaN: not tested
    Eigen::VectorXd tested_at_;                // its Ritz value then
    bool probed_ = false, exhausted_ = false;  // exhausted: no direction is left that V does not hold
    Eigen::VectorXd probed_values_;  // the k lowest Ritz values when the last search began; none: it found some
    Eigen::VectorXd mu_;             // of the search: Ritz values, coordinates, those of the step before
    Matrix<S> U_, U_before_;
    Index gaussian_ = 0;  // columns of the random block that V began with; 0: it began with others, or was searched
    Index iterations_ = 0, probes_ = 0, random_blocks_ = 0, restarts_ = 0, preconditioned_ = 0;
};

}  // namespace lambdabar
