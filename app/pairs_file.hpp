#pragma once
#include "problem.hpp"
#include "report_json.hpp"

namespace lambdabar::app {

/// What PREFIX.json says about pairs: values, residuals, clusters (0-based), the guard, how they were found, and
/// whether a count of eigenvalues proves them complete.
template <ScalarType S>
Json report_of(const Eigenpairs<S>& pairs);

/// The pairs that `eigsh --out PREFIX` wrote: PREFIX.values.mtx, PREFIX.vectors.mtx, PREFIX.json. Their residuals are
/// computed anew with A and B, and must be what the report says.
/// Throws std::invalid_argument with the file and the numbers if the files contradict each other, A or B.
template <ScalarType S>
Eigenpairs<S> read_pairs(const fs::path& prefix, const Problem<S>& problem);

/// What a converged pair's residual is held against: tol·‖A‖, or tol·|λ − σ| if it was found by solves with A − σB.
template <ScalarType S>
double allowed_residual(const Eigenpairs<S>& pairs, Index i);

/// "eigsh has not converged: pair 3 (λ = …) has the residual …, the tolerance is …, after … products".
template <ScalarType S>
std::string not_converged_sentence(const Eigenpairs<S>& pairs);

}  // namespace lambdabar::app
