#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/operator_ref.hpp>

namespace lambdabar {

namespace detail {
template <ScalarType S>
Eigenpairs<S> eigsh(OperatorRef<S> A, const EigshOptions<S>& options);
}

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
template <LinearMap Op>
Eigenpairs<typename Op::Scalar> eigsh(const Op& A, const EigshOptions<typename Op::Scalar>& options = {}) {
    return detail::eigsh<typename Op::Scalar>(OperatorRef<typename Op::Scalar>(A), options);
}

}  // namespace lambdabar
