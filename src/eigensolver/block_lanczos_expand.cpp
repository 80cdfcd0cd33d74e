// How the basis of BlockLanczos grows and shrinks: filtered targets, the search for missed copies, restarts.
#include "block_lanczos.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kProduct = "eigsh: the operator's product";
constexpr double kGain = 4.0;       // wanted growth exponent of one filter application
constexpr double kContrast = 10.0;  // growth exponent that converged pairs may gain on a target
constexpr Index kMostDegree = 1000;
constexpr Index kProbeColumns = 2;

/// The largest degree that lets nothing at the bottom of the spectrum outgrow `value` by more than exp(kContrast):
/// a vector orthogonal to converged pairs is so to their residuals only, and those must not take it over.
Index contrast_limit(const FilterInterval& interval, double value) {
    const double lead = chebyshev_growth(interval, interval.lowest) - chebyshev_growth(interval, value);
    if (lead <= kContrast / static_cast<double>(kMostDegree)) return kMostDegree;
    return std::max<Index>(1, static_cast<Index>(kContrast / lead));
}

}  // namespace

/// [cut, upper] holds everything beyond the wanted pairs and one more block.
template <ScalarType S>
FilterInterval BlockLanczos<S>::filter_interval(Index lowest) const {
    const double spread = upper_ - theta_(0);
    Index i = std::min(k_ + b_, m_ - 1);
    // A cluster that reaches beyond k + b must lie below the cut as a whole.
    while (i < m_ - 1 && theta_(i) - theta_(lowest) <= 1e-12 * spread) ++i;
    double cut = theta_(i);
    if (cut - theta_(lowest) <= 1e-12 * spread) cut = theta_(lowest) + 1e-3 * spread;
    return {theta_(0), cut, upper_};
}

template <ScalarType S>
Index BlockLanczos<S>::choose_degree(const FilterInterval& interval, double lowest) const {
    if (options_.filter_degree > 0) return options_.filter_degree;
    const double growth = chebyshev_growth(interval, lowest);
    const Index limit = contrast_limit(interval, lowest);
    if (growth <= kGain / static_cast<double>(kMostDegree)) return limit;
    return std::clamp<Index>(static_cast<Index>(std::ceil(kGain / growth)), 1, limit);
}

/// W = p(A) T, from the targets and residuals at hand.
template <ScalarType S>
void BlockLanczos<S>::expand(const std::vector<Index>& targets) {
    const FilterInterval interval = filter_interval(targets.front());
    const bool separable = interval.upper > interval.cut && interval.cut > interval.lowest;
    degree_ = separable ? choose_degree(interval, theta_(targets.front())) : 1;
    if (degree_ > 1) {
        Eigen::VectorXd theta(T_.cols());
        for (Index j = 0; j < T_.cols(); ++j) theta(j) = theta_(targets[static_cast<std::size_t>(j)]);
        chebyshev_filter<S>(A_, T_, R_, theta, degree_, interval);
    } else {
        T_.swap(R_);
    }
    if (m_ + T_.cols() > global_n_) T_.conservativeResize(n_, global_n_ - m_);
    if (m_ + T_.cols() > capacity_) restart(keep_);
    append();
}

/// Fills the space orthogonal to the converged pairs with a filtered random block: a copy of λ_i that every
/// Krylov vector so far was orthogonal to is amplified until it stands out of n random components by 100.
/// If one exists, Rayleigh–Ritz shows it below or beside the guard and the iteration goes on.
template <ScalarType S>
void BlockLanczos<S>::search_missed_copies() {
    probed_ = true;
    probed_values_ = theta_.head(k_);
    restart(std::max(keep_, k_ + 1));
    const Index columns = std::min(kProbeColumns, global_n_ - m_);
    T_.resize(n_, columns);
    R_.resize(n_, columns);
    fill_random<S>(T_, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kProbeColumns * probes_++),
                   options_.sum);
    remove_converged();
    amplify_by_filter();
    if (m_ + columns > capacity_) restart(capacity_ - columns);
    append();
}

/// T ← T − X⟨X, T⟩ for the k converged pairs.
template <ScalarType S>
void BlockLanczos<S>::remove_converged() {
    const auto X = V_.leftCols(k_);
    add_product<S>(T_, X, -metric_.inner(X, T_, BW_, options_.sum, kProduct));
}

/// p(A) T with p at its largest beyond λ_k; in stretches, made orthogonal to X after each, so that X cannot grow back.
template <ScalarType S>
void BlockLanczos<S>::amplify_by_filter() {
    FilterInterval interval = filter_interval(std::min(k_, m_ - 1));
    const double growth = chebyshev_growth(interval, theta_(k_ - 1));
    if (!(interval.upper > interval.cut && growth > 0.0)) return;
    const double wanted = std::log(100.0 * std::sqrt(static_cast<double>(global_n_)));
    const Index stretch = contrast_limit(interval, theta_(k_ - 1));
    Index left = std::clamp<Index>(static_cast<Index>(std::ceil(wanted / growth)), 1, 2 * kMostDegree);
    interval.lowest = theta_(k_ - 1);  // p = 1 at λ_k
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(T_.cols());
    for (; left > 0; left -= stretch) {
        A_.apply_fused(T_, zero, 1.0, 0.0, R_);
        chebyshev_filter<S>(A_, T_, R_, zero, std::min(left, stretch), interval);
        remove_converged();
    }
}

/// V ← [V T], G ← [V T]ᴴ A [V T]; T is consumed.
template <ScalarType S>
void BlockLanczos<S>::append() {
    BlockRef<S> W_all = V_.middleCols(m_, T_.cols());
    W_all = T_;
    const Index valid =
        orthonormalize<S>(W_all, V_.leftCols(m_), metric_, options_.seed + static_cast<std::uint64_t>(iterations_),
                          options_.sum, kProduct);
    exhausted_ = valid == 0;
    if (exhausted_) return;
    const auto W = V_.middleCols(m_, valid);
    R_.resize(n_, valid);
    A_.apply(W, R_);
    const Matrix<S> C = metric_.inner(V_.leftCols(m_ + valid), R_, BW_, options_.sum, kProduct);
    G_.block(0, m_, m_ + valid, valid) = C;
    G_.block(m_, 0, valid, m_) = C.topRows(m_).adjoint();
    m_ += valid;
}

/// V ← the `keep` lowest Ritz vectors, in place.
template <ScalarType S>
void BlockLanczos<S>::restart(Index keep) {
    keep = std::min(keep, m_);
    if (keep < m_) exhausted_ = false;
    rotate<S>(V_.leftCols(m_), Y_.leftCols(keep));
    m_ = keep;
    theta_.conservativeResize(keep);
    G_.topLeftCorner(keep, keep) = theta_.template cast<S>().asDiagonal();
    Y_ = Matrix<S>::Identity(keep, keep);
    residual_.tail(capacity_ - keep).setConstant(kUntested);
}

#define LAMBDABAR_INSTANTIATE(S)                                                        \
    template FilterInterval BlockLanczos<S>::filter_interval(Index) const;              \
    template Index BlockLanczos<S>::choose_degree(const FilterInterval&, double) const; \
    template void BlockLanczos<S>::expand(const std::vector<Index>&);                   \
    template void BlockLanczos<S>::search_missed_copies();                              \
    template void BlockLanczos<S>::remove_converged();                                  \
    template void BlockLanczos<S>::amplify_by_filter();                                 \
    template void BlockLanczos<S>::append();                                            \
    template void BlockLanczos<S>::restart(Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
