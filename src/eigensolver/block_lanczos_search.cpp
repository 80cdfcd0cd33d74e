// Whether BlockLanczos holds every copy: the search for missed ones, and what an earlier search still proves.
#include "block/dense.hpp"
#include "block_lanczos.hpp"
#include "ritz_result.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kProbeColumns = 2;
constexpr double kGuardError = 0.1;      // of its distance from λ_k
constexpr double kGuardAtLeast = 0.25;   // of it: where, at least, the next eigenvalue is if a count of k is carried
constexpr double kTrueEdge = 0.3;        // residuals, relative to the distance of the edge
constexpr Index kMostRefinements = 3;    // of the vectors beyond the k, before a search is made instead
constexpr Index kMostPreparations = 12;  // of a start block, before it is searched as it is
constexpr Index kMostUncounted = 1;      // searches that find the set complete, but not by a count that can be carried
constexpr Index kMostInconclusive = 20;  // searches
// How far a level at the bound is to stand out of √N random components: to be noticed, and to be ruled out.
constexpr double kGainToNotice = 100.0;
constexpr double kFound = 1e30;
template <ScalarType S>
constexpr double kGainToCount = std::same_as<S, double> ? 500.0 : 100.0;
// Of an eigenvector in one of two Gaussian vectors: less than this in both has probability 6e-5 (complex: 3e-5).
template <ScalarType S>
constexpr double kLeastComponent = std::same_as<S, double> ? 0.01 : 0.1;
constexpr double kLongerSearch = 4.0;  // what a wider gap may cost

}  // namespace

/// Fills the space orthogonal to the converged pairs with a filtered random block: a copy of λ_i that every
/// Krylov vector so far was orthogonal to is amplified until it stands out of n random components by 100.
/// If one exists, Rayleigh–Ritz shows it below or beside the guard and the iteration goes on.
template <ScalarType S>
void BlockLanczos<S>::search_missed_copies() {
    probed_ = true;
    by_carried_ = doubtful_ = false;
    carried_.count = 0;
    gaussian_ = 0;
    probed_values_ = theta_.head(k_);
    // The cut has to be a Ritz value: a block beyond the k.
    restart(std::min(started_ ? k_ + b_ + 1 : std::max(keep_, k_ + b_ + 1), capacity_ - kProbeColumns));
    choose_search_bound();
    const Index columns = std::min(kProbeColumns, global_n_ - m_);
    T_.resize(n_, columns);
    R_.resize(n_, columns);
    fill_random<S>(T_, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kProbeColumns * probes_++),
                   options_.sum);
    remove_lowest(std::max(k_, complete_count_));
    const FilterInterval interval = search_interval(complete_count_);
    const double gain = amplify_by_filter(interval);
    judge_count(gain);
    if (m_ + columns > capacity_) restart(capacity_ - columns);
    const Index first = m_;
    append();
    judge_search(first, interval.cut);
}

/// Up to a bound beyond λ_k: damped is all from the next Ritz value on. Up to λ_k (count = 0): all but another block.
template <ScalarType S>
FilterInterval BlockLanczos<S>::search_interval(Index count) const {
    FilterInterval interval = filter_interval(std::min(k_, m_ - 1), k_);
    if (count > 0) interval.cut = theta_(count);
    interval.lowest = theta_(k_ - 1);  // p = 1 at λ_k
    return interval;
}

/// Where something can be carried, the search reaches beyond λ_k, to the middle of the gap among the vectors that the
/// result will hold which leaves most room: later solves can refer to it for as long as no eigenvalue has crossed it.
template <ScalarType S>
void BlockLanczos<S>::choose_search_bound() {
    complete_count_ = 0;
    complete_bound_ = theta_(k_ - 1);
    const double growth = chebyshev_growth(search_interval(0), theta_(k_ - 1));
    // The guard of a start block is as doubtful as its pairs are.
    if (started_ && m_ > k_ && chebyshev_growth(search_interval(0), theta_(k_)) >= growth / kLongerSearch)
        complete_bound_ = theta_(k_);
    if (!options_.warm) return;
    const Index carried = k_ + (options_.extra < 0 ? k_ : options_.extra);
    double widest = 0.0;
    for (Index count = k_; count <= std::min(carried, m_ - 1); ++count) {
        const double gap = theta_(count) - theta_(count - 1), bound = theta_(count - 1) + 0.5 * gap;
        const double margin = count == k_ ? (0.5 - kGuardAtLeast) * gap : 0.5 * gap;
        if (margin <= widest || chebyshev_growth(search_interval(count), bound) < growth / kLongerSearch) continue;
        widest = margin;
        complete_count_ = count;
        complete_bound_ = bound;
    }
}

