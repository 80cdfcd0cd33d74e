// Per-pair cotangents against the dense formulas and against differences.
#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;

const Eigen::VectorXd kSimple = numbers({1.0, 2.2, 3.1, 4.0});
const Eigen::VectorXd kDoublet = numbers({1.0, 2.0, 2.0, 4.0});
const Eigen::VectorXd kTripletAtTheEdge = numbers({1.0, 3.0, 3.0, 3.0});

}  // namespace

TEST_CASE_TEMPLATE("pullback: Ā of arbitrary pair cotangents is the dense formula's", S, double, Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Eigen::VectorXd& spectrum : {kSimple, kDoublet, kTripletAtTheEdge}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(spectrum.transpose());
            const auto problem = set_problem<S>(spectrum, which, 101);
            const Index n = problem.n(), k = problem.k();
            const auto pairs = tight_pairs(problem.A, k, which);
            REQUIRE(pairs.clusters.size() == problem.groups.size());
            auto d = oracle::decompose<S>(problem.A.A, k, which);
            oracle::align<S>(d, pairs.vectors, problem.groups);

            Eigen::VectorXd values_bar = random_matrix<double>(k, 1, 102);
            for (const Cluster& c : problem.groups)
                values_bar.segment(c.first, c.count).setConstant(values_bar(c.first));
            const Matrix<S> X_bar = fix_gauge<S>(pairs.vectors, random_matrix<S>(n, k, 103), problem.groups);
            const double tolerance = expected_error(kTol, pairs.norm_A, smallest_gap(d, problem.groups));
            REQUIRE(tolerance < 1e-9);
            for (const LinearMethod method : {LinearMethod::automatic, LinearMethod::minres}) {
                for (const bool use_extra : {true, false}) {
                    const auto bar = pullback(problem.A, pairs, {.values = values_bar, .vectors = X_bar},
                                              {.tol = kTol, .method = method, .use_extra = use_extra});
                    const Matrix<S> wanted = oracle::pullback_pairs<S>(d, values_bar, X_bar, 1e-9);
                    CHECK(relative_error(dense(bar.A), wanted) <= tolerance);
                    CHECK(relative_error(bar.adjoints, oracle::outside<S>(d, X_bar)) <= tolerance);
                    CHECK(bar.report.converged);
                    CHECK(bar.report.gauge.size() == problem.groups.size());
                    CHECK(bar.report.gauge_residual <= 10.0 * kEps * static_cast<double>(n));
                    CHECK((bar.report.adjoint_residuals.array() <= bar.report.adjoint_tolerances.array()).all());
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: eigenvalue cotangents alone need no solve", S, double, Complex) {
    const auto problem = set_problem<S>(kDoublet, Which::smallest, 104);
    const auto pairs = tight_pairs(problem.A, 4, Which::smallest);
    const Eigen::VectorXd values_bar = numbers({0.5, -2.0, -2.0, 3.0});
    const auto bar = pullback(problem.A, pairs, {.values = values_bar});
    CHECK(bar.report.products == 0);
    CHECK(bar.report.iterations == 0);
    CHECK(bar.adjoints.size() == 0);
    CHECK(bar.A.rank() == 4);
    const Matrix<S> wanted = pairs.vectors * values_bar.cast<S>().asDiagonal() * pairs.vectors.adjoint();
    CHECK((dense(bar.A) - wanted).norm() <= 100.0 * kEps * wanted.norm());
}

TEST_CASE_TEMPLATE("pullback: agrees with central differences, in directions that split clusters too", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Eigen::VectorXd& spectrum : {kSimple, kDoublet, kTripletAtTheEdge}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(spectrum.transpose());
            const auto problem = set_problem<S>(spectrum, which, 105);
            const Index n = problem.n(), k = problem.k();
            const auto pairs = tight_pairs(problem.A, k, which);
            const GroupObjective<S> phi(n, problem.groups, 106);
            const auto bar = pullback(problem.A, pairs, phi.cotangent(pairs.values, pairs.vectors), {.tol = kTol});
            const Matrix<S> A_bar = dense(bar.A);
            const auto d = oracle::decompose<S>(problem.A.A, k, which);
            const double error = expected_error(kTol, pairs.norm_A, smallest_gap(d, problem.groups)) * A_bar.norm();
            for (const unsigned seed : {107u, 108u, 109u}) {
                Matrix<S> dA = random_hermitian<S>(n, seed);
                dA /= dA.norm();
                const auto wanted = difference_of<S>(problem.A.A, dA, k, which, 0.01, phi);
                CHECK(std::abs(inner(A_bar, dA) - wanted.value) <= wanted.error + error);
                CHECK(wanted.error <= 1e-7 * A_bar.norm());
                CHECK(std::abs(dot(bar.A, DenseOperator<S>{dA}) - inner(A_bar, dA)) <= 100.0 * kEps * A_bar.norm());
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: is linear in the cotangent", S, double, Complex) {
    const auto problem = set_problem<S>(kDoublet, Which::smallest, 110);
    const Index n = problem.n(), k = problem.k();
    const auto pairs = tight_pairs(problem.A, k, Which::smallest);
    const auto cotangent = [&](unsigned seed) {
        Eigen::VectorXd values_bar = random_matrix<double>(k, 1, seed);
        values_bar(2) = values_bar(1);
        return PairCotangent<S>{values_bar,
                                fix_gauge<S>(pairs.vectors, random_matrix<S>(n, k, seed + 1), problem.groups)};
    };
    const auto a = cotangent(111), b = cotangent(113);
    const PairCotangent<S> sum{2.0 * a.values - 0.3 * b.values, 2.0 * a.vectors - 0.3 * b.vectors};
    const auto A_bar = [&](const PairCotangent<S>& bar) {
        return dense(pullback(problem.A, pairs, bar, {.tol = kTol}).A);
    };
    const Matrix<S> of_sum = A_bar(sum), sum_of = 2.0 * A_bar(a) - 0.3 * A_bar(b);
    // Three solves with residual kTol each; smallest gap 1.
    CHECK((of_sum - sum_of).norm() <= 10.0 * kTol * (2.0 * a.vectors.norm() + 0.3 * b.vectors.norm()));

    // Values and vectors apart are the two together; a zero cotangent is zero.
    const Matrix<S> apart = A_bar({.values = a.values}) + A_bar({.vectors = a.vectors});
    CHECK((apart - A_bar(a)).norm() <= 10.0 * kTol * a.vectors.norm());
    const auto zero =
        pullback(problem.A, pairs, {.values = Eigen::VectorXd::Zero(k), .vectors = Matrix<S>::Zero(n, k)});
    CHECK(dense(zero.A).norm() == 0.0);
    CHECK(zero.report.products == 0);
    CHECK(zero.report.error_estimate == 0.0);
}

TEST_CASE_TEMPLATE("pullback: a cotangent of one pair solves for one column", S, double, Complex) {
    const auto problem = set_problem<S>(kSimple, Which::smallest, 115);
    const Index n = problem.n(), k = problem.k();
    const auto pairs = tight_pairs(problem.A, k, Which::smallest);
    Matrix<S> X_bar = Matrix<S>::Zero(n, k);
    X_bar.col(2) = random_matrix<S>(n, 1, 116);
    X_bar = fix_gauge<S>(pairs.vectors, X_bar, problem.groups);
    const auto bar = pullback(problem.A, pairs, {.vectors = X_bar}, {.tol = kTol, .use_extra = false});
    CHECK(bar.adjoints.col(2).norm() > 0.0);
    for (const Index other : {0, 1, 3}) CHECK(bar.adjoints.col(other).norm() == 0.0);
    CHECK(bar.report.products <= bar.report.iterations + 2);
}
