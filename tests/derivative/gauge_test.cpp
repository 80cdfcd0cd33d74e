// What an objective may and may not see of the basis.
#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;

template <ScalarType S>
struct Doublet {
    SetProblem<S> problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 141);
    Eigenpairs<S> pairs = tight_pairs(problem.A, 4, Which::smallest);
};

/// X̄ of φ = Σ_{r,i} |x_ri|⁴, 4|x|²x entry by entry: it depends on the basis of a cluster.
template <ScalarType S>
Matrix<S> fourth_power(const Matrix<S>& X) {
    return 4.0 * X.cwiseAbs2().template cast<S>().cwiseProduct(X);
}

}  // namespace

TEST_CASE_TEMPLATE("pullback: tr XᴴX, which is constant, has zero gradient and zero gauge residual", S, double,
                   Complex) {
    const Doublet<S> d;
    const auto bar =
        pullback(d.problem.A, d.pairs, {.vectors = 2.0 * d.pairs.vectors}, {.tol = kTol, .use_extra = false});
    CHECK(dense(bar.A).norm() <= 100.0 * kEps);  // ‖X̄‖ = 4, gaps ≥ 1
    CHECK(bar.report.gauge_residual <= 100.0 * kEps);
    CHECK(bar.report.products == 0);
    CHECK(bar.report.converged);

    // So has tr(S XᴴX) for any Hermitian S.
    const Matrix<S> X_bar = 2.0 * d.pairs.vectors * random_hermitian<S>(4, 142);
    const auto weighted = pullback(d.problem.A, d.pairs, {.vectors = X_bar}, {.tol = kTol});
    CHECK(dense(weighted.A).norm() <= 100.0 * kEps * X_bar.norm());
}

TEST_CASE_TEMPLATE("pullback: a phase-invariant loss has zero gauge residual", S, double, Complex) {
    const auto problem = set_problem<S>(numbers({1.0, 2.2, 3.1, 4.0}), Which::smallest, 143);
    const auto pairs = tight_pairs(problem.A, 4, Which::smallest);
    const auto bar = pullback(problem.A, pairs, {.vectors = fourth_power<S>(pairs.vectors)});
    CHECK(bar.report.gauge_residual <= 100.0 * kEps);
    CHECK(bar.report.gauge.size() == 4);
}

TEST_CASE_TEMPLATE("pullback: phases of the vectors do not change Ā", S, double, Complex) {
    const Doublet<S> d;
    const GroupObjective<S> phi(d.problem.n(), d.problem.groups, 144);
    const auto bar = phi.cotangent(d.pairs.values, d.pairs.vectors);
    const Matrix<S> A_bar = dense(pullback(d.problem.A, d.pairs, bar, {.tol = kTol}).A);

    auto turned = d.pairs;
    auto turned_bar = bar;
    for (Index i = 0; i < 4; ++i) {
        const S phase = random_orthonormal<S>(1, 1, 145 + static_cast<unsigned>(i))(0, 0);
        turned.vectors.col(i) *= phase;
        turned_bar.vectors.col(i) *= phase;
    }
    const Matrix<S> other = dense(pullback(d.problem.A, turned, turned_bar, {.tol = kTol}).A);
    CHECK((other - A_bar).norm() <= 10.0 * kTol * bar.vectors.norm());
}

TEST_CASE_TEMPLATE("pullback: a unitary rotation inside a cluster does not change Ā", S, double, Complex) {
    const Doublet<S> d;
    const GroupObjective<S> phi(d.problem.n(), d.problem.groups, 149);
    const auto bar = phi.cotangent(d.pairs.values, d.pairs.vectors);
    const Matrix<S> A_bar = dense(pullback(d.problem.A, d.pairs, bar, {.tol = kTol}).A);

    auto turned = d.pairs;
    auto turned_bar = bar;
    const Matrix<S> U = random_orthonormal<S>(2, 2, 150);
    turned.vectors.middleCols(1, 2) = d.pairs.vectors.middleCols(1, 2) * U;
    turned_bar.vectors.middleCols(1, 2) = bar.vectors.middleCols(1, 2) * U;
    REQUIRE((turned.vectors - d.pairs.vectors).norm() > 0.1);
    const Matrix<S> other = dense(pullback(d.problem.A, turned, turned_bar, {.tol = kTol}).A);
    CHECK((other - A_bar).norm() <= 10.0 * kTol * bar.vectors.norm());
}

