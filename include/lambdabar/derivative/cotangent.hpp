#pragma once
#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/operator_ref.hpp>

namespace lambdabar {

/// The Hermitian cotangent Ā = sym(V Wᴴ) = (V Wᴴ + W Vᴴ)/2 of an operator, as two thin n×r blocks; no n×n
/// object is ever formed. dφ = Re tr(Āᴴ dA) = Re Σ_j v_jᴴ dA w_j for every Hermitian dA.
template <ScalarType S>
struct Cotangent {
    Block<S> V;  // n×r
    Block<S> W;  // n×r

    Index rows() const { return V.rows(); }
    Index rank() const { return V.cols(); }
};

/// Re tr(Āᴴ dA) for a Hermitian direction dA given by its action on blocks. One product per column.
template <LinearMap Op>
double dot(const Cotangent<typename Op::Scalar>& bar, const Op& dA, const Sum& sum = {}) {
    using S = typename Op::Scalar;
    Block<S> dA_W(bar.rows(), bar.rank());
    dA.apply(bar.W, dA_W);
    return dots<S>(bar.V, dA_W, sum, "dot: the direction's product").real().sum();
}

}  // namespace lambdabar
