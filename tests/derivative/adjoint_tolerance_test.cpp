// How accurately adjoints are solved by default, what the error estimate promises, and warm starts.
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// n = 260 (past the size up to which eigsh() may span the whole space): a doublet in the set, gaps of 0.3 and more at
/// the bottom, the rest up to 30.
template <ScalarType S>
struct Problem {
    static constexpr Index n = 260, k = 4;
    Sparse<S> M = sparse_with_spectrum<S>(spectrum(), 301);
    SparseHermitian<S> A{M};
    oracle::Decomposition<S> exact = oracle::decompose<S>(Matrix<S>(M), k, Which::smallest);
    std::vector<Cluster> groups{{0, 1}, {1, 2}, {3, 1}};

    static Eigen::VectorXd spectrum() {
        Eigen::VectorXd values(n);
        values << 1.0, 1.5, 1.5, 2.0, Eigen::VectorXd::LinSpaced(n - 4, 2.3, 30.0);
        return values;
    }
};

struct Measured {
    double error = 0.0, estimate = 0.0;
    Index products = 0;
};

}  // namespace

TEST_CASE_TEMPLATE("pullback: the error estimate bounds the true error at every tolerance", S, double, Complex) {
    const Problem<S> problem;
    const Index n = problem.n, k = problem.k;
    const GroupObjective<S> phi(n, problem.groups, 302);
    const Matrix<S> F_bar = random_hermitian<S>(n, 303);
    constexpr oracle::Exponential f{0.5};
    const auto exact_bar = phi.cotangent(problem.exact.values(), problem.exact.vectors());
    const Matrix<S> of_pairs = oracle::pullback_pairs<S>(problem.exact, exact_bar.values, exact_bar.vectors, 1e-9);
    const Matrix<S> of_function = oracle::pullback_spectral<S>(
        problem.exact, f, [&](double a, double b) { return f.difference(a, b); }, F_bar);
    // Products and dense algebra in dimension n, over gaps of 0.3.
    const double rounding = 10.0 * kEps * static_cast<double>(n) * 30.0 / 0.3;

    std::vector<Measured> values, pairs_and_vectors, function;
    for (const double tol : {1e-4, 1e-6, 1e-8, 1e-10, 1e-12}) {
        CAPTURE(tol);
        // The doublet must be seen as one cluster at loose tolerances too: same_cluster() does, by the residuals.
        const auto pairs = eigsh(problem.A, {.k = k, .tol = tol});
        REQUIRE(pairs.converged);
        REQUIRE(pairs.clusters.size() == 3);
        const auto measure = [&](const auto& bar, const Matrix<S>& wanted) {
            const auto got = pullback(problem.A, pairs, bar);
            const Measured measured{relative_error(dense(got.A), wanted), got.report.error_estimate,
                                    got.report.products};
            CHECK(got.report.converged);
            CHECK(measured.error <= measured.estimate + rounding);
            // A bound, but a useful one: it adds up 4 columns and 3 causes, each at its worst angle. Measured: 6 to
            // 220.
            CHECK(measured.estimate <= 1e3 * (measured.error + rounding));
            return measured;
        };
        // The user's X̄ is a function of the X at hand, as it is in an application.
        pairs_and_vectors.push_back(measure(phi.cotangent(pairs.values, pairs.vectors), of_pairs));
        function.push_back(measure(
            SpectralFunction<S>{
                .f = f, .f_prime = [&](double t) { return f.slope(t); }, .bar_times_X = F_bar * pairs.vectors},
            of_function));
        values.push_back(measure(PairCotangent<S>{.values = Eigen::VectorXd::Ones(k)},
                                 problem.exact.vectors() * problem.exact.vectors().adjoint()));
    }
    for (const auto* series : {&pairs_and_vectors, &function}) {
        for (std::size_t i = 1; i < series->size(); ++i) {
            // Looser pairs, cheaper adjoints, give or take a step of conjugate gradients under a polynomial.
            CHECK((*series)[i].products > (*series)[i - 1].products - 40);
            CHECK((*series)[i].error < std::max(10.0 * (*series)[i - 1].error, 1e-9));
        }
        for (std::size_t i = 2; i < series->size(); ++i) {
            CHECK((*series)[i].products > (*series)[i - 2].products);
            CHECK((*series)[i].error < std::max((*series)[i - 2].error, rounding));
        }
    }
}

