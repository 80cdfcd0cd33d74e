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

    Family(const Eigen::VectorXd& values, Index parameters, bool with_B, unsigned seed)
        : spectrum(values), pencil(with_B) {
        const Index n = values.size();
        Matrix<S> L = Matrix<S>::Identity(n, n);
        if (with_B) L += 0.4 / std::sqrt(static_cast<double>(n)) * random_matrix<S>(n, n, seed);
        A_terms.push_back(hermitian_part<S>(L * hermitian_with_spectrum<S>(values, seed + 1) * L.adjoint()));
        B_terms.push_back(hermitian_part<S>(L * L.adjoint()));
        for (Index l = 0; l < parameters; ++l) {
            const auto offset = static_cast<unsigned>(2 * l);
            const Matrix<S> dA = random_hermitian<S>(n, seed + 2 + offset);
            const Matrix<S> dB = random_hermitian<S>(n, seed + 3 + offset);
            A_terms.push_back(dA / dA.norm());
            B_terms.push_back(with_B ? Matrix<S>(0.3 * dB / dB.norm()) : Matrix<S>(Matrix<S>::Zero(n, n)));
        }
    }
    Index n() const { return spectrum.size(); }
    Index parameters() const { return static_cast<Index>(A_terms.size()) - 1; }

    static AffineOperator<S> assemble(const std::vector<Matrix<S>>& terms) {
        std::vector<Sparse<S>> rest;
        for (std::size_t l = 1; l < terms.size(); ++l) rest.push_back(sparse<S>(terms[l]));
        return AffineOperator<S>(sparse<S>(terms[0]), rest, Eigen::VectorXd::Zero(static_cast<Index>(rest.size())));
    }
    AffineOperator<S> A() const { return assemble(A_terms); }
    AffineOperator<S> B() const { return assemble(B_terms); }

    static Matrix<S> at(const std::vector<Matrix<S>>& terms, const Eigen::VectorXd& p) {
        Matrix<S> sum = terms[0];
        for (Index l = 0; l < p.size(); ++l) sum += p(l) * terms[static_cast<std::size_t>(l) + 1];
        return sum;
    }
    /// All eigenvalues at p.
    Eigen::VectorXd values(const Eigen::VectorXd& p) const {
        if (!pencil) return Eigen::SelfAdjointEigenSolver<Matrix<S>>(at(A_terms, p)).eigenvalues();
        return Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>>(at(A_terms, p), at(B_terms, p)).eigenvalues();
    }
    /// One-sided slopes of eigenvalues first … first + count − 1, all of them `lambda` at p = 0, along p_dot; two
    /// steps, extrapolated to second order.
    Eigen::VectorXd slopes(const Eigen::VectorXd& p_dot, Index first, Index count, double lambda) const {
        const double t = 2e-5;
        const auto quotient = [&](double step) -> Eigen::VectorXd {
            return (values(step * p_dot).segment(first, count).array() - lambda) / step;
        };
        return (8.0 * quotient(t) - 6.0 * quotient(2.0 * t) + quotient(4.0 * t)) / 3.0;
    }
    Eigenpairs<S> pairs(Index k, Which which = Which::smallest) const {
        const AffineOperator<S> of_A = A(), of_B = B();
        const EigshOptions<S> options{.k = k, .which = which, .tol = 1e-13};
        return pencil ? eigsh(of_A, of_B, options) : eigsh(of_A, options);
    }
    ClusterDerivatives<S> derivatives(const Eigenpairs<S>& found, const Cluster& cluster) const {
        return pencil ? cluster_derivatives(A(), B(), found, cluster) : cluster_derivatives(A(), found, cluster);
    }
};

/// m copies of 1, then 2.5 … 8.
inline Eigen::VectorXd multiple(Index m, Index n) {
    Eigen::VectorXd values(n);
    values << Eigen::VectorXd::Ones(m), Eigen::VectorXd::LinSpaced(n - m, 2.5, 8.0);
    return values;
}

inline Eigen::VectorXd unit(Index size, unsigned seed) {
    return Eigen::VectorXd(random_matrix<double>(size, 1, seed)).normalized();
}

}  // namespace lambdabar::test
