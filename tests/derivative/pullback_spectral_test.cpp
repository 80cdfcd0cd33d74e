// Spectral functions F = Σ f(λ_i) x_i x_iᴴ against the dense formula and against differences.
#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;
constexpr oracle::Exponential kExp{0.3};
double difference(double a, double b) { return kExp.difference(a, b); }

template <ScalarType S>
SpectralFunction<S> exponential(const Matrix<S>& F_bar_X) {
    return {.f = kExp, .f_prime = [](double t) { return kExp.slope(t); }, .bar_times_X = F_bar_X};
}

/// F itself, from dense eigenpairs.
template <ScalarType S>
Matrix<S> density(const Eigen::VectorXd& values, const Matrix<S>& X) {
    return X * values.unaryExpr(kExp).template cast<S>().asDiagonal() * X.adjoint();
}

}  // namespace

TEST_CASE_TEMPLATE("pullback: a spectral function's Ā is the dense formula's at any gap inside the set", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Eigen::VectorXd& spectrum : {numbers({1.0, 2.2, 3.1, 4.0}), numbers({1.0, 2.0, 2.0, 4.0}),
                                                numbers({1.0, 3.0, 3.0 + 1e-7, 3.0 + 2e-7})}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(spectrum.transpose());
            const auto problem = set_problem<S>(spectrum, which, 121);
            const Index n = problem.n(), k = spectrum.size();
            const auto pairs = tight_pairs(problem.A, k, which);
            const auto d = oracle::decompose<S>(problem.A.A, k, which);
            const Matrix<S> F_bar = random_hermitian<S>(n, 122);
            const Matrix<S> wanted = oracle::pullback_spectral<S>(d, kExp, difference, F_bar);
            const double tolerance = expected_error(kTol, pairs.norm_A, d.gap());
            REQUIRE(tolerance < 1e-9);
            for (const LinearMethod method : {LinearMethod::automatic, LinearMethod::minres}) {
                const auto bar =
                    pullback(problem.A, pairs, exponential<S>(F_bar * pairs.vectors), {.tol = kTol, .method = method});
                CHECK(relative_error(dense(bar.A), wanted) <= tolerance);
                CHECK(bar.report.converged);
                CHECK(bar.report.error_estimate <= tolerance);
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: a spectral function agrees with differences in directions that split its clusters", S,
                   double, Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Eigen::VectorXd& spectrum : {numbers({1.0, 2.0, 2.0, 4.0}), numbers({1.0, 3.0, 3.0, 3.0})}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(spectrum.transpose());
            const auto problem = set_problem<S>(spectrum, which, 123);
            const Index n = problem.n(), k = spectrum.size();
            const auto pairs = tight_pairs(problem.A, k, which);
            const Matrix<S> H = random_hermitian<S>(n, 124);
            // φ = tr(F H F H): F̄ = 2 H F H
            const auto phi = [&](const Eigen::VectorXd& values, const Matrix<S>& X) {
                const Matrix<S> FH = density<S>(values, X) * H;
                return std::real((FH * FH).trace());
            };
            const Matrix<S> F_bar_X = 2.0 * H * density<S>(pairs.values, pairs.vectors) * H * pairs.vectors;
            const auto bar = pullback(problem.A, pairs, exponential<S>(F_bar_X), {.tol = kTol});
            const Matrix<S> A_bar = dense(bar.A);
            const double error = expected_error(kTol, pairs.norm_A, 1.0) * A_bar.norm();
            for (const unsigned seed : {125u, 126u, 127u}) {
                Matrix<S> dA = random_hermitian<S>(n, seed);
                dA /= dA.norm();
                const auto wanted = difference_of<S>(problem.A.A, dA, k, which, 0.01, phi);
                CHECK(std::abs(inner(A_bar, dA) - wanted.value) <= wanted.error + error);
                CHECK(wanted.error <= 1e-7 * A_bar.norm());
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: f ≡ 1 is the projector, and has no part in the span of X", S, double, Complex) {
    const auto problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 128);
    const auto pairs = tight_pairs(problem.A, 4, Which::smallest);
    const Matrix<S> H = random_hermitian<S>(problem.n(), 129);
    const SpectralFunction<S> projector{
        .f = [](double) { return 1.0; }, .f_prime = [](double) { return 0.0; }, .bar_times_X = H * pairs.vectors};
    const auto bar = pullback(problem.A, pairs, projector, {.tol = kTol});
    const Matrix<S> A_bar = dense(bar.A), X = pairs.vectors;
    CHECK((X.adjoint() * A_bar * X).norm() <= 100.0 * kEps * A_bar.norm());
    // The same as per-pair cotangents X̄ = 2HX of the one group of all pairs: K vanishes, for M = 2XᴴHX is Hermitian.
    const auto of_pairs = pullback(problem.A, pairs, {.vectors = 2.0 * H * X}, {.tol = kTol});
    CHECK((A_bar - dense(of_pairs.A)).norm() <= expected_error(kTol, pairs.norm_A, 1.0) * A_bar.norm());
}

TEST_CASE_TEMPLATE("pullback: the sum of f(λ_i) is a spectral function that needs no product", S, double, Complex) {
    // F̄ = I: Ā = X f′(Λ) Xᴴ
    const auto problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::largest, 130);
    const auto pairs = tight_pairs(problem.A, 4, Which::largest);
    const auto bar = pullback(problem.A, pairs, exponential<S>(pairs.vectors), {.tol = kTol, .use_extra = false});
    const Eigen::VectorXd slopes = pairs.values.unaryExpr([](double t) { return kExp.slope(t); });
    const Matrix<S> wanted = pairs.vectors * slopes.cast<S>().asDiagonal() * pairs.vectors.adjoint();
    CHECK((dense(bar.A) - wanted).norm() <= 100.0 * kEps * wanted.norm());
    CHECK(bar.report.products == 0);
}

