#pragma once
#include <lambdabar/operator/sparse.hpp>

#include <functional>

namespace lambdabar {

/// Z = M⁻¹ R for n×b blocks, M Hermitian positive definite and close to A − λ: any callable of this form.
template <ScalarType S>
using Preconditioner = std::function<void(In<S> R, Out<S> Z)>;

/// M = |diag(A) − shift|, zero entries replaced by one.
template <ScalarType S>
Preconditioner<S> jacobi(const SparseHermitian<S>& A, double shift = 0.0);

/// Incomplete Cholesky factor of A − shift·I (Eigen's IncompleteCholesky: Lin & Moré, SIAM J. Sci. Comput. 21,
/// 1999, diagonally shifted until it exists). For the lower end of the spectrum take a shift below λ_1.
/// Throws std::invalid_argument if the factorization fails. Both refuse blocks of another height.
template <ScalarType S>
Preconditioner<S> incomplete_cholesky(const SparseHermitian<S>& A, double shift = 0.0);

}  // namespace lambdabar
