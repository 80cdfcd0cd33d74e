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

/// After form_pairs(): `converged` if that was the reason to stop, the set is `complete` and all residuals are as small
/// as allowed; the reason is the iteration limit if only it was too early.
void judge_convergence(bool complete, KrylovSchurResult& out);

/// z by the phase that makes its largest entry positive: a complex multiple of a real vector becomes real, to rounding.
void turn_to_real(Eigen::Ref<Vector<std::complex<double>>> z);

/// The columns of Z in T: for a real T the real and the imaginary part where a conjugate pair of `values` stands.
template <ScalarType T>
Matrix<T> columns_in(const Matrix<std::complex<double>>& Z, const Eigen::VectorXcd& values);

}  // namespace lambdabar
