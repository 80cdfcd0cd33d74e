#pragma once
#include "support.hpp"

namespace lambdabar::test {

/// A(p) = H + diag(sin p) + p_0² D: dense, nonlinear in its n parameters.
template <ScalarType S>
struct BentOperator {
    using Scalar = S;
    Matrix<S> H, D;
    Eigen::VectorXd p;
    double sign_of_3 = 1.0;  // −1 plants a fault in the derivative of parameter 3

    Index rows() const { return H.rows(); }
    Index parameters() const { return p.size(); }
    void apply(In<S> X, Out<S> Y) const {
        Y.noalias() = H * X;
        Y.noalias() += p(0) * p(0) * (D * X);
        Y += p.array().sin().matrix().template cast<S>().asDiagonal() * X;
    }
    void vjp(In<S> V, In<S> W, GradientRef g) const {
        const Block<S> DW = D * W;
        g(0) += 2.0 * p(0) * inner(V, DW);
        for (Index l = 0; l < p.size(); ++l)
            g(l) += (l == 3 ? sign_of_3 : 1.0) * std::cos(p(l)) * std::real(V.row(l).dot(W.row(l)));
    }
};

/// Its rows on one of several ranks; all share the parameters.
template <ScalarType S>
struct BentRank {
    using Scalar = S;
    BentOperator<S> all;
    FakeRank rank;

    Index rows() const { return rank.rows; }
    Index parameters() const { return all.parameters(); }
    void apply(In<S> X, Out<S> Y) const { rank.local(all).apply(X, Y); }
    void vjp(In<S> V, In<S> W, GradientRef g) const { rank.local(all).vjp(V, W, g); }
};

template <ScalarType S>
auto bent_factory(Index n, double sign_of_3 = 1.0) {
    return [n, sign_of_3](const Eigen::VectorXd& p) {
        return BentOperator<S>{random_hermitian<S>(n, 1), random_hermitian<S>(n, 2), p, sign_of_3};
    };
}

template <ScalarType S>
auto bent_rank_factory(Index n, const FakeRank& rank, double sign_of_3 = 1.0) {
    return [n, rank, sign_of_3](const Eigen::VectorXd& p) {
        return BentRank<S>{bent_factory<S>(n, sign_of_3)(p), rank};
    };
}

}  // namespace lambdabar::test
