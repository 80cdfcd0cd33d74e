#pragma once
#include "commands.hpp"

namespace lambdabar::app {

/// The direct solver for --factor; {} for `none`. `automatic`, if A − σB is positive definite (σ below the spectrum): a
/// supernodal Cholesky factorization (CHOLMOD). If it may be indefinite: one that chooses pivots and has the inertia
/// (MUMPS). Where the build lacks that one: the other of the two, then Eigen's LDLT.
/// Throws std::invalid_argument, naming what to install, for a method that this build lacks.
template <ScalarType S>
Factorizer<S> direct_solver(FactorMethod method, bool indefinite);

/// How the library is asked: a method that was named is used, or the run refused.
UseFactor use_factor(FactorMethod method);

/// "ldlt" and so on, as on the command line.
const char* name_of(FactorMethod method);

// One of components/<component>.cpp and components/no_<component>.cpp is compiled, as the component is built or not.

/// The component's solver; {} if the build lacks it.
template <ScalarType S>
Factorizer<S> cholmod_if_built();
template <ScalarType S>
Factorizer<S> mumps_if_built();

}  // namespace lambdabar::app
