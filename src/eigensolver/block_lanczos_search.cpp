// Whether BlockLanczos holds every copy: the search for missed ones, and what an earlier search still proves.
#include "block/dense.hpp"
#include "block_lanczos.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kProbeColumns = 2;
constexpr double kGainInSearch = 100.0;
constexpr double kResolved = 0.1;     // of [bound, upper]: where the search must end to have found nothing
constexpr double kLongerSearch = 1.5;  // what a wider gap may cost

}  // namespace

/// Fills the space orthogonal to the converged pairs with a filtered random block: a copy of λ_i that every
/// Krylov vector so far was orthogonal to is amplified until it stands out of n random components by 100.
/// If one exists, Rayleigh–Ritz shows it below or beside the guard and the iteration goes on.
template <ScalarType S>
void BlockLanczos<S>::search_missed_copies() {
    probed_ = true;
    by_carried_ = false;
    carried_.count = 0;
    probed_values_ = theta_.head(k_);
    restart(std::max(keep_, k_ + 1));
    choose_search_bound();
    const Index columns = std::min(kProbeColumns, global_n_ - m_);
    T_.resize(n_, columns);
    R_.resize(n_, columns);
    fill_random<S>(T_, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kProbeColumns * probes_++),
                   options_.sum);
    const Index inside = std::max(k_, complete_count_);
    remove_lowest(inside);
    amplify_by_filter(inside);
    if (m_ + columns > capacity_) restart(capacity_ - columns);
    const Index first = m_;
    append();
    judge_search(first);
}

/// Where something can be carried, the search reaches beyond λ_k, to the middle of the widest gap among the vectors that
/// the result will hold: later solves can refer to it for as long as no eigenvalue has crossed this gap.
template <ScalarType S>
void BlockLanczos<S>::choose_search_bound() {
    complete_count_ = 0;
    complete_bound_ = theta_(k_ - 1);
    if (!options_.warm) return;
    const double growth = chebyshev_growth(filter_interval(std::min(k_, m_ - 1), k_), theta_(k_ - 1));
    const Index carried = k_ + (options_.extra < 0 ? k_ : options_.extra);
    double widest = 0.0;
    for (Index count = k_; count <= std::min(carried, m_ - 2); ++count) {
        const double gap = theta_(count) - theta_(count - 1), bound = theta_(count - 1) + 0.5 * gap;
        if (gap <= widest || chebyshev_growth(filter_interval(std::min(count, m_ - 1), count), bound) <
                                 growth / kLongerSearch) {
            continue;
        }
        widest = gap;
        complete_count_ = count;
        complete_bound_ = bound;
    }
}

/// What is left of the searched block outside of the basis holds no eigenvector up to the bound, unless its Rayleigh
/// quotients come close to it: beside a missed one all the rest would be 100 times smaller.
template <ScalarType S>
void BlockLanczos<S>::judge_search(Index first) {
    const Index left = m_ - first;
    if (left == 0 || complete_count_ == 0) return;
    const double lowest = dense_eigh<S>(G_.block(first, first, left, left)).values(0);
    if (!(lowest > complete_bound_ + kResolved * (upper_ - complete_bound_))) complete_count_ = 0;
}

/// T ← T − X⟨X, T⟩ for the `count` lowest Ritz vectors, at the front of V.
template <ScalarType S>
void BlockLanczos<S>::remove_lowest(Index count) {
    const auto X = V_.leftCols(count);
    add_product<S>(T_, X, -metric_.inner(X, T_, BW_, options_.sum, kProduct));
}

/// p(A) T with p at its largest beyond the bound; in stretches, made orthogonal to X after each, so that X cannot grow
/// back.
template <ScalarType S>
void BlockLanczos<S>::amplify_by_filter(Index count) {
    FilterInterval interval = filter_interval(std::min(count, m_ - 1), count);
    const double growth = chebyshev_growth(interval, complete_bound_);
    if (!(interval.upper > interval.cut && growth > 0.0)) return;
    const double wanted = std::log(kGainInSearch * std::sqrt(static_cast<double>(global_n_)));
    const Index stretch = contrast_limit(interval, theta_(k_ - 1));
    Index left = std::clamp<Index>(static_cast<Index>(std::ceil(wanted / growth)), 1, 2 * kMostDegree);
    interval.lowest = theta_(k_ - 1);  // p = 1 at λ_k
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(T_.cols());
    for (; left > 0; left -= stretch) {
        A_.apply_fused(T_, zero, 1.0, 0.0, R_);
        chebyshev_filter<S>(A_, T_, R_, zero, std::min(left, stretch), interval);
        remove_lowest(count);
    }
}

/// With the residuals of the vectors beyond the k, which are tested now.
template <ScalarType S>
bool BlockLanczos<S>::carried_search_suffices() {
    if (carried_.count > m_) return false;
    test_pairs(k_, carried_.count);
    by_carried_ = leaves_no_room();
    return by_carried_;
}

/// True if no eigenvalue up to λ_k can be missing. V: the m = carried_.count lowest Ritz vectors, R = A V − V Θ,
/// η = ‖R‖_F, L = carried_.bound, C the compression of A to the complement of V.
///
/// At most m eigenvalues lie below L. If θ_m + η < L, then λ_min(C) ≥ L − η: a vector of the complement with a lower
/// Rayleigh quotient would, with V, span a space whose m + 1 Ritz values are all below L (Courant–Fischer). So for
/// s < L − η the inertia of A − s, that of C − s and of its Schur complement Θ − s − Rᴴ(C − s)⁻¹R together, leaves at
/// most as many eigenvalues below s as there are θ_i < s + η²/(L − η − s). For an s just beyond λ_k this must be k.
template <ScalarType S>
bool BlockLanczos<S>::leaves_no_room() const {
    const Index m = carried_.count;
    if (m < k_ || m > m_) return false;
    const double eta = residual_.head(m).norm(), complement = carried_.bound - eta;
    const double s = theta_(k_ - 1) + tolerance() + options_.cluster_tol * norm_;
    if (!(theta_(m - 1) < complement && s < complement)) return false;  // false for a NaN too
    return m == k_ || theta_(k_) >= s + eta * eta / (complement - s);
}

#define LAMBDABAR_INSTANTIATE(S)                                   \
    template void BlockLanczos<S>::search_missed_copies();         \
    template void BlockLanczos<S>::choose_search_bound();          \
    template void BlockLanczos<S>::judge_search(Index);            \
    template void BlockLanczos<S>::remove_lowest(Index);           \
    template void BlockLanczos<S>::amplify_by_filter(Index);       \
    template bool BlockLanczos<S>::carried_search_suffices();      \
    template bool BlockLanczos<S>::leaves_no_room() const;
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
