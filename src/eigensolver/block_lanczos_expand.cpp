// How the basis of BlockLanczos grows and shrinks: filtered targets, restarts.
#include "block_lanczos.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kProduct = "eigsh: the operator's product";
constexpr double kBeyond = 20.0;  // growth exponent of what lies below all Ritz values, relative to theirs

}  // namespace

/// The largest degree that lets nothing at the bottom of the spectrum outgrow `value` by more than exp(kContrast):
/// a vector orthogonal to converged pairs is so to their residuals only, and those must not take it over.
template <ScalarType S>
Index BlockLanczos<S>::contrast_limit(const FilterInterval& interval, double value) {
    const double lead = chebyshev_growth(interval, interval.lowest) - chebyshev_growth(interval, value);
    if (lead <= kContrast / static_cast<double>(kMostDegree)) return kMostDegree;
    return std::max<Index>(1, static_cast<Index>(kContrast / lead));
}

/// [cut, upper] holds everything beyond the lowest `inside` pairs and one more block.
template <ScalarType S>
FilterInterval BlockLanczos<S>::filter_interval(Index lowest, Index inside) const {
    const double spread = upper_ - theta_(0);
    Index i = std::min(inside + b_, m_ - 1);
    // A cluster that reaches beyond k + b must lie below the cut as a whole.
    while (i < m_ - 1 && theta_(i) - theta_(lowest) <= 1e-12 * spread) ++i;
    double cut = theta_(i);
    if (i < inside + b_) cut = std::fmax(cut, first_cut_);  // early on
    if (cut - theta_(lowest) <= 1e-12 * spread) cut = theta_(lowest) + 1e-3 * spread;
    return {theta_(0), cut, upper_};
}

/// One application grows what is wanted by exp(gain), the cost model's, or by no more than `missing`, the factor by
/// which the residuals are to fall, asks for: near the end, or from a good start, a filter is short.
template <ScalarType S>
Index BlockLanczos<S>::choose_degree(const FilterInterval& interval, double lowest, double missing) const {
    if (options_.filter_degree > 0) return options_.filter_degree;
    const double growth = chebyshev_growth(interval, lowest);
    const double gain = std::min(cost_.gain(growth, b_), 1.0 + std::log(std::max(1.0, missing)));
    Index limit = contrast_limit(interval, lowest);
    // Until Ritz values have come down there are eigenvalues far below the lowest of them.
    const double beyond = chebyshev_growth(interval, std::fmin(lowest_, lowest)) - growth;
    if (beyond * static_cast<double>(limit) > kBeyond) limit = std::max<Index>(1, static_cast<Index>(kBeyond / beyond));
    if (growth <= gain / static_cast<double>(kMostDegree)) return limit;
    return std::clamp<Index>(static_cast<Index>(std::ceil(gain / growth)), 1, limit);
}

/// W = p(A) T, from the targets and residuals at hand, which are to fall to `goal`.
template <ScalarType S>
void BlockLanczos<S>::expand(const std::vector<Index>& targets, double goal) {
    const FilterInterval interval = filter_interval(targets.front(), k_);
    const bool separable = interval.upper > interval.cut && interval.cut > interval.lowest;
    double worst = goal;
    for (const Index i : targets) worst = std::max(worst, residual_(i));
    interval_ = interval;
    degree_ = separable ? choose_degree(interval, theta_(targets.front()), worst / goal) : 1;
    if (degree_ > 1) {
        const Eigen::VectorXd theta = theta_(targets), size = residual_(targets);
        if (single_ && single_->resolves(interval.cut - theta_(targets.front()))) {
            if (!single_->apply(A_, R_, size, theta, degree_, interval, T_)) {  // something lies beyond `upper`
                T_.swap(R_);
                upper_ = std::max(upper_, beyond_);
            }
        } else {
            chebyshev_filter<S>(A_, T_, R_, theta, degree_, interval);
        }
    } else {
        T_.swap(R_);
    }
    if (m_ + T_.cols() > global_n_) T_.conservativeResize(n_, global_n_ - m_);
    if (m_ + T_.cols() > capacity_) restart(std::min(keep_, capacity_ - T_.cols()));
    append();
}

/// V ← [V T], G ← [V T]ᴴ A [V T]; T is consumed.
template <ScalarType S>
void BlockLanczos<S>::append() {
    BlockRef<S> W_all = V_.middleCols(m_, T_.cols());
    copy<S>(W_all, T_);
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

#define LAMBDABAR_INSTANTIATE(S)                                                                \
    template FilterInterval BlockLanczos<S>::filter_interval(Index, Index) const;               \
    template Index BlockLanczos<S>::choose_degree(const FilterInterval&, double, double) const; \
    template void BlockLanczos<S>::expand(const std::vector<Index>&, double);                   \
    template Index BlockLanczos<S>::contrast_limit(const FilterInterval&, double);              \
    template void BlockLanczos<S>::append();                                                    \
    template void BlockLanczos<S>::restart(Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
