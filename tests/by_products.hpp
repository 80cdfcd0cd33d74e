#pragma once
#include <lambdabar/operator/sparse.hpp>

namespace lambdabar::test {

/// A sparse operator that hides its entries.
template <ScalarType S>
struct ByProducts {
    using Scalar = S;
    const SparseHermitian<S>& A;
    Index rows() const { return A.rows(); }
    void apply(In<S> X, Out<S> Y) const { A.apply(X, Y); }
};

}  // namespace lambdabar::test
