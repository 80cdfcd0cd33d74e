#pragma once
#include "inverted_relation.hpp"

namespace lambdabar {

// Thick-restart block Lanczos on K = (A − σB)⁻¹B for the eigenvalues μ = 1/(λ − σ) that are largest, or largest in
// modulus, by the relation K V = V H + P S.
//
//     ┌────────────── V ──────────────┬── P ──┬── free ──┐
//     │ Ritz vectors after a restart … │ newest│          │
//
//   1  step of all of P, or, where a wide block of the caller's entered, of the b columns that the residuals of the
//                  first unconverged pairs need most
//   2  Rayleigh–Ritz   H = Y Θ Yᴴ;  the residual of pair i is ‖S y_i‖, for nothing
//   3  restart when full   V ← V Y(:, first q),  H ← Θ,  S ← S Y: P stays
//
// Blocks that join P are how the search for missed copies, and vectors that the caller starts from, enter.
//
// The wanted vectors are returned as K x/μ, which has no component in the null space of B (Nour-Omid, Parlett, Ericsson
// & Jensen, Math. Comp. 48, 1987). Wu & Simon, SIAM J. Matrix Anal. Appl. 22 (2000), for thick restarts.
template <ScalarType S>
class InvertedLanczos : private InvertedRelation<S> {
public:
    /// `trust_start`: a start block that passes all tests ends the solve; else it is searched around first.
    InvertedLanczos(const Pencil<S>& pencil, const BlockSolve<S>& solve, double sigma, const EigshOptions<S>& options,
                    bool trust_start);

    Eigenpairs<S> solve();

    /// Goes on from the pairs of the last solve: so many are known to be missing.
    Eigenpairs<S> search_further(Index missing);

    /// The lowest of all Ritz values of the last solve, wanted or not: no eigenvalue lies between it and σ if it is
    /// below σ, and then there is one that does not exceed it.
    double lowest_met() const;

private:
    using Relation = InvertedRelation<S>;
    using Relation::apply, Relation::image_of_B, Relation::reserve, Relation::shrink, Relation::turn, Relation::widen;
    using Relation::H_, Relation::S_, Relation::m_, Relation::w_, Relation::solves_, Relation::norm_, Relation::tol_;
    using Relation::invisible_, Relation::growth_, Relation::watch, Relation::overgrown;
    using Relation::pencil_, Relation::solve_, Relation::metric_, Relation::n_, Relation::global_n_, Relation::V_,
        Relation::BP_, Relation::BU_;

    void choose_sizes();
    bool load_start_block();
    void start_from_images(bool by_solves);
    void start_randomly();
    Eigenpairs<S> iterate();
    void step();
    /// Whether a Rayleigh–Ritz step is worth its m³ operations: from a random block nothing converges much earlier.
    bool worth_testing() const { return m_ > k_ && (testing_ || m_ >= 2 * (k_ + b_)); }
    Index next_columns() const { return process_all_ || w_ <= b_ || m_ <= k_ ? w_ : b_; }
    void schedule_test();
    void turn_to_targets();
    void rayleigh_ritz();
    void restart(Index keep);
    bool sees_every_copy() const;
    void make_room(Index columns);
    void search_missed_copies(Index columns);
    bool add_to_pending(Block<S> Z);
    bool report_progress();

    bool all_converged() const;
    bool guard_resolved() const;
    bool guard_apart(double part) const;
    bool probe_is_current() const;
    bool whole_space() const { return m_ == global_n_ || exhausted_; }
    /// On the residual of Ritz pair i. With σ very close to one eigenvalue, the rounding of its large μ is all that the
    /// others can be tested against.
    double tolerance(Index i) const {
        constexpr double rounding = 20.0 * std::numeric_limits<double>::epsilon();
        return std::max(tol_ * std::abs(theta_(i)), rounding * norm_);
    }
    bool passes(Index i) const { return residual_(i) <= tolerance(i); }
    /// The order in which Ritz values are wanted: ascending keys.
    double key(double theta) const { return options_.which == Which::nearest ? -std::abs(theta) : -theta; }
    double eigenvalue(Index i) const { return sigma_ + 1.0 / theta_(i); }
    /// In units of λ: an eigenvalue μ* lies within r of μ, so σ + 1/μ* within r/(|μ|(|μ| − r)) of σ + 1/μ.
    double eigenvalue_residual(Index i) const {
        const double mu = std::abs(theta_(i)), r = residual_(i);
        return r < mu ? r / (mu * (mu - r)) : std::numeric_limits<double>::infinity();
    }
    double cluster_distance() const;

    Eigenpairs<S> result(StopReason reason);
    void take_vectors(Index k, Index extra, Eigenpairs<S>& pairs);

    double sigma_;
    const EigshOptions<S>& options_;
    bool trust_start_;
    Index k_ = 0, b_ = 0, capacity_ = 0, keep_ = 0, max_solves_ = 0;

    Eigen::VectorXd theta_;                    // Ritz values in the order in which they are wanted
    Matrix<S> Y_;                              // their coordinates
    Eigen::VectorXd residual_;                 // of Ritz pair i: ‖S y_i‖
    bool probed_ = false, exhausted_ = false;  // exhausted: no direction is left that V does not hold
    bool testing_ = false;     // from the first test on, or from a block of the caller's, every step is tested
    bool process_all_ = true;  // the next step takes all of P: it holds a block that no residual points to
    Index next_test_ = 0, last_test_ = 0;  // in solves
    double last_left_ = 0.0;               // ln of the worst residual in units of its tolerance at the last test
    Eigen::VectorXd probed_values_;        // the k first Ritz values when the last search began
    Index gaussian_ = 0;                   // columns V grew from alone; 0: from others as well
    bool doubtful_ = false;                // the last search was undecided, and no other follows
    Index undecided_ = 0;                  // searches
    Index cleanings_ = 0, iterations_ = 0, probes_ = 0, draws_ = 0;
};

}  // namespace lambdabar
