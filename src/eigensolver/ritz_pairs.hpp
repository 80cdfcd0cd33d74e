#pragma once
#include "krylov_schur.hpp"

namespace lambdabar {

/// Fills `vectors` (unit columns) and `residuals`, computed anew, of a result whose k `values` and `allowed` are set:
/// x_i = V z_i, with as many columns of z as it takes not to part a conjugate pair. For a real T real values get real
/// vectors, pairs conjugates to the last bit; a pair closer to the real axis than the tolerance is a double real value
/// that rounding has split, and is made so.
template <ScalarType T>
void form_pairs(Matrix<std::complex<double>> z, ConstBlockRef<T> V, const typename KrylovDecomposition<T>::Apply& apply,
                const Sum& sum, KrylovSchurResult& out);

}  // namespace lambdabar
