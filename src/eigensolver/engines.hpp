#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

// The ways to the pairs of A x = λ B x. eigsh() chooses; the options have been checked.

/// True if A − σB can be written down here: entries of both, and all rows in this process.
template <ScalarType S>
bool has_all_entries(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    return pencil.has_entries() && !options.sum.distributed();
}

/// True if B alone can be factorized here, and may be.
template <ScalarType S>
bool may_factorize_B(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    return pencil.B_entries && !options.sum.distributed() && options.factor != UseFactor::never;
}

/// Products with A only, B = I: block Lanczos with a Chebyshev filter, or Spectra.
template <ScalarType S>
Eigenpairs<S> solve_standard(const Pencil<S>& pencil, const EigshOptions<S>& options);

/// Block Lanczos on (A − σB)⁻¹B with a factorization, shifted, certified and repeated until nothing is missing.
template <ScalarType S>
Eigenpairs<S> solve_by_factor(const Pencil<S>& pencil, const EigshOptions<S>& options);

/// The same with the caller's solve; refused if it does not solve.
template <ScalarType S>
Eigenpairs<S> solve_by_callers_solve(const Pencil<S>& pencil, const EigshOptions<S>& options);

/// Block Lanczos with a Chebyshev filter on B⁻¹A; B factorized if that is allowed, else by conjugate gradients.
template <ScalarType S>
Eigenpairs<S> solve_by_mass_inverse(const Pencil<S>& pencil, const EigshOptions<S>& options);

/// Block Davidson with options.preconditioner: products with A and B only.
template <ScalarType S>
Eigenpairs<S> solve_by_preconditioner(const Pencil<S>& pencil, const EigshOptions<S>& options);

}  // namespace lambdabar
