#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

/// A − σB, or A alone, ready for the direct solver (none: eigen_ldlt) and within the memory that the options name.
template <ScalarType S>
ShiftInvert<S> new_factor(const SparseHermitian<S>& A, const SparseHermitian<S>* B, const Factorizer<S>& factorizer,
                          const EigshOptions<S>& options) {
    return ShiftInvert<S>(A, B, factorizer ? factorizer : eigen_ldlt<S>(), options.memory_limit);
}

/// A factorization for the pencil: the one of options.warm with its symbolic analysis, if nobody else holds it.
template <ScalarType S>
std::shared_ptr<ShiftInvert<S>> make_factor(const Pencil<S>& pencil, const EigshOptions<S>& options);

struct Shift {
    double sigma;
    bool rough;  // below the spectrum, but perhaps far too far or too near: worth another once the spectrum is known
};

/// Chooses σ and leaves A − σB factorized. The caller's σ, moved a little if it is an eigenvalue; for `smallest`
/// without one: 0 if A is positive definite, a little below it if A is semidefinite, else a bound of the spectrum from
/// below, found by inertia. Throws std::invalid_argument if every σ tried is an eigenvalue (A and B share a null
/// vector), or if the caller's σ does not lie below the spectrum though `smallest` is wanted.
template <ScalarType S>
Shift choose_shift(const Pencil<S>& pencil, ShiftInvert<S>& factor, const EigshOptions<S>& options);

/// A shift at a third of the set's width below it, factorized, if `pairs` (rough ones do) show that the present shift
/// far from there; false if it is good enough. `lowest`: the lowest value met.
template <ScalarType S>
bool improve_shift(const Eigenpairs<S>& pairs, double lowest, ShiftInvert<S>& factor);

/// Whether the inertia of A − τB on both sides of the set proves it complete. `missing`: eigenvalues that the set
/// should hold and does not; 0 also where nothing can be proven (no inertia, no room for another factor).
struct Certificate {
    bool certified = false;
    Index missing = 0;
    Index factorizations = 0;
};

/// Sylvester's law on A − τB with τ halfway to the guard; below a cluster that the set cuts, of which any copies are
/// the lowest.
template <ScalarType S>
Certificate certify(const Pencil<S>& pencil, const ShiftInvert<S>& factor, const Eigenpairs<S>& pairs,
                    const EigshOptions<S>& options);

}  // namespace lambdabar
