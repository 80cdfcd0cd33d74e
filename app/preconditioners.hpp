#pragma once
#include "commands.hpp"

namespace lambdabar::app {

/// The approximate inverse of A that --preconditioner names; {} for `none`.
/// Throws std::invalid_argument for options it does not go with, for `amg` on complex matrices, and, naming what to
/// install, where this build lacks it.
template <ScalarType S>
Preconditioner<S> preconditioner_for(PreconditionerMethod method, const SolverOptions& options,
                                     const SparseHermitian<S>& A);

/// The component's, or {} if the program is linked without it: one of components/hypre.cpp and components/no_hypre.cpp
/// is compiled.
Preconditioner<double> multigrid_if_built(const SparseHermitian<double>& A);

}  // namespace lambdabar::app