TEST_CASE("pullback: a cotangent that sees a phase is refused, naming the pair and the residual") {
    const Doublet<Complex> d;
    Matrix<Complex> X_bar = Matrix<Complex>::Zero(d.problem.n(), 4);
    X_bar.col(3) = Complex(0.6, 0.8) * d.pairs.vectors.col(3);
    const std::string message =
        message_of<NotDifferentiable>([&] { (void)pullback(d.problem.A, d.pairs, {.vectors = X_bar}); });
    CHECK(contains(message, "pair 4"));
    CHECK(contains(message, "phase"));
    CHECK(contains(message, "0.8"));
}

TEST_CASE_TEMPLATE("pullback: a loss that sees the basis inside a cluster is refused, naming its pairs", S, double,
                   Complex) {
    const Doublet<S> d;
    const std::string message = message_of<NotDifferentiable>(
        [&] { (void)pullback(d.problem.A, d.pairs, {.vectors = fourth_power<S>(d.pairs.vectors)}); });
    CHECK(contains(message, "pairs 2 to 3"));
    CHECK(contains(message, "one cluster"));
    CHECK(contains(message, "pairs 2 and 3"));
}

TEST_CASE_TEMPLATE("pullback: Gauge::project drops what depends on the basis, and reports it", S, double, Complex) {
    const Doublet<S> d;
    const Index n = d.problem.n();
    Eigen::VectorXd values_bar = numbers({1.0, -2.0, 4.0, 0.5});
    const Matrix<S> X_bar = random_matrix<S>(n, 4, 151);
    const auto bar = pullback(d.problem.A, d.pairs, {.values = values_bar, .vectors = X_bar},
                              {.gauge = Gauge::project, .tol = kTol});

    auto exact = oracle::decompose<S>(d.problem.A.A, 4, Which::smallest);
    oracle::align<S>(exact, d.pairs.vectors, d.problem.groups);
    values_bar(1) = values_bar(2) = 1.0;  // their mean
    const Matrix<S> fixed = fix_gauge<S>(d.pairs.vectors, X_bar, d.problem.groups);
    const Matrix<S> wanted = oracle::pullback_pairs<S>(exact, values_bar, fixed, 1e-9);
    CHECK(relative_error(dense(bar.A), wanted) <= expected_error(kTol, d.pairs.norm_A, 1.0));

    REQUIRE(bar.report.gauge.size() == 3);
    const GaugeReport& doublet = bar.report.gauge[1];
    CHECK(doublet.cluster.first == 1);
    CHECK(doublet.cluster.count == 2);
    const Matrix<S> M = d.pairs.vectors.middleCols(1, 2).adjoint() * X_bar.middleCols(1, 2);
    const double seen = (M - M.adjoint()).norm() / 2.0 / X_bar.middleCols(1, 2).norm();
    CHECK(std::abs(doublet.residual - seen) <= 100.0 * kEps);
    CHECK(std::abs(doublet.spread - 6.0 / 4.0) <= 10.0 * kEps);
    CHECK(bar.report.gauge_residual >= doublet.residual);
}

TEST_CASE_TEMPLATE("pullback: cotangents of equal eigenvalues that differ are refused", S, double, Complex) {
    const Doublet<S> d;
    const std::string message = message_of<NotDifferentiable>([&] {
        (void)pullback(d.problem.A, d.pairs, {.values = numbers({1.0, 2.0, 3.0, 4.0})});
    });
    CHECK(contains(message, "pairs 2 to 3"));
    CHECK(contains(message, "0.25"));  // (3 − 2)/4
    CHECK(contains(message, "order of equal eigenvalues"));
    CHECK_NOTHROW((void)pullback(d.problem.A, d.pairs, {.values = numbers({1.0, 2.0, 2.0, 4.0})}));
}

TEST_CASE_TEMPLATE("pullback: the gauge tolerance is the user's", S, double, Complex) {
    const Doublet<S> d;
    // An antisymmetric part of 1e-5, relative to the cotangent.
    Matrix<S> X_bar = Matrix<S>::Zero(d.problem.n(), 4);
    X_bar.col(1) = d.pairs.vectors.col(1) + 1e-5 * d.pairs.vectors.col(2);
    X_bar.col(2) = d.pairs.vectors.col(2) - 1e-5 * d.pairs.vectors.col(1);
    const PairCotangent<S> bar{.vectors = X_bar};
    CHECK_THROWS_AS((void)pullback(d.problem.A, d.pairs, bar, {.gauge_tol = 0.9e-5}), NotDifferentiable);
    const auto accepted = pullback(d.problem.A, d.pairs, bar, {.gauge_tol = 1.1e-5});
    CHECK(std::abs(accepted.report.gauge_residual - 1e-5) <= 1e-9);
}
