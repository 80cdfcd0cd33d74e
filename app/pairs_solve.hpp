#pragma once
#include "direct_solver.hpp"
#include "problem.hpp"

namespace lambdabar::app {

/// Pairs from files carry no factorization: A − σB is factorized anew for their derivatives, at the σ that found them,
/// or beyond the wanted end of the spectrum if a pencil was solved by products. Sets pairs.solve and pairs.sigma.
/// Returns what was used, in words; "" for a standard problem solved by products, for `none`, and if `automatic` finds
/// A − σB singular or the factor too large: the adjoint is then iterative.
/// Throws for a method that was named: std::invalid_argument if A − σB is singular, std::runtime_error if it does not
/// fit.
template <ScalarType S>
std::string attach_solve(const Problem<S>& problem, FactorMethod method, Eigenpairs<S>& pairs);

}  // namespace lambdabar::app
