// Smooth surrogates of A x = λ B x at a multiple eigenvalue, in parameters that A and B share, against differences.
#include <lambdabar/derivative/surrogates.hpp>

#include <doctest/doctest.h>

#include "crossing/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// dφ/dt at 0 of a smooth φ, to sixth order.
template <class Phi>
double slope_of(const Phi& phi) {
    const double h = 2e-3;
    const auto quotient = [&](double s) { return (phi(s) - phi(-s)) / (2.0 * s); };
    const double d1 = quotient(h), d2 = quotient(2.0 * h), d4 = quotient(4.0 * h);
    return (16.0 * (4.0 * d1 - d2) / 3.0 - (4.0 * d2 - d4) / 3.0) / 15.0;
}

}  // namespace

TEST_CASE_TEMPLATE("surrogates of pencils: both cotangents at a triple eigenvalue, fixed electrons included", S, double,
                   Complex) {
    const Index k = 5, parameters = 3;
    const Family<S> family(multiple(3, 12), parameters, true, 21);
    const auto A = family.A(), B = family.B();
    const auto pairs = family.pairs(k);
    REQUIRE(pairs.clusters.front().count == 3);
    const Matrix<S> D = random_hermitian<S>(12, 22);
    const double beta = 4.0, electrons = 2.2, temperature = 0.3;
    const auto state = fermi_dirac(pairs, electrons, temperature);
    const Matrix<S> DX = D * pairs.vectors;
    for (unsigned i = 0; i < 3; ++i) {
        const Eigen::VectorXd p_dot = unit(parameters, 23 + i);
        const auto soft = [&](double t) {
            return -std::log((-beta * family.values(t * p_dot).head(k).array()).exp().sum()) / beta;
        };
        const auto phi = pullback(A, B, pairs, soft_min(pairs, beta));
        CHECK(std::abs(gradient(A, B, phi.A, phi.B).dot(p_dot) - slope_of(soft)) <= 1e-8);

        const auto occupied = [&](double t) {
            const Matrix<S> at_A = Family<S>::at(family.A_terms, t * p_dot),
                            at_B = Family<S>::at(family.B_terms, t * p_dot);
            const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>> solver(at_A, at_B);
            Eigenpairs<S> there;
            there.values = solver.eigenvalues().head(k);
            there.vectors = solver.eigenvectors().leftCols(k);
            const auto f = fermi_dirac(there, electrons, temperature).occupations;
            const Matrix<S> Y = there.vectors;
            return f.dot(Y.conjugate().cwiseProduct(D * Y).colwise().sum().real().transpose().eval());
        };
        const auto fixed = pullback(A, B, pairs, density_matrix(state, pairs, DX, Fixed::level), {.tol = 1e-13});
        const auto response = pullback(A, B, pairs, level_response(state, pairs, DX));
        const Eigen::VectorXd g = gradient(A, B, fixed.A, fixed.B) + gradient(A, B, response.A, response.B);
        CHECK(std::abs(g.dot(p_dot) - slope_of(occupied)) <= 1e-7);
    }
}

TEST_CASE("surrogates of pencils: buckling, where A is the definite operator") {
    Eigen::VectorXd nu(12);
    nu << 0.5, 0.5, 0.4, Eigen::VectorXd::LinSpaced(9, -0.4, 0.2);
    const Family<double> exchanged(nu, 3, true, 31);  // B x = ν A x, λ = 1/ν
    const auto A = Family<double>::assemble(exchanged.B_terms), B = Family<double>::assemble(exchanged.A_terms);
    const auto pairs = eigsh(A, B, {.k = 3, .definite = Definite::A, .tol = 1e-13});
    REQUIRE(pairs.converged);
    const Eigen::VectorXd p_dot = unit(3, 32);
    const auto soft = [&](double t) {
        const Eigen::VectorXd lambda = exchanged.values(t * p_dot).tail(3).cwiseInverse();
        return -std::log((-2.0 * lambda.array()).exp().sum()) / 2.0;
    };
    const auto phi = pullback(A, B, pairs, soft_min(pairs, 2.0));
    CHECK(std::abs(gradient(A, B, phi.A, phi.B).dot(p_dot) - slope_of(soft)) <= 1e-7);
}
