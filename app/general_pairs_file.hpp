#pragma once
#include "general_problem.hpp"
#include "report_json.hpp"

namespace lambdabar::app {

/// What PREFIX.json says about general pairs. Complex numbers are [re, im].
template <ScalarType S>
Json report_of(const GeneralEigenpairs<S>& pairs);

/// True if PREFIX.json is the report of an `eigs` run.
bool are_general_pairs(const fs::path& prefix);

/// The pairs that `eigs --out PREFIX` wrote, right and left. Residuals and bi-orthonormality are computed anew.
/// Throws std::invalid_argument with the file and the numbers if the files contradict each other, A or B.
template <ScalarType S>
GeneralEigenpairs<S> read_general_pairs(const fs::path& prefix, const GeneralProblem<S>& problem);

/// "eigs has not converged: pair 3 (λ = …) has the residual …"
template <ScalarType S>
std::string not_converged_sentence(const GeneralEigenpairs<S>& pairs);

}  // namespace lambdabar::app
