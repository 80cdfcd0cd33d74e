#pragma once
#include "block/metric.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

/// The inner product in which vectors of the pencil are orthonormal: that of its definite operator.
template <ScalarType S>
Metric<S> metric_of(const Pencil<S>& pencil, Definite definite) {
    return Metric<S>(definite == Definite::A ? std::optional(pencil.A) : pencil.B);
}

/// C = B⁻¹A, self-adjoint in the inner product of B, with the eigenvalues of the pencil.
template <ScalarType S>
class MassInverted {
public:
    using Scalar = S;
    MassInverted(const Pencil<S>& pencil, const BlockSolve<S>& solve_B) : pencil_(pencil), solve_B_(solve_B) {}

    Index rows() const { return pencil_.rows(); }
    void apply(In<S> X, Out<S> Y) const {
        AX_.resize(X.rows(), X.cols());
        pencil_.A.apply(X, AX_);
        solve_B_(AX_, Y);
    }

private:
    const Pencil<S>& pencil_;
    const BlockSolve<S>& solve_B_;
    mutable Block<S> AX_;
};

}  // namespace lambdabar
