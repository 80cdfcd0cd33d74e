#pragma once
// Component lambdabar::mumps: link it, or find_package(lambdabar COMPONENTS mumps).
#include <lambdabar/factorization/factorization.hpp>

namespace lambdabar {

/// Sequential MUMPS (Amestoy, Duff, Koster & L'Excellent, SIAM J. Matrix Anal. Appl. 23, 2001): multifrontal LDLᵀ with
/// 1×1 and 2×2 pivots, for any nonsingular M, with inertia. A matrix with null pivots makes factorize() false, and
/// inertia() then counts them as zero eigenvalues.
///
/// MUMPS knows complex symmetric matrices, not Hermitian ones. A complex M = R + iJ is factorized as the real symmetric
/// [R −J; J R] of twice the order, whose eigenvalues are those of M twice; the entries of one row lie side by side.
/// That takes 8/3 n³ real operations for a dense M, twice those of a complex LDLᴴ and exactly those of the complex LU
/// that is the alternative, and unlike it knows the inertia.
/// analyze() and factorize() throw std::runtime_error with MUMPS's INFOG(1:2) if MUMPS fails otherwise, e.g. runs out
/// of memory. Null is a pivot below 1e-5 eps ‖M‖: exact zeros, not eigenvalues at rounding.
template <ScalarType S>
Factorizer<S> mumps();

}  // namespace lambdabar
