#pragma once
// Affine families A(p) x = λ B(p) x with a multiple eigenvalue at p = 0.
#include <lambdabar/crossing/cluster_derivatives.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/affine.hpp>

#include "support.hpp"

namespace lambdabar::test {

template <ScalarType S>
Sparse<S> sparse(const Matrix<S>& A) {
    return A.sparseView();
}

/// A(p) = A_0 + Σ p_l A_l, B(p) = B_0 + Σ p_l B_l, dense inside; eigenvalues at p = 0 as given. Without B, B = I.
template <ScalarType S>
struct Family {
    std::vector<Matrix<S>> A_terms, B_terms;  // [0]: the constant
    Eigen::VectorXd spectrum;
    bool pencil = false;

    Family(const Eigen::VectorXd& values, Index parameters, bool with_B, unsigned seed);
    Index n() const { return spectrum.size(); }
    Index parameters() const { return static_cast<Index>(A_terms.size()) - 1; }

    static AffineOperator<S> assemble(const std::vector<Matrix<S>>& terms);
    AffineOperator<S> A() const { return assemble(A_terms); }
    AffineOperator<S> B() const { return assemble(B_terms); }

    static Matrix<S> at(const std::vector<Matrix<S>>& terms, const Eigen::VectorXd& p);
    /// All eigenvalues at p.
    Eigen::VectorXd values(const Eigen::VectorXd& p) const;
    /// One-sided slopes of eigenvalues first … first + count − 1, all of them `lambda` at p = 0, along p_dot; two
    /// steps, extrapolated to second order.
    Eigen::VectorXd slopes(const Eigen::VectorXd& p_dot, Index first, Index count, double lambda) const;
    Eigenpairs<S> pairs(Index k, Which which = Which::smallest) const;
    ClusterDerivatives<S> derivatives(const Eigenpairs<S>& found, const Cluster& cluster) const;
};

/// m copies of 1, then 2.5 … 8.
Eigen::VectorXd multiple(Index m, Index n);

Eigen::VectorXd unit(Index size, unsigned seed);

}  // namespace lambdabar::test
