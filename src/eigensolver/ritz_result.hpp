#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// The value next to the wanted ones, in units of λ; NaN: there is none.
struct Guard {
    double value = std::numeric_limits<double>::quiet_NaN();
    double residual = std::numeric_limits<double>::quiet_NaN();
    bool tested = true;  // false: a value without a residual; it may yet turn out to belong to the cluster at the end
};

/// Ritz values of sign·A in the order in which they are wanted, ascending, and residuals (NaN: not tested).
struct RitzValues {
    const Eigen::VectorXd& theta;
    const Eigen::VectorXd& residual;
    double sign;
    Index wanted;  // k
};

/// A value that moved since its test by more than its residual allowed belongs to another vector: it and all that
/// follow count as not tested. `rounding` of a value.
void forget_moved(const Eigen::VectorXd& theta, const Eigen::VectorXd& tested_at, double rounding,
                  Eigen::VectorXd& residual);

/// The largest number of neighbours among the first `count` values that are closer to the next than `distance`, or than
/// what residuals up to `tolerance` tell apart by a wide margin.
Index largest_cluster(const Eigen::VectorXd& theta, Index count, double tolerance, double distance);

/// The guard's residual beside its distance from λ_k, for it to be another eigenvalue; and where it is evidence that no
/// copy of λ_k is missing, which would have to be small in it.
constexpr double kRoughlyApart = 0.1, kClearlyApart = 0.01;

/// True if the guard has a residual of at most `part` of its distance from λ_k, `gap`, and is no copy of it. Ritz
/// values fall: one whose residual is not small beside that distance may still come down to λ_k.
inline bool guard_is_apart(double gap, double residual_k, double residual, double part, double cluster_distance) {
    return residual <= part * gap && !same_cluster(gap, residual_k, residual, cluster_distance);
}

/// What the monitor is shown; `products` and `iterations` are left to the caller.
Progress progress_of(const RitzValues& ritz, double tolerance);

/// The wanted values with their residuals, and `extra` values beyond, into `pairs`, whose vectors come from the caller.
template <ScalarType S>
void take_values(const RitzValues& ritz, Index extra, Eigenpairs<S>& pairs);

/// With values and vectors at hand: their order, the guard, clusters, and why the solve ended.
template <ScalarType S>
void conclude(const RitzValues& ritz, StopReason reason, Eigenpairs<S>& pairs);

/// Pairs come in the order in which they are wanted, and leave with ascending values.
template <ScalarType S>
void sort_ascending(Eigenpairs<S>& pairs);

/// Clusters, the guard, and whether the set cuts a cluster. For `nearest`, whose set is open at both ends, every extra
/// value is held against both.
template <ScalarType S>
void describe_neighbourhood(const Guard& guard, Eigenpairs<S>& pairs);

}  // namespace lambdabar