/// Keeps the bound if no more than m = complete_count_ eigenvalues lie below it. With m + 1 of them, their eigenvectors
/// would span some unit y orthogonal to the m lowest Ritz vectors. T = p(A) Z, orthogonal to these too, has the
/// component ⟨p(A) y, Z⟩ along y, and ‖p(A) y‖ ≥ p(bound) = `gain`: less than 0.01 gain in both Gaussian columns of Z
/// with probability 6e-5. So a smaller ‖T‖ rules y out.
template <ScalarType S>
void BlockLanczos<S>::judge_count(double gain) {
    if (complete_count_ == 0) return;
    if (metric_.norms(T_, BW_, options_.sum).norm() < kLeastComponent<S> * gain) return;
    complete_count_ = 0;
    if (++uncounted_ <= kMostUncounted) probed_values_.resize(0);
}

/// The search is over if the part of it outside of the basis V rules out another eigenvector below the bound. Else V,
/// with this part in it now, is searched again: its Ritz values beyond the k, which the filter relies on, were too
/// high, as those of a start block may be, or there is something to be found.
template <ScalarType S>
void BlockLanczos<S>::judge_search(Index first, double cut) {
    const Index left = m_ - first;
    if (left == 0) return;
    const double lowest = dense_eigh<S>(G_.block(first, first, left, left)).values(0);
    if (lowest > 0.5 * (complete_bound_ + cut)) return;
    complete_count_ = 0;
    doubtful_ = ++inconclusive_ > kMostInconclusive;
    if (!doubtful_) probed_values_.resize(0);
}

/// T ← T − X⟨X, T⟩ for the `count` lowest Ritz vectors, at the front of V.
template <ScalarType S>
void BlockLanczos<S>::remove_lowest(Index count) {
    const auto X = V_.leftCols(count);
    add_product<S>(T_, X, -metric_.inner(X, T_, BW_, options_.sum, kProduct));
}

/// T ← p(A) T with p at its largest beyond the bound; in stretches, made orthogonal to the lowest Ritz vectors after
/// each, so that they cannot grow back. Returns p(bound), where p(λ_k) = 1.
template <ScalarType S>
double BlockLanczos<S>::amplify_by_filter(const FilterInterval& interval) {
    const double growth = chebyshev_growth(interval, complete_bound_);
    if (!(interval.upper > interval.cut && growth > 0.0)) return 0.0;
    const double wanted =
        std::log((complete_count_ > 0 ? kGainToCount<S> : kGainToNotice) * std::sqrt(static_cast<double>(global_n_)));
    FilterInterval whole = interval;
    whole.lowest = theta_(0);
    const Index stretch = contrast_limit(whole, theta_(k_ - 1));
    Index left = std::clamp<Index>(static_cast<Index>(std::ceil(wanted / growth)), 1, 2 * kMostDegree);
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(T_.cols());
    const double growth_at_k = chebyshev_growth(interval, theta_(k_ - 1));
    const auto log_cosh = [](double x) { return x + std::log1p(std::exp(-2.0 * x)) - std::log(2.0); };
    double gain = 0.0;  // its logarithm
    for (; left > 0; left -= stretch) {
        const Index degree = std::min(left, stretch);
        // In double: what damping leaves of T is what counts, and rounding in single precision would stand out of it.
        A_.apply_fused(T_, zero, 1.0, 0.0, R_);
        chebyshev_filter<S>(A_, T_, R_, zero, degree, interval);
        remove_lowest(std::max(k_, complete_count_));
        gain += log_cosh(static_cast<double>(degree) * growth) - log_cosh(static_cast<double>(degree) * growth_at_k);
        // What grows beyond all measure is a level below the found ones: no more is needed, and numbers end somewhere.
        if (metric_.norms(T_, BW_, options_.sum, kProduct).maxCoeff() > kFound) break;
    }
    return std::exp(gain);
}

/// True if a search is not needed once the guard is resolved: V grew from more Gaussian columns than there are copies.
template <ScalarType S>
bool BlockLanczos<S>::sees_every_copy() const {
    return options_.probe && gaussian_ > 0 &&
           largest_cluster(theta_, k_ + 1, tolerance(), options_.cluster_tol * norm_) < gaussian_;
}

/// True if nothing is missing, by this solve's search or an earlier one's; else one step towards knowing.
template <ScalarType S>
bool BlockLanczos<S>::is_complete() {
    if (!options_.probe || whole_space() || probe_is_current()) return true;
    if (sees_every_copy()) {
        probed_ = true;
        complete_count_ = k_;
        complete_bound_ = theta_(k_) - kGuardError * (theta_(k_) - theta_(k_ - 1));
        return true;
    }
    by_carried_ = carried_.count == k_ && leaves_no_room();
    if (by_carried_) return true;
    if (carried_.count > k_ && carried_.count <= std::min(m_, capacity_ - 1)) {
        const std::vector<Index> beyond = test_together(k_, carried_.count);
        by_carried_ = leaves_no_room();
        if (by_carried_) return true;
        const double goal = useful_residual();
        if (goal > tolerance() && refinements_++ < kMostRefinements) {
            expand(beyond, goal);
            return false;
        }
    }
    if (started_ && preparations_ < kMostPreparations && !edge_is_true()) {
        ++preparations_;
    } else {
        search_missed_copies();
    }
    return false;
}

