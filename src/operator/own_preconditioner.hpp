#pragma once
#include <lambdabar/operator/preconditioner.hpp>

#include <stdexcept>

namespace lambdabar {

/// For the lower end of A's spectrum, if nobody gave one: an incomplete factor of A, or |diag(A)| if there is none.
template <ScalarType S>
Preconditioner<S> own_preconditioner(const SparseHermitian<S>& A) {
    try {
        return incomplete_cholesky(A);
    } catch (const std::invalid_argument&) {  // A is far from definite
        return jacobi(A);
    }
}

}  // namespace lambdabar
