#pragma once
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/operator/general_pencil.hpp>

namespace lambdabar {

namespace detail {
template <ScalarType S>
GeneralEigenpairs<S> eigs(const GeneralPencil<S>& pencil, const EigsOptions<S>& options);
}

/// k eigenvalues of an operator without symmetry, with right and left eigenvectors (docs/general.md).
///
///     auto pairs = eigs(A, {.k = 4, .which = Which::rightmost});
///     auto pairs = eigs(A, {.k = 4, .which = Which::nearest, .sigma = {0.0, 2.0}});
///
/// Krylov–Schur, in real arithmetic for real operators, on A, or on (A − σI)⁻¹ for `nearest`, whose factorization also
/// serves the left vectors and derivatives. Where it is slow for `rightmost` and `leftmost` of a sparse matrix, blocks
/// under a Chebyshev filter take over. Repeated eigenvalues are found as often as they occur: one value beyond the k is
/// settled, and random vectors search for missed copies. Exactly k values are returned; if they part a
/// conjugate pair, `cuts_conjugate_pair` says so.
///
/// Not converging is a value (`converged`, `reason`, `residuals`); differentiating such a result throws.
/// Throws std::invalid_argument for k < 1, k ≥ n, bad options, `which` that is meant for eigsh(), an operator that
/// returns a number that is not finite; std::runtime_error if a factorization would not fit into memory.
template <AdjointLinearMap Op>
GeneralEigenpairs<typename Op::Scalar> eigs(const Op& A, const EigsOptions<typename Op::Scalar>& options = {}) {
    return detail::eigs<typename Op::Scalar>(detail::general_pencil(A), options);
}

/// The same for A x = λ B x. `nearest` works with (A − σB)⁻¹B, where B may be singular (infinite eigenvalues are never
/// near). The others work with B⁻¹A: B is factorized.
template <AdjointLinearMap OpA, AdjointLinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> GeneralEigenpairs<typename OpA::Scalar> eigs(
        const OpA& A, const OpB& B, const EigsOptions<typename OpA::Scalar>& options = {}) {
        return detail::eigs<typename OpA::Scalar>(detail::general_pencil(A, B), options);
    }

}  // namespace lambdabar
