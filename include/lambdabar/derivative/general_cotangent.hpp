#pragma once
#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/operator_ref.hpp>

namespace lambdabar {

/// The cotangent Ā = V Wᴴ of an operator without symmetry, as two thin n×r blocks. dφ = Re tr(Āᴴ dA) = Re Σ_j v_jᴴ dA
/// w_j for every dA of the operator's scalar: for a real operator Ā is real, and so are V and W.
template <ScalarType S>
struct GeneralCotangent {
    Block<S> V;  // n×r
    Block<S> W;  // n×r

    Index rows() const { return V.rows(); }
    Index rank() const { return V.cols(); }
};

/// Re tr(Āᴴ dA) for a direction dA given by its action on blocks. One product per column.
template <LinearMap Op>
double dot(const GeneralCotangent<typename Op::Scalar>& bar, const Op& dA, const Sum& sum = {}) {
    using S = typename Op::Scalar;
    Block<S> dA_W(bar.rows(), bar.rank());
    dA.apply(bar.W, dA_W);
    return dots<S>(bar.V, dA_W, sum, "dot: the direction's product").real().sum();
}

}  // namespace lambdabar
