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

/// Incomplete Cholesky factor of A − shift·I on the pattern of A, in the order of its rows. For the lower end of the
/// spectrum take a shift below λ_1. Of three the first that exists:
///   modified   95 % of what is dropped is taken from the diagonal (Gustafsson, BIT 18, 1978): half the iterations on a
///              grid in its natural order. Where a pivot falls below 0.4 of its diagonal entry it is given up.
///   plain      (Meijerink & van der Vorst, Math. Comp. 31, 1977)
///   shifted    Eigen's IncompleteCholesky (Lin & Moré, SIAM J. Sci. Comput. 21, 1999): the diagonal is raised until it
///              exists
/// Throws std::invalid_argument if that fails too. Both refuse blocks of another height.
template <ScalarType S>
Preconditioner<S> incomplete_cholesky(const SparseHermitian<S>& A, double shift = 0.0);

}  // namespace lambdabar
