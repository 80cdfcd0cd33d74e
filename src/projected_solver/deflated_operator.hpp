#pragma once
#include "operator/counted.hpp"

#include <lambdabar/projected_solver/projected_solve.hpp>

namespace lambdabar {

// With E approximate eigenvectors (EᴴE = I, XᴴE = 0, EᴴAE = Θ), Q = I − XXᴴ − EEᴴ and F = QAE, write the
// solution as w = E c + u, u in the range of Q. The E-rows of (A − λ)w = b give
//
//     c = (Θ − λ)⁻¹ (Eᴴb − Fᴴu),
//
// and the Q-rows, after eliminating c, the smaller system that is iterated on:
//
//     [Q(A − λ)Q − F(Θ − λ)⁻¹Fᴴ] u = Qb − F(Θ − λ)⁻¹Eᴴb.
//
// It inherits definiteness from P(A − λ)P and misses the eigenvalues E approximates. Fᴴu = EᴴAu for u in
// the range of Q, so Fᴴu comes free with the projection.
template <ScalarType S>
class DeflatedOperator {
public:
    /// Keeps a view of deflation.X.
    DeflatedOperator(CountedOperator<S>& A, const Deflation<S>& deflation, const Eigen::VectorXd& lambda,
                     const Sum& sum);

    /// Y = [Q(A − λ)Q − F(Θ − λ)⁻¹Fᴴ] U; U in the range of Q, one λ per column.
    void apply(In<S> U, const Eigen::VectorXd& lambda, Out<S> Y);

    /// Y ← Q Y; `what` names Y if it is not finite.
    void project(Out<S> Y, std::string_view what = "projected_solve: the residual") const;

    /// b ← the right-hand side of the smaller system; remembers Eᴴb.
    void reduce(Out<S> b, const Eigen::VectorXd& lambda);

    /// w = E c + u, projected once more onto the complement of X.
    void complete(Out<S> U, const Eigen::VectorXd& lambda) const;

private:
    ConstBlockRef<S> Z() const { return e_ > 0 ? ConstBlockRef<S>(Z_) : X_; }
    Matrix<S> divided_by_gap(Matrix<S> C, const Eigen::VectorXd& lambda) const;

    CountedOperator<S>& A_;
    const Sum& sum_;
    Index k_ = 0, e_ = 0;
    Eigen::VectorXd theta_;
    ConstBlockRef<S> X_;  // the caller's
    Block<S> Z_;          // [X E F], if there is an E
    Matrix<S> rhs_in_E_;  // Eᴴb
};

}  // namespace lambdabar
