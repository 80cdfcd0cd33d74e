#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// The value next to the wanted ones, in units of λ; NaN: there is none.
struct Guard {
    double value = std::numeric_limits<double>::quiet_NaN();
    double residual = std::numeric_limits<double>::quiet_NaN();
    bool tested = true;  // false: a value without a residual; it may yet turn out to belong to the cluster at the end
};

/// Pairs come in the order in which they are wanted, and leave with ascending values.
template <ScalarType S>
void sort_ascending(Eigenpairs<S>& pairs);

/// Clusters, the guard, and whether the set cuts a cluster. For `nearest`, whose set is open at both ends, every extra
/// value is held against both.
template <ScalarType S>
void describe_neighbourhood(const Guard& guard, Eigenpairs<S>& pairs);

}  // namespace lambdabar
