#pragma once
// The only dense factorization the algorithms need: small Hermitian eigenproblems (b×b to basis×basis),
// compiled once.
#include <lambdabar/types.hpp>

namespace lambdabar {

template <class S>
struct DenseEigenpairs {
    Eigen::VectorXd values;  // ascending
    Matrix<S> vectors;       // orthonormal columns
};

/// Eigenpairs of a small Hermitian matrix (its Hermitian part is used).
template <ScalarType S>
DenseEigenpairs<S> dense_eigh(const Matrix<S>& G);

}  // namespace lambdabar