TEST_CASE("pullback: by default the adjoint is solved to half the eigenvector's own error") {
    const Problem<double> problem;
    for (const double tol : {1e-5, 1e-8, 1e-11}) {
        const auto pairs = eigsh(problem.A, {.k = problem.k, .tol = tol});
        REQUIRE(pairs.converged);
        const auto cotangent =
            GroupObjective<double>(problem.n, problem.groups, 305).cotangent(pairs.values, pairs.vectors);
        const auto bar = pullback(problem.A, pairs, cotangent);
        const Matrix<double>& X = pairs.vectors;
        const Eigen::VectorXd rhs =
            (cotangent.vectors - X * (X.adjoint() * cotangent.vectors)).colwise().norm().transpose();
        const Eigen::VectorXd gaps = numbers({0.5, 0.5, 0.5, 0.3});
        for (Index i = 0; i < problem.k; ++i) {
            CAPTURE(tol);
            CAPTURE(i);
            // At least what rounding supports, 10 eps·‖A‖/gap; at most 1e-4. Gaps as the library knows them are off by
            // residuals of 1e-5·30 and their squares.
            const double rounding = 10.0 * kEps * pairs.norm_A / gaps(i);
            const double wanted = std::clamp(0.5 * pairs.residuals(i) / gaps(i), rounding, 1e-4) * rhs(i);
            CHECK(std::abs(bar.report.adjoint_tolerances(i) - wanted) <= 0.01 * wanted);
            CHECK(bar.report.adjoint_residuals(i) <= bar.report.adjoint_tolerances(i));
        }
    }
}

TEST_CASE_TEMPLATE("pullback: close eigenvalues inside the set do not loosen a spectral function's adjoint", S, double,
                   Complex) {
    // The gap of 1e-8 is above the cluster distance; F does not see it, so neither may the default tolerance.
    const auto problem = set_problem<S>(numbers({1.0, 3.0, 3.0 + 1e-8}), Which::smallest, 306);
    const auto pairs = tight_pairs(problem.A, 3, Which::smallest);
    REQUIRE(pairs.clusters.size() == 3);
    const auto d = oracle::decompose<S>(problem.A.A, 3, Which::smallest);
    const Matrix<S> F_bar = random_hermitian<S>(problem.n(), 307);
    constexpr oracle::Exponential f{1.0};
    const Matrix<S> wanted = oracle::pullback_spectral<S>(
        d, f, [&](double a, double b) { return f.difference(a, b); }, F_bar);
    const auto bar =
        pullback(problem.A, pairs,
                 SpectralFunction<S>{
                     .f = f, .f_prime = [&](double t) { return f.slope(t); }, .bar_times_X = F_bar * pairs.vectors});
    const double tolerance = expected_error(1e-13, pairs.norm_A, 3.0);
    CHECK(relative_error(dense(bar.A), wanted) <= tolerance);
    CHECK(bar.report.error_estimate <= tolerance);
}

TEST_CASE_TEMPLATE("pullback: yesterday's adjoints start today's solve", S, double, Complex) {
    const Problem<S> problem;
    const auto pairs = eigsh(problem.A, {.k = problem.k, .tol = 1e-10});
    const auto bar = GroupObjective<S>(problem.n, problem.groups, 308).cotangent(pairs.values, pairs.vectors);
    Warm<S> warm;
    const auto first = pullback(problem.A, pairs, bar, {.warm = &warm});
    REQUIRE(warm.adjoints.cols() == problem.k);
    CHECK(first.report.products > 10 * problem.k);

    const auto second = pullback(problem.A, pairs, bar, {.warm = &warm});
    CHECK(second.report.iterations == 0);
    CHECK(second.report.products <= problem.k + pairs.extra.cols());  // the test of the start, and F = QAE
    CHECK((second.adjoints - first.adjoints).norm() <= 100.0 * kEps * first.adjoints.norm());

    // A cotangent that moved by 1e-3 needs fewer products than from zero, and is right.
    auto moved = bar;
    moved.vectors += 1e-3 * fix_gauge<S>(pairs.vectors, random_matrix<S>(problem.n, problem.k, 309), pairs.clusters);
    const auto from_warm = pullback(problem.A, pairs, moved, {.warm = &warm});
    const auto from_zero = pullback(problem.A, pairs, moved);
    CHECK(from_warm.report.products < from_zero.report.products);
    const double allowed = from_zero.report.error_estimate + from_warm.report.error_estimate;
    CHECK(relative_error(dense(from_warm.A), dense(from_zero.A)) <= allowed);

    // An explicit start block does the same; a warm one of another size is not used.
    const auto started = pullback(problem.A, pairs, bar, {.start = first.adjoints});
    CHECK(started.report.iterations == 0);
    for (const Index columns : {problem.k + 1, 2 * problem.k}) {
        CAPTURE(columns);
        warm.adjoints = warm.previous_adjoints = Matrix<S>::Ones(problem.n, columns);
        CHECK(pullback(problem.A, pairs, bar, {.warm = &warm}).report.iterations == first.report.iterations);
        CHECK(warm.previous_adjoints.size() == 0);
    }
    // Nor is one of twice the pairs when vectors are carried with it.
    (void)eigsh(problem.A, {.k = problem.k, .warm = &warm});
    warm.adjoints = warm.previous_adjoints = Matrix<S>::Ones(problem.n, 2 * problem.k);
    (void)eigsh(problem.A, {.k = problem.k, .warm = &warm});
    CHECK(pullback(problem.A, pairs, bar, {.warm = &warm}).report.iterations == first.report.iterations);
}

