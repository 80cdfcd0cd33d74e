#pragma once
#include <lambdabar/optimize/maximize_eigmin.hpp>

namespace lambdabar {

/// Bounds of the full length, infinite where there are none. Throws std::invalid_argument if sizes differ, the set is
/// empty or p lies outside of it by more than rounding.
ParameterSet complete(const ParameterSet& set, const Eigen::VectorXd& p);

/// max g·p over the set; +∞ if there is none. O(N log N).
double largest(const Eigen::VectorXd& g, const ParameterSet& set);

/// The nearest p within the bounds, its sum restored by what room they leave.
Eigen::VectorXd into_the_set(Eigen::VectorXd p, const ParameterSet& set);

}  // namespace lambdabar
