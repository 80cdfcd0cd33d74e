#pragma once
#include "block/metric.hpp"
#include "carried_search.hpp"
#include "filter_cost.hpp"
#include "operator/single_recurrence.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <optional>

namespace lambdabar {

// Thick-restart block Lanczos in Davidson form, for the lower end of A ← sign·C, C self-adjoint in ⟨x, y⟩ = xᴴBy
// (all transposes below are those of this inner product).
//
//     V    n×ld    orthonormal basis, m columns in use          G = Vᴴ A V    m×m
//     ┌ X locked ┬ wanted, not yet ┬ guard, extra ┬ … ┐   after a restart: Ritz vectors, G diagonal
//
//   1  Rayleigh–Ritz        G = Y Θ Yᴴ
//   2  targets              T = V Y(:, the b lowest pairs that have not converged),  R = A T − T Θ
//   3  expand               W = p(A) T orthonormalized against V,  V ← [V W],  G grows by Vᴴ A W
//   4  restart when full    V ← V Y(:, lowest q),  G ← Θ
//
// With p of degree 1 the expansion is the residual R, and the space is the block Krylov space of A: thick-
// restart block Lanczos (Wu & Simon 2000). A Chebyshev p of degree d makes it the Krylov space of p(A), at d
// products per orthogonalization. Because step 1 projects A itself (not p(A)), Ritz values fall monotonically,
// p may change from step to step, and any start block is welcome.
//
// What p(A) adds to V, which holds T, is G = (p(Θ) − p(A))(A − Θ)⁻¹R. Where A has entries, G is computed in their
// stead, in single precision: its rounding is relative to residuals that fall.
//
// Cost of a step: (d + 1)·b products; orthogonalization 3 to 5 passes over V; b ≪ m vectors otherwise.
//
// Where a product is a solve with a factorization, InvertedLanczos takes its place.
template <ScalarType S>
class BlockLanczos {
public:
    /// The lower end of `A` is wanted, which represents sign·C. `trust_start`: a start block that passes all tests ends
    /// the solve. With options.warm it takes `carried`, too, to end it, or a search. `entries`, of A x = λ B x
    /// with any B: with B = I, and in one process, filters then work in single precision.
    BlockLanczos(CountedOperator<S>& A, const Metric<S>& metric, const EigshOptions<S>& options, double sign,
                 bool trust_start = true, const CarriedSearch& carried = {},
                 const SparseHermitian<S>* entries = nullptr);

    Eigenpairs<S> solve();

private:
    void choose_sizes();
    Index usual_basis() const;
    bool test_start_block();
    void append_previous();
    void prepare_filters();
    void start_randomly();
    void filter_start();
    void rayleigh_ritz();
    bool report_progress();
    std::vector<Index> choose_targets() const;
    void test_targets(const std::vector<Index>& targets);
    void expand(const std::vector<Index>& targets, double goal);
    bool is_complete();
    bool sees_every_copy() const;
    bool edge_is_true();
    bool leaves_no_room() const;
    double clear_up_to() const;
    double useful_residual() const;
    void search_missed_copies();
    void choose_search_bound();
    FilterInterval search_interval(Index count) const;
    void judge_count(double gain);
    void judge_search(Index first, double cut);
    void remove_lowest(Index count);
    double amplify_by_filter(const FilterInterval& interval);
    void append();
    void restart(Index keep);
    std::vector<Index> test_together(Index first, Index end);
    void test_pairs(Index first, Index end);
    bool verify();
    FilterInterval filter_interval(Index lowest, Index inside) const;
    static Index contrast_limit(const FilterInterval& interval, double value);
    Index choose_degree(const FilterInterval& interval, double lowest, double missing) const;
    std::string explain() const;
    bool all_converged() const;
    bool guard_resolved() const;
    bool probe_is_current() const;
    bool whole_space() const { return m_ == global_n_ || exhausted_; }
    double tolerance() const { return tol_ * norm_; }
    bool passes(Index i) const { return residual_(i) <= tolerance(); }
    void load_targets(const std::vector<Index>& targets);
    Eigenpairs<S> result(StopReason reason);
    void take_vectors(Index k, Index extra, Eigenpairs<S>& pairs);

    static constexpr Index kMostDegree = 1000;
    static constexpr double kContrast = 10.0;  // growth exponent that converged pairs may gain on a target

    CountedOperator<S>& A_;
    const Metric<S>& metric_;
    const EigshOptions<S>& options_;
    double sign_;
    bool trust_start_;
    CarriedSearch carried_;
    const SparseHermitian<S>* entries_;  // of C; nullptr: filters work by products
    std::optional<SingleRecurrence<S>> single_;
    FilterCost cost_;
    Index n_ = 0, global_n_ = 0;  // rows here and in all processes
    Index k_ = 0, b_ = 0, capacity_ = 0, keep_ = 0, max_products_ = 0;
    double tol_ = 0.0, norm_ = 0.0;
    double upper_ = std::numeric_limits<double>::quiet_NaN();  // end of the spectrum, once it has been looked for, …
    double beyond_ = upper_;                       // … and where it is if a Ritz value turns up above that
    double lowest_ = upper_, first_cut_ = upper_;  // Ritz values of that look

    Block<S> V_;                 // basis
    Index m_ = 0;                // columns in use
    Matrix<S> G_;                // VᴴAV
    Eigen::VectorXd theta_;      // Ritz values
    Matrix<S> Y_;                // their coordinates
    Block<S> T_, R_;             // targets and their residuals; scratch of the filter
    Block<S> BW_;                // scratch of the metric
    Eigen::VectorXd residual_;   // of Ritz pair i when last tested; NaN: not tested
    Eigen::VectorXd tested_at_;  // its Ritz value then
    bool probed_ = false, exhausted_ = false,
         by_carried_ = false;        // exhausted: no direction is left that V does not hold
    Eigen::VectorXd probed_values_;  // the k lowest Ritz values when the last search began
    Index complete_count_ = 0;       // Ritz values below complete_bound_; 0: that search says nothing
    double complete_bound_ = 0.0;
    Index inconclusive_ = 0, uncounted_ = 0;  // searches
    bool doubtful_ = false;                   // the last one was inconclusive, and no other follows
    bool started_ = false;                    // from vectors of the caller's or the last solve's
    Index gaussian_ = 0;  // columns V grew from alone; 0: from others as well, or they are not to be relied on
    Index preparations_ = 0;
    Index refinements_ = 0;  // of the vectors beyond the k, for the sake of `carried_`
    Index iterations_ = 0, degree_ = 1, probes_ = 0;
    FilterInterval interval_{};  // of the last filter
};

}  // namespace lambdabar
