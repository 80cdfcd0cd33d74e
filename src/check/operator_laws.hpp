#pragma once
#include <lambdabar/check/check_operator.hpp>

namespace lambdabar {

/// Throws std::invalid_argument unless columns ≥ 1 and tol ≥ 0.
void require_options(const OperatorCheckOptions& options);

/// Independent standard normal numbers, the same on every process that asks with the same seed.
Eigen::VectorXd random_direction(Index count, std::uint64_t seed, std::uint64_t number);

/// The law `vjp = differences` in `directions` random directions of parameters.
template <ScalarType S>
Law operator_derivative_law(const detail::ParametricOperator<S>& A, Index rows, Index directions,
                            const OperatorCheckOptions& options);

}  // namespace lambdabar
