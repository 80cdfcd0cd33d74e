#pragma once
#include <lambdabar/block/sum.hpp>
#include <lambdabar/operator/pencil.hpp>
#include <lambdabar/operator/preconditioner.hpp>

#include <stdexcept>

namespace lambdabar {

/// For the lower end of the spectrum, if nobody gave one: an incomplete factor of A, or |diag(A)| if there is none.
/// Empty if the entries of A are not all at hand here.
template <ScalarType S>
Preconditioner<S> own_preconditioner(const Pencil<S>& pencil, const Sum& sum) {
    if (!pencil.A_entries || sum.distributed()) return {};
    try {
        return incomplete_cholesky(*pencil.A_entries);
    } catch (const std::invalid_argument&) {  // A is far from definite
        return jacobi(*pencil.A_entries);
    }
}

}  // namespace lambdabar