TEST_CASE_TEMPLATE("pullback: adjoints of two steps along a line extrapolate to the third", S, double, Complex) {
    const Problem<S> problem;
    const auto pairs = eigsh(problem.A, {.k = problem.k, .tol = 1e-12});
    const auto bar = GroupObjective<S>(problem.n, problem.groups, 308).cotangent(pairs.values, pairs.vectors);
    const Matrix<S> direction =
        fix_gauge<S>(pairs.vectors, random_matrix<S>(problem.n, problem.k, 309), pairs.clusters);
    const auto at = [&](double t) {
        auto moved = bar;
        moved.vectors += t * direction;
        return moved;
    };
    Warm<S> warm;
    (void)pullback(problem.A, pairs, at(0.0), {.tol = 1e-10, .warm = &warm});
    (void)pullback(problem.A, pairs, at(1e-3), {.tol = 1e-10, .warm = &warm});
    // The cotangent of an adjoint that is linear in t: one step of the last change, at one more product a column.
    auto without = warm;
    without.previous_adjoints.resize(0, 0);
    const auto third = pullback(problem.A, pairs, at(2e-3), {.tol = 1e-8, .warm = &warm});
    CHECK(third.report.iterations == 0);
    CHECK(third.report.products == 2 * problem.k);
    const auto from_last = pullback(problem.A, pairs, at(2e-3), {.tol = 1e-8, .warm = &without});
    CHECK(from_last.report.iterations > 0);
    const double allowed = third.report.error_estimate + from_last.report.error_estimate;
    CHECK(relative_error(dense(third.A), dense(from_last.A)) <= allowed);
    // A change that leads nowhere costs its product and does no harm.
    warm.previous_adjoints = random_matrix<S>(problem.n, problem.k, 310);
    const auto misled = pullback(problem.A, pairs, at(-1.0), {.tol = 1e-8, .warm = &warm});
    const auto cold = pullback(problem.A, pairs, at(-1.0), {.tol = 1e-8});
    CHECK(relative_error(dense(misled.A), dense(cold.A)) <= misled.report.error_estimate + cold.report.error_estimate);
}

TEST_CASE_TEMPLATE("pullback: adjoints of three steps along a parabola extrapolate to the fourth", S, double, Complex) {
    const Problem<S> problem;
    const auto pairs = eigsh(problem.A, {.k = problem.k, .tol = 1e-12});
    const auto bar = GroupObjective<S>(problem.n, problem.groups, 308).cotangent(pairs.values, pairs.vectors);
    const auto turned = [&](std::uint64_t seed) {
        return fix_gauge<S>(pairs.vectors, random_matrix<S>(problem.n, problem.k, seed), pairs.clusters);
    };
    const Matrix<S> slope = turned(309), curve = turned(310);
    const auto at = [&](double t) {
        auto moved = bar;
        moved.vectors += t * slope + t * t * curve;
        return moved;
    };
    Warm<S> warm;
    for (const double t : {0.0, 0.1, 0.2}) (void)pullback(problem.A, pairs, at(t), {.tol = 1e-10, .warm = &warm});
    CHECK(warm.previous_adjoints.cols() == 2 * problem.k);
    auto shorter = warm;
    shorter.previous_adjoints = warm.previous_adjoints.leftCols(problem.k).eval();
    const auto fourth = pullback(problem.A, pairs, at(0.3), {.tol = 1e-7, .warm = &warm});
    CHECK(fourth.report.iterations == 0);
    CHECK(fourth.report.products == 3 * problem.k);
    CHECK(pullback(problem.A, pairs, at(0.3), {.tol = 1e-7, .warm = &shorter}).report.iterations > 0);
    CHECK(warm.previous_adjoints.cols() == 2 * problem.k);  // no more than two are kept
    // One change twice is one change.
    warm.previous_adjoints.rightCols(problem.k) = 2.0 * warm.previous_adjoints.leftCols(problem.k) - warm.adjoints;
    const auto again = pullback(problem.A, pairs, at(0.5), {.tol = 1e-8, .warm = &warm});
    const auto cold = pullback(problem.A, pairs, at(0.5), {.tol = 1e-8});
    CHECK(relative_error(dense(again.A), dense(cold.A)) <= again.report.error_estimate + cold.report.error_estimate);
}

TEST_CASE("pullback: a preconditioner saves adjoint iterations and changes nothing else") {
    const Sparse<double> M = laplacian({20, 19});
    const SparseHermitian<double> A(M);
    const auto pairs = tight_pairs(A, 3, Which::smallest, 1e-12);
    const Matrix<double> X_bar =
        fix_gauge<double>(pairs.vectors, random_matrix<double>(A.rows(), 3, 310), pairs.clusters);
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        const auto plain = pullback(A, pairs, {.vectors = X_bar}, {.tol = 1e-11, .method = method});
        const auto with = pullback(A, pairs, {.vectors = X_bar},
                                   {.tol = 1e-11, .method = method, .preconditioner = incomplete_cholesky(A)});
        CHECK(with.report.iterations < plain.report.iterations);
        CHECK(relative_error(dense(with.A), dense(plain.A)) <=
              plain.report.error_estimate + with.report.error_estimate);
    }
}
