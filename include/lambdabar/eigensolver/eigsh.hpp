#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

namespace detail {
/// Throws std::invalid_argument for an order of complex numbers.
void require_real_order(Which which);
template <ScalarType S>
Eigenpairs<S> eigsh(const Pencil<S>& pencil, const EigshOptions<S>& options);
}  // namespace detail

/// The k algebraically smallest or largest eigenpairs of a Hermitian operator, A x = λ x.
///
///     auto pairs = eigsh(A, {.k = 4, .which = Which::smallest, .tol = 1e-12});
///
/// Thick-restart block Lanczos in Davidson form, with a Chebyshev filter that costs several products per
/// orthogonalization (docs/eigensolver.md). Repeated eigenvalues are found as often as they occur: the
/// block sees several copies at once, one guard pair beyond k is resolved, and a random block is searched
/// for missed copies before the set is called converged.
///
/// Not converging is a value (`converged`, `reason`, `residuals`); differentiating such a result throws.
/// Throws std::invalid_argument for k < 1, k ≥ n, bad options, a start block of the wrong size, or an
/// operator that returns a number that is not finite. Exceptions thrown by the operator pass through.
/// Memory beside the operator: (basis_size + 6k) vectors.
///
/// With a preconditioner: block generalized Davidson, whose basis is kept with its images, (2 basis_size + 2k + 16)
/// vectors with a smaller default basis; for A x = λ B x products with B only, and some 60 vectors more while the last
/// residuals are measured. Throws std::invalid_argument also for a preconditioner that shows itself indefinite (with
/// the rᴴM⁻¹r that proves it) or returns a number that is not finite.
template <LinearMap Op>
Eigenpairs<typename Op::Scalar> eigsh(const Op& A, const EigshOptions<typename Op::Scalar>& options = {}) {
    static_assert(!AdjointLinearMap<Op>, "an operator with apply_adjoint has no symmetry: use eigs()");
    detail::require_real_order(options.which);
    return detail::eigsh<typename Op::Scalar>(detail::pencil(A), options);
}

/// The same for A x = λ B x, B Hermitian positive definite; or semidefinite, if A − σB can be factorized (its infinite
/// eigenvalues are never returned). Vectors are B-orthonormal.
///
///     auto pairs = eigsh(A, B, {.k = 10});                                      // the lowest
///     auto pairs = eigsh(A, B, {.k = 10, .which = Which::nearest, .sigma = 2.5});
///
/// If A and B have entries (SparseHermitian, AffineOperator), A − σB is factorized and block Lanczos runs on
/// (A − σB)⁻¹B: σ = 0 if A is positive definite, a shift below the spectrum found by inertia otherwise. The factor
/// stays with the pairs for their derivatives. The inertia on both sides of the set then proves it complete
/// (`certified`); a missing copy starts another search. If B alone has entries, B is factorized and block
/// Lanczos runs on B⁻¹A. Without any factorization (callbacks, `factor = never`) the smallest pairs come from block
/// Davidson, which solves nothing with B, with an incomplete Cholesky factor of A as preconditioner if A has entries;
/// the largest from block Lanczos on B⁻¹A with an inner conjugate gradient solve.
///
/// Throws std::invalid_argument also for A and B of different sizes, a B that is indefinite (with the xᴴBx that proves
/// it), a pencil that is singular for every σ, a σ above the spectrum for `smallest`, or a caller's solve that does not
/// solve; std::runtime_error if the factor would not fit into memory.
template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Eigenpairs<typename OpA::Scalar> eigsh(
        const OpA& A, const OpB& B, const EigshOptions<typename OpA::Scalar>& options = {}) {
        static_assert(!AdjointLinearMap<OpA> && !AdjointLinearMap<OpB>,
                      "an operator with apply_adjoint has no symmetry: use eigs()");
        detail::require_real_order(options.which);
        return detail::eigsh<typename OpA::Scalar>(detail::pencil(A, B), options);
    }

}  // namespace lambdabar
