// Reference problem 9: the cotangent i·x₁ + x₂ of the first eigenvector fires the gauge residual, which names pair 1
// and no other; the cotangent x₁ gives zero, silently.
#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Fixture {
    SetProblem<Complex> problem = set_problem<Complex>(numbers({1.0, 2.2, 3.1}), Which::smallest, 861);
    Eigenpairs<Complex> pairs = tight_pairs(problem.A, 3, Which::smallest);

    /// The cotangent whose column of pair 1 is a·x₁ + b·x₂.
    Matrix<Complex> first(Complex a, Complex b) const {
        Matrix<Complex> X_bar = Matrix<Complex>::Zero(problem.n(), 3);
        X_bar.col(0) = a * pairs.vectors.col(0) + b * pairs.vectors.col(1);
        return X_bar;
    }
};

}  // namespace

TEST_CASE("gauge: i·x₁, with and without x₂, is attributed to pair 1 with the right size") {
    const Fixture f;
    for (const double b : {0.0, 1.0}) {
        const Matrix<Complex> X_bar = f.first({0.0, 1.0}, b);
        const double seen = 1.0 / std::sqrt(1.0 + b * b);  // |Im x₁ᴴx̄₁|/‖x̄₁‖
        const std::string message =
            message_of<NotDifferentiable>([&] { (void)pullback(f.problem.A, f.pairs, {.vectors = X_bar}); });
        CHECK(contains(message, "pair 1 "));
        CHECK(contains(message, "phase"));
        CHECK_FALSE(contains(message, "pair 2"));

        const auto bar = pullback(f.problem.A, f.pairs, {.vectors = X_bar}, {.gauge = Gauge::project, .tol = 1e-13});
        REQUIRE(bar.report.gauge.size() == 3);
        CHECK(std::abs(bar.report.gauge[0].residual - seen) <= 100.0 * kEps);
        CHECK(bar.report.gauge[0].worst_i == 0);
        CHECK(bar.report.gauge[0].worst_j == 0);
        CHECK(bar.report.gauge[1].residual == 0.0);
        CHECK(bar.report.gauge[2].residual == 0.0);
        CHECK(bar.report.gauge_residual == bar.report.gauge[0].residual);

        // What is left is the part of x₂: K_21 = ½ M_21/(λ_1 − λ_2), and its mirror image.
        const Matrix<Complex> x1 = f.pairs.vectors.col(0), x2 = f.pairs.vectors.col(1);
        const Matrix<Complex> wanted =
            0.5 * b / (f.pairs.values(0) - f.pairs.values(1)) * (x2 * x1.adjoint() + x1 * x2.adjoint());
        CHECK((dense(bar.A) - wanted).norm() <= 100.0 * kEps);
    }
}

TEST_CASE_TEMPLATE("gauge: the cotangent x₁ gives a zero gradient, silently", S, double, Complex) {
    const auto problem = set_problem<S>(numbers({1.0, 2.2, 3.1}), Which::smallest, 862);
    const auto pairs = tight_pairs(problem.A, 3, Which::smallest);
    Matrix<S> X_bar = Matrix<S>::Zero(problem.n(), 3);
    X_bar.col(0) = pairs.vectors.col(0);
    const auto bar = pullback(problem.A, pairs, {.vectors = X_bar});
    CHECK(dense(bar.A).norm() <= 100.0 * kEps);
    CHECK(bar.report.gauge_residual <= 10.0 * kEps);
    CHECK(bar.report.iterations == 0);
    CHECK(bar.report.converged);
}
