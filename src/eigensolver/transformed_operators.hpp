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

/// C = (A − σB)⁻¹B, self-adjoint in the inner product of B: its eigenvalues are μ = 1/(λ − σ).
template <ScalarType S>
class InvertedPencil {
public:
    using Scalar = S;
    InvertedPencil(const Pencil<S>& pencil, const BlockSolve<S>& solve) : pencil_(pencil), solve_(solve) {}

    Index rows() const { return pencil_.rows(); }
    void apply(In<S> X, Out<S> Y) const {
        if (!pencil_.B) {
            solve_(X, Y);
            return;
        }
        BX_.resize(X.rows(), X.cols());
        pencil_.B->apply(X, BX_);
        solve_(BX_, Y);
    }

private:
    const Pencil<S>& pencil_;
    const BlockSolve<S>& solve_;
    mutable Block<S> BX_;
};

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
