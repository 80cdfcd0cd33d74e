// Reference problem 4: dense n = 40, a triple eigenvalue opened by a gap from 1e-1 down to 1e-15 and 0, and
// φ = Σ f(λ_i) x_iᴴ D x_i. Masking the terms between close eigenvalues is silently wrong by tens of per cent here.
#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kRequired = 1e-12;
constexpr oracle::Exponential kExp{1.0};

std::vector<double> gaps() {
    std::vector<double> all{0.0};
    for (int e = 1; e <= 15; ++e) all.push_back(std::pow(10.0, -e));
    return all;
}

}  // namespace

TEST_CASE_TEMPLATE("spectral function: exact to 1e-12 at every gap of a triple eigenvalue, zero included", S, double,
                   Complex) {
    double worst = 0.0;
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const double gap : gaps()) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(gap);
            const auto problem = set_problem<S>(numbers({1.0, 3.0, 3.0 + gap, 3.0 + 2.0 * gap}), which, 801);
            const auto pairs = eigsh(problem.A, {.k = 4, .which = which, .tol = 1e-14});
            REQUIRE(pairs.converged);
            const Matrix<S> D = random_hermitian<S>(problem.n(), 802);
            const auto bar = pullback(
                problem.A, pairs,
                SpectralFunction<S>{
                    .f = kExp, .f_prime = [](double t) { return kExp.slope(t); }, .bar_times_X = D * pairs.vectors});
            const auto exact = oracle::decompose<S>(problem.A.A, 4, which);
            const Matrix<S> wanted = oracle::pullback_spectral<S>(
                exact, kExp, [](double a, double b) { return kExp.difference(a, b); }, D);
            const double error = relative_error(dense(bar.A), wanted);
            worst = std::max(worst, error);
            CHECK(error <= kRequired);
            CHECK(bar.report.error_estimate <= kRequired);
        }
    }
    MESSAGE("worst relative error " << worst);
}

TEST_CASE_TEMPLATE("spectral function: its values and slopes alone lose accuracy only at middling gaps", S, double,
                   Complex) {
    for (const double gap : gaps()) {
        CAPTURE(gap);
        const auto problem = set_problem<S>(numbers({1.0, 3.0, 3.0 + gap, 3.0 + 2.0 * gap}), Which::smallest, 803);
        const auto pairs = eigsh(problem.A, {.k = 4, .tol = 1e-14});
        const Matrix<S> D = random_hermitian<S>(problem.n(), 804);
        const auto bar =
            pullback(problem.A, pairs,
                     SpectralFunction<S>{.f_values = pairs.values.unaryExpr(kExp),
                                         .f_slopes = pairs.values.unaryExpr([](double t) { return kExp.slope(t); }),
                                         .bar_times_X = D * pairs.vectors});
        const auto exact = oracle::decompose<S>(problem.A.A, 4, Which::smallest);
        const Matrix<S> wanted = oracle::pullback_spectral<S>(
            exact, kExp, [](double a, double b) { return kExp.difference(a, b); }, D);
        const double middling = gap > 1e-7 && gap < 1e-2 ? 10.0 * std::pow(kEps, 2.0 / 3.0) : 0.0;
        CHECK(relative_error(dense(bar.A), wanted) <= kRequired + middling);
    }
}

TEST_CASE_TEMPLATE("pair cotangents of the same objective are refused on the cluster, and wrong when forced", S, double,
                   Complex) {
    // λ̄_i = f′(λ_i) x_iᴴDx_i differ inside the cluster; f′ x_iᴴDx_j between its pairs is what (λ̄, X̄) cannot say.
    const auto problem = set_problem<S>(numbers({1.0, 3.0, 3.0, 3.0}), Which::smallest, 805);
    const auto pairs = eigsh(problem.A, {.k = 4, .tol = 1e-14});
    const Matrix<S> D = random_hermitian<S>(problem.n(), 806), DX = D * pairs.vectors;
    PairCotangent<S> bar{.values = Eigen::VectorXd(4), .vectors = 2.0 * DX};
    for (Index i = 0; i < 4; ++i) {
        bar.values(i) = kExp.slope(pairs.values(i)) * std::real(pairs.vectors.col(i).dot(DX.col(i)));
        bar.vectors.col(i) *= kExp(pairs.values(i));
    }
    const std::string message = message_of<NotDifferentiable>([&] { (void)pullback(problem.A, pairs, bar); });
    CHECK(contains(message, "pairs 2 to 4"));

    const auto forced = pullback(problem.A, pairs, bar, {.gauge = Gauge::project});
    const auto exact = oracle::decompose<S>(problem.A.A, 4, Which::smallest);
    const Matrix<S> wanted = oracle::pullback_spectral<S>(
        exact, kExp, [](double a, double b) { return kExp.difference(a, b); }, D);
    CHECK(relative_error(dense(forced.A), wanted) > 0.01);
    CHECK(forced.report.gauge[1].spread > 0.01);  // and the report says why
}