/// A search goes by the Ritz values up to the cut. Those of a start block may be anything: vectors of another operator
/// beyond the k, in which a missed copy hides among others. True if they are true; else they are iterated on once.
template <ScalarType S>
bool BlockLanczos<S>::edge_is_true() {
    const Index edge = std::min(k_ + b_, global_n_ - 1);
    if (m_ <= edge) {
        T_.resize(n_, edge + 1 - m_);
        fill_random<S>(T_, options_.seed, 0x65646765u, options_.sum);
        append();
        return exhausted_;
    }
    const std::vector<Index> beyond = test_together(k_, edge + 1);
    const double goal = std::max(tolerance(), kTrueEdge * (theta_(edge) - theta_(k_ - 1)));
    if (residual_.segment(k_, edge + 1 - k_).maxCoeff() <= goal) return true;
    expand(beyond, goal);
    return false;
}

/// Up to where no eigenvalue but the k may lie: nearly up to the guard, which has to be the next one. Of that the count
/// of the k alone says nothing but that it is not close to them; on the operator that was searched, it was found.
template <ScalarType S>
double BlockLanczos<S>::clear_up_to() const {
    const double beyond_k = theta_(k_ - 1) + tolerance() + options_.cluster_tol * norm_;
    if (carried_.count == k_ && carried_.same_solve) return beyond_k;
    const double part = carried_.count == k_ ? kGuardAtLeast : 1.0 - kGuardError;
    return std::max(beyond_k, theta_(k_ - 1) + part * (theta_(k_) - theta_(k_ - 1)));
}

/// What the residual of one vector may be for leaves_no_room() to hold with something to spare; 0: whatever it is, it
/// will not hold.
template <ScalarType S>
double BlockLanczos<S>::useful_residual() const {
    const Index m = carried_.count;
    const double s = clear_up_to(), below = carried_.bound - theta_(m - 1), above = theta_(k_) - s;
    if (!(below > 0.0 && above > 0.0)) return 0.0;
    return 0.8 * std::min(below, std::sqrt(0.8 * above * (carried_.bound - s))) / std::sqrt(static_cast<double>(m));
}

/// True if no eigenvalue up to λ_k, or before the guard, can be missing. V: the m = carried_.count lowest Ritz vectors,
/// R = A V − V Θ, η = ‖R‖_F, L = carried_.bound, C the compression of A to the complement of V.
///
/// At most m eigenvalues lie below L. If θ_m + η < L, then λ_min(C) ≥ L − η: a vector of the complement with a lower
/// Rayleigh quotient would, with V, span a space whose m + 1 Ritz values are all below L (Courant–Fischer). So for
/// s < L − η the inertia of A − s, that of C − s and of its Schur complement Θ − s − Rᴴ(C − s)⁻¹R together, leaves at
/// most as many eigenvalues below s as there are θ_i < s + η²/(L − η − s). This must be k; a count of k is its own
/// proof.
template <ScalarType S>
bool BlockLanczos<S>::leaves_no_room() const {
    const Index m = carried_.count;
    if (m < k_ || m > m_ || m_ <= k_) return false;
    const double eta = residual_.head(m).norm(), complement = carried_.bound - eta;
    const double s = clear_up_to();
    if (!(theta_(m - 1) < complement && s < complement)) return false;  // false for a NaN too
    return m == k_ || theta_(k_) >= s + eta * eta / (complement - s);
}

#define LAMBDABAR_INSTANTIATE(S)                                               \
    template void BlockLanczos<S>::search_missed_copies();                     \
    template void BlockLanczos<S>::choose_search_bound();                      \
    template void BlockLanczos<S>::judge_search(Index, double);                \
    template void BlockLanczos<S>::remove_lowest(Index);                       \
    template double BlockLanczos<S>::amplify_by_filter(const FilterInterval&); \
    template bool BlockLanczos<S>::edge_is_true();                             \
    template void BlockLanczos<S>::judge_count(double);                        \
    template FilterInterval BlockLanczos<S>::search_interval(Index) const;     \
    template bool BlockLanczos<S>::is_complete();                              \
    template bool BlockLanczos<S>::sees_every_copy() const;                    \
    template double BlockLanczos<S>::clear_up_to() const;                      \
    template double BlockLanczos<S>::useful_residual() const;                  \
    template bool BlockLanczos<S>::leaves_no_room() const;
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
