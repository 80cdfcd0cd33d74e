#include "block_lanczos.hpp"

#include "block/dense.hpp"
#include "ritz_result.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr const char* kProduct = "eigsh: the operator's product";

}  // namespace

template <ScalarType S>
Eigenpairs<S> BlockLanczos<S>::solve() {
    if (test_start_block()) return result(StopReason::converged);
    prepare_filters();
    start_randomly();
    while (true) {
        rayleigh_ritz();
        ++iterations_;
        if (!report_progress()) return result(StopReason::stopped_by_monitor);
        if (A_.products() >= max_products_) return result(StopReason::iteration_limit);
        if (A_.products() >= max_products_ / 4) single_.reset();  // should its rounding be what it does not converge by

        const std::vector<Index> targets = choose_targets();
        if (!targets.empty()) {
            load_targets(targets);
            test_targets(targets);
        }
        if (all_converged()) {
            const bool guard_first = carried_.count > 0 || sees_every_copy();
            if ((!guard_first || guard_resolved()) && !is_complete()) continue;
            if (guard_resolved()) {
                if (!verify()) continue;
                ++iterations_;
                (void)report_progress();
                return result(StopReason::converged);
            }
        }
        if (whole_space() && m_ < k_) {
            std::ostringstream message;
            message << "eigsh: k = " << k_ << " exceeds the " << m_ << " finite eigenvalues (B is singular)";
            throw std::invalid_argument(message.str());
        }
        if (whole_space()) {  // Rayleigh–Ritz on the whole space: nothing left to expand
            verify();
            return result(all_converged() ? StopReason::converged : StopReason::iteration_limit);
        }
        // The guard alone has to be told from λ_k only.
        const bool guard_only = targets.size() == 1 && targets.front() == k_;
        expand(targets, std::max(tolerance(), guard_only ? kClearlyApart * (theta_(k_) - theta_(k_ - 1)) : 0.0));
    }
}

template <ScalarType S>
void BlockLanczos<S>::rayleigh_ritz() {
    auto pairs = dense_eigh<S>(G_.topLeftCorner(m_, m_));
    theta_ = std::move(pairs.values);
    Y_ = std::move(pairs.vectors);
    norm_ = std::max(norm_, theta_.cwiseAbs().maxCoeff());
    if (theta_.maxCoeff() > upper_) upper_ = std::max(beyond_, theta_.maxCoeff());
    forget_moved(theta_, tested_at_, 10.0 * kEps * norm_, residual_);
}

template <ScalarType S>
bool BlockLanczos<S>::report_progress() {
    if (!options_.monitor) return true;
    Progress progress = progress_of({theta_, residual_, sign_, k_}, tolerance());
    progress.iteration = iterations_;
    progress.products = A_.products();
    return options_.monitor(progress);
}

/// The lowest pairs that have not converged; the guard fills a place that is left over.
template <ScalarType S>
std::vector<Index> BlockLanczos<S>::choose_targets() const {
    std::vector<Index> targets;
    for (Index i = 0; i < std::min(k_ + 1, m_) && static_cast<Index>(targets.size()) < b_; ++i) {
        if (!passes(i) && !(i == k_ && all_converged() && guard_resolved())) targets.push_back(i);
    }
    return targets;
}

template <ScalarType S>
void BlockLanczos<S>::load_targets(const std::vector<Index>& targets) {
    const Index count = static_cast<Index>(targets.size());
    Matrix<S> C(m_, count);
    for (Index j = 0; j < count; ++j) C.col(j) = Y_.col(targets[static_cast<std::size_t>(j)]);
    T_.resize(n_, count);
    R_.resize(n_, count);
    set_product<S>(T_, V_.leftCols(m_), C);
}

/// R = A T − T Θ and its norms.
template <ScalarType S>
void BlockLanczos<S>::test_targets(const std::vector<Index>& targets) {
    const Index count = static_cast<Index>(targets.size());
    Eigen::VectorXd theta(count);
    for (Index j = 0; j < count; ++j) theta(j) = theta_(targets[static_cast<std::size_t>(j)]);
    A_.apply_fused(T_, theta, 1.0, 0.0, R_);
    const Eigen::VectorXd norm = metric_.norms(R_, BW_, options_.sum, kProduct);
    for (Index j = 0; j < count; ++j) {
        residual_(targets[static_cast<std::size_t>(j)]) = norm(j);
        tested_at_(targets[static_cast<std::size_t>(j)]) = theta(j);
    }
}

/// Loads and tests the Ritz vectors first … end − 1, and returns their numbers.
template <ScalarType S>
std::vector<Index> BlockLanczos<S>::test_together(Index first, Index end) {
    std::vector<Index> targets(static_cast<std::size_t>(end - first));
    std::iota(targets.begin(), targets.end(), first);
    load_targets(targets);
    test_targets(targets);
    return targets;
}

/// Residuals of the Ritz vectors first … end − 1, anew.
template <ScalarType S>
void BlockLanczos<S>::test_pairs(Index first, Index end) {
    for (; first < end; first += b_) (void)test_together(first, std::min(first + b_, end));
}

/// The k final Ritz vectors and the guard; false if one of the k no longer passes.
template <ScalarType S>
bool BlockLanczos<S>::verify() {
    test_pairs(0, std::min(k_ + 1, m_));
    return all_converged();
}

template <ScalarType S>
bool BlockLanczos<S>::all_converged() const {
    if (m_ < k_) return false;
    for (Index i = 0; i < k_; ++i) {
        if (!passes(i)) return false;
    }
    return true;
}

/// False if nothing was searched yet, if the last search was inconclusive, or if it lowered a value: more copies may
/// then be missing.
template <ScalarType S>
bool BlockLanczos<S>::probe_is_current() const {
    if (!probed_ || probed_values_.size() == 0) return false;
    for (Index i = 0; i < k_; ++i) {
        if (probed_values_(i) - theta_(i) > tolerance()) return false;
    }
    return true;
}

template <ScalarType S>
bool BlockLanczos<S>::guard_resolved() const {
    if (m_ <= k_ || std::isnan(residual_(k_))) return false;
    const double gap = theta_(k_) - theta_(k_ - 1), part = sees_every_copy() ? kClearlyApart : kRoughlyApart;
    return passes(k_) || guard_is_apart(gap, residual_(k_ - 1), residual_(k_), part, options_.cluster_tol * norm_);
}

#define LAMBDABAR_INSTANTIATE(S)                                              \
    template Eigenpairs<S> BlockLanczos<S>::solve();                          \
    template void BlockLanczos<S>::rayleigh_ritz();                           \
    template bool BlockLanczos<S>::report_progress();                         \
    template std::vector<Index> BlockLanczos<S>::choose_targets() const;      \
    template void BlockLanczos<S>::load_targets(const std::vector<Index>&);   \
    template void BlockLanczos<S>::test_targets(const std::vector<Index>&);   \
    template std::vector<Index> BlockLanczos<S>::test_together(Index, Index); \
    template void BlockLanczos<S>::test_pairs(Index, Index);                  \
    template bool BlockLanczos<S>::verify();                                  \
    template bool BlockLanczos<S>::all_converged() const;                     \
    template bool BlockLanczos<S>::probe_is_current() const;                  \
    template bool BlockLanczos<S>::guard_resolved() const;
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