TEST_CASE_TEMPLATE("pullback: values and slopes alone are as good as functions at gaps far from rounding", S, double,
                   Complex) {
    const auto problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 131);
    const auto pairs = tight_pairs(problem.A, 4, Which::smallest);
    const Matrix<S> F_bar_X = random_hermitian<S>(problem.n(), 132) * pairs.vectors;
    const SpectralFunction<S> listed{.f_values = pairs.values.unaryExpr(kExp),
                                     .f_slopes = pairs.values.unaryExpr([](double t) { return kExp.slope(t); }),
                                     .bar_times_X = F_bar_X};
    const Matrix<S> A_bar = dense(pullback(problem.A, pairs, listed, {.tol = kTol}).A);
    const Matrix<S> wanted = dense(pullback(problem.A, pairs, exponential<S>(F_bar_X), {.tol = kTol}).A);
    // The doublet's values differ by rounding, where the mean slope is exact; elsewhere the gaps are 1 and more.
    CHECK(relative_error(A_bar, wanted) <= expected_error(kTol, pairs.norm_A, 1.0));
}

TEST_CASE_TEMPLATE("pullback: a spectral function is linear in F̄ and blind to the basis and the phases", S, double,
                   Complex) {
    const auto problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 133);
    const Index n = problem.n();
    auto pairs = tight_pairs(problem.A, 4, Which::smallest);
    const Matrix<S> F = random_hermitian<S>(n, 134), G = random_hermitian<S>(n, 135);
    const auto A_bar = [&](const Matrix<S>& F_bar) {
        return dense(pullback(problem.A, pairs, exponential<S>(F_bar * pairs.vectors), {.tol = kTol}).A);
    };
    const Matrix<S> sum = A_bar(2.0 * F - 0.3 * G), of_F = A_bar(F), of_G = A_bar(G);
    const double tolerance = 20.0 * kTol * (2.0 * F.norm() + 0.3 * G.norm());
    CHECK((sum - (2.0 * of_F - 0.3 * of_G)).norm() <= tolerance);
    pairs.vectors.middleCols(1, 2) = (pairs.vectors.middleCols(1, 2) * random_orthonormal<S>(2, 2, 136)).eval();
    pairs.vectors.col(0) *= random_orthonormal<S>(1, 1, 137)(0, 0);
    pairs.vectors.col(3) *= -1.0;
    CHECK((A_bar(F) - of_F).norm() <= tolerance);
}
