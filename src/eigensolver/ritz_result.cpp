#include "ritz_result.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambdabar {

void forget_moved(const Eigen::VectorXd& theta, const Eigen::VectorXd& tested_at, double rounding,
                  Eigen::VectorXd& residual) {
    for (Index i = 0; i < theta.size(); ++i) {
        if (std::isnan(residual(i))) continue;
        if (std::abs(theta(i) - tested_at(i)) <= residual(i) + rounding) continue;
        residual.tail(residual.size() - i).setConstant(std::numeric_limits<double>::quiet_NaN());
        return;
    }
}

Index largest_cluster(const Eigen::VectorXd& theta, Index count, double tolerance, double distance) {
    distance = std::max(100.0 * tolerance, distance);
    Index largest = 1, together = 1;
    for (Index i = 1; i < std::min(count, theta.size()); ++i) {
        together = theta(i) - theta(i - 1) <= distance ? together + 1 : 1;
        largest = std::max(largest, together);
    }
    return largest;
}

Progress progress_of(const RitzValues& ritz, double tolerance) {
    Progress progress;
    progress.wanted = ritz.wanted;
    const Index shown = std::min(ritz.wanted, ritz.theta.size());
    while (progress.converged < shown && ritz.residual(progress.converged) <= tolerance) ++progress.converged;
    progress.ritz_values = ritz.sign * ritz.theta.head(shown);
    progress.residuals = ritz.residual.head(shown);
    if (ritz.sign < 0.0) {  // ascending
        progress.ritz_values.reverseInPlace();
        progress.residuals.reverseInPlace();
    }
    return progress;
}

template <ScalarType S>
void take_values(const RitzValues& ritz, Index extra, Eigenpairs<S>& pairs) {
    const Index k = std::min(ritz.wanted, ritz.theta.size());
    pairs.values = ritz.sign * ritz.theta.head(k);
    pairs.residuals = ritz.residual.head(k);
    pairs.extra_values = ritz.sign * ritz.theta.segment(k, extra);
}

template <ScalarType S>
void conclude(const RitzValues& ritz, StopReason reason, Eigenpairs<S>& pairs) {
    sort_ascending(pairs);
    const Index k = ritz.wanted;
    Guard guard;
    if (ritz.theta.size() > k) guard = {ritz.sign * ritz.theta(k), ritz.residual(k), !std::isnan(ritz.residual(k))};
    describe_neighbourhood(guard, pairs);
    pairs.reason = reason;
    pairs.converged = reason == StopReason::converged;
}

template <ScalarType S>
void sort_ascending(Eigenpairs<S>& pairs) {
    const Index k = pairs.values.size();
    std::vector<Index> order(static_cast<std::size_t>(k));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return pairs.values(i) < pairs.values(j); });
    if (std::is_sorted(order.begin(), order.end())) return;
    pairs.values = Eigen::VectorXd(pairs.values(order));
    pairs.residuals = Eigen::VectorXd(pairs.residuals(order));
    pairs.vectors = Matrix<S>(pairs.vectors(Eigen::all, order));
}

template <ScalarType S>
void describe_neighbourhood(const Guard& guard, Eigenpairs<S>& pairs) {
    const double distance = pairs.cluster_tol * pairs.norm_A;
    const Index k = pairs.values.size();
    pairs.clusters = find_clusters(pairs.values, pairs.residuals, distance);
    pairs.guard_value = guard.value;
    pairs.guard_residual = guard.residual;
    if (std::isnan(guard.value)) return;
    pairs.cuts_cluster = !guard.tested;
    const auto hold_against_ends = [&](double value, double residual) {
        const auto joins = [&](Index end) {
            return same_cluster(std::abs(value - pairs.values(end)), pairs.residuals(end), residual, distance);
        };
        if (pairs.which != Which::largest && joins(k - 1)) pairs.cuts_cluster = true;
        if (pairs.which != Which::smallest && joins(0)) pairs.cuts_cluster = true;
    };
    hold_against_ends(guard.value, guard.residual);
    if (pairs.which != Which::nearest) return;
    for (const double value : pairs.extra_values) hold_against_ends(value, 0.0);
}

#define LAMBDABAR_INSTANTIATE(S)                                              \
    template void take_values<S>(const RitzValues&, Index, Eigenpairs<S>&);   \
    template void conclude<S>(const RitzValues&, StopReason, Eigenpairs<S>&); \
    template void sort_ascending<S>(Eigenpairs<S>&);                          \
    template void describe_neighbourhood<S>(const Guard&, Eigenpairs<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
