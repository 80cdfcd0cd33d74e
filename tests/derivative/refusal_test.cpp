// What is not differentiated: cut clusters, pairs and adjoints that did not converge, and misuse.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include <sstream>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// A number as the library's sentences print it.
std::string printed(double value) {
    std::ostringstream text;
    text.precision(12);
    text << value;
    return text.str();
}

template <ScalarType S>
SpectralFunction<S> projector(const Matrix<S>& F_bar_X) {
    return {.f = [](double) { return 1.0; }, .f_prime = [](double) { return 0.0; }, .bar_times_X = F_bar_X};
}

struct Fixture {
    SetProblem<Complex> problem = set_problem<Complex>(numbers({1.0, 2.0, 3.0}), Which::smallest, 201);
    Eigenpairs<Complex> pairs = tight_pairs(problem.A, 3, Which::smallest);
    PairCotangent<Complex> bar{.values = numbers({1.0, 2.0, 3.0}), .vectors = 2.0 * pairs.vectors};
    SpectralFunction<Complex> function = projector<Complex>(2.0 * pairs.vectors);
    PullbackOptions<Complex> options;

    std::string of_pairs() const {
        return message_of<std::invalid_argument>([&] { (void)pullback(problem.A, pairs, bar, options); });
    }
    std::string of_function() const {
        return message_of<std::invalid_argument>([&] { (void)pullback(problem.A, pairs, function, options); });
    }
};

}  // namespace

TEST_CASE_TEMPLATE("pullback: a cut cluster is refused with both eigenvalues and their distance", S, double, Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const double distance : {0.0, 3e-11}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(distance);
            const Eigen::VectorXd spectrum = numbers({1.0, 2.0, 2.0 + distance, 4.0});
            const auto problem = set_problem<S>(spectrum, which, 202);
            const auto pairs = tight_pairs(problem.A, 2, which);  // the set ends between the two
            REQUIRE(pairs.cuts_cluster);
            const Index edge = which == Which::smallest ? 1 : 0, inner_pair = 1 - edge;
            const Matrix<S> H = random_hermitian<S>(problem.n(), 203);

            const auto refused = [&](const auto& bar) {
                const std::string message =
                    message_of<NotDifferentiable>([&] { (void)pullback(problem.A, pairs, bar); });
                CHECK(contains(message, "cuts a cluster"));
                CHECK(contains(message, "λ_k = " + printed(pairs.values(edge))));
                CHECK(contains(message, "λ_{k+1} = " + printed(pairs.guard_value)));
                CHECK(contains(message, printed(std::abs(pairs.guard_value - pairs.values(edge))) + " apart"));
            };
            Eigen::VectorXd values_bar = Eigen::VectorXd::Zero(2);
            values_bar(edge) = 1.0;
            Matrix<S> X_bar = Matrix<S>::Zero(problem.n(), 2);
            X_bar.col(edge) = H * pairs.vectors.col(edge);
            refused(PairCotangent<S>{.values = values_bar});
            refused(PairCotangent<S>{.vectors = X_bar});
            refused(projector<S>(H * pairs.vectors));
            CHECK_THROWS_AS((void)pullback(problem.A, pairs, {.vectors = X_bar}, {.gauge = Gauge::project}),
                            NotDifferentiable);

            // What touches only the other pair is differentiable, and right.
            values_bar = Eigen::VectorXd::Zero(2);
            values_bar(inner_pair) = 0.7;
            X_bar.setZero();
            X_bar.col(inner_pair) = H * pairs.vectors.col(inner_pair);
            const auto bar = pullback(problem.A, pairs, {.values = values_bar, .vectors = X_bar}, {.tol = 1e-13});
            auto d = oracle::decompose<S>(problem.A.A, 1, which);
            const Matrix<S> x = pairs.vectors.col(inner_pair);
            oracle::align<S>(d, x, {{0, 1}});
            const Matrix<S> wanted =
                oracle::pullback_pairs<S>(d, numbers({0.7}), Matrix<S>(X_bar.col(inner_pair)), 1e-9);
            CHECK(relative_error(dense(bar.A), wanted) <= expected_error(1e-13, pairs.norm_A, 1.0));
            CHECK(std::isfinite(bar.report.error_estimate));
        }
    }
}

TEST_CASE("pullback: a set that ends beside a cluster is not cut") {
    const auto problem = set_problem<double>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 204);
    const auto pairs = tight_pairs(problem.A, 3, Which::smallest);
    CHECK_NOTHROW((void)pullback(problem.A, pairs, projector<double>(pairs.vectors)));
}

TEST_CASE_TEMPLATE("pullback: pairs that have not converged are refused, naming the worst and its residual", S, double,
                   Complex) {
    const Sparse<S> M = laplacian<S>({40, 40});
    const SparseHermitian<S> A(M);
    const auto pairs = eigsh(A, {.k = 3, .max_products = 30});
    REQUIRE_FALSE(pairs.converged);
    Index worst = 0;
    for (Index i = 1; i < 3; ++i) {
        if (!(pairs.residuals(i) <= pairs.residuals(worst))) worst = i;
    }
    const auto check = [&](const auto& bar) {
        const std::string message = message_of<NotConverged>([&] { (void)pullback(A, pairs, bar); });
        CHECK(contains(message, "pair " + std::to_string(worst + 1) + " of 3"));
        CHECK(contains(message, "residual is " + printed(pairs.residuals(worst))));
    };
    check(PairCotangent<S>{.values = Eigen::VectorXd::Ones(3)});
    check(projector<S>(pairs.vectors));

    const auto stopped = eigsh(A, {.k = 3, .monitor = [](const Progress&) { return false; }});
    CHECK_THROWS_AS((void)pullback(A, stopped, {.values = Eigen::VectorXd::Ones(3)}), NotConverged);
}

TEST_CASE("pullback: an unresolved guard is told apart from unconverged pairs") {
    Fixture f;
    f.pairs.converged = false;
    f.pairs.guard_residual = 0.25;
    const std::string message = message_of<NotConverged>([&] { (void)pullback(f.problem.A, f.pairs, f.bar); });
    CHECK(contains(message, "guard"));
    CHECK(contains(message, "0.25"));
}

TEST_CASE_TEMPLATE("pullback: an adjoint that misses its tolerance throws unless it is accepted", S, double, Complex) {
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        const auto problem = set_problem<S>(numbers({1.0, 2.2, 3.1}), Which::smallest, 205);
        const auto pairs = tight_pairs(problem.A, 3, Which::smallest);
        const Matrix<S> F_bar_X = random_hermitian<S>(problem.n(), 206) * pairs.vectors;
        PullbackOptions<S> options{.tol = 1e-10, .method = method, .max_iterations = 1, .use_extra = false};
        const std::string message =
            message_of<NotConverged>([&] { (void)pullback(problem.A, pairs, projector<S>(F_bar_X), options); });
        CHECK(contains(message, "adjoint of pair 1"));
        CHECK(contains(message, "after 1 iterations"));
        CHECK(contains(message, "tolerance"));

        options.accept_unconverged = true;
        const auto rough = pullback(problem.A, pairs, projector<S>(F_bar_X), options);
        CHECK_FALSE(rough.report.converged);
        CHECK(rough.report.iterations == 1);
        const auto exact = pullback(problem.A, pairs, projector<S>(F_bar_X), {.tol = 1e-13});
        // W is off by its residual over the gap of 2 at most, Ā by twice that.
        const double error = (dense(rough.A) - dense(exact.A)).norm();
        CHECK(error <= rough.report.adjoint_residuals.norm());
        CHECK(rough.report.error_estimate * dense(rough.A).norm() >= error);
        CHECK((rough.report.adjoint_residuals.array() > rough.report.adjoint_tolerances.array()).any());
    }
}

TEST_CASE("pullback: sizes that do not match are named with the numbers") {
    CHECK(Fixture().of_pairs() == "");
    CHECK(Fixture().of_function() == "");
    Fixture f;
    f.bar.values = numbers({1.0, 2.0});
    CHECK(contains(f.of_pairs(), "2 eigenvalue cotangents for 3 pairs"));
    f = Fixture();
    f.bar.vectors = Matrix<Complex>::Zero(39, 3);
    CHECK(contains(f.of_pairs(), "eigenvector cotangent is 39×3, the eigenvectors are 40×3"));
    f.bar.vectors = Matrix<Complex>::Zero(40, 2);
    CHECK(contains(f.of_pairs(), "eigenvector cotangent is 40×2, the eigenvectors are 40×3"));
    f = Fixture();
    f.function.bar_times_X = Matrix<Complex>::Zero(40, 4);
    CHECK(contains(f.of_function(), "bar_times_X is 40×4, the eigenvectors are 40×3"));
    f.function.bar_times_X.resize(0, 0);
    CHECK(contains(f.of_function(), "bar_times_X is 0×0, the eigenvectors are 40×3"));
    f = Fixture();
    f.options.start = Matrix<Complex>::Zero(40, 2);
    f.bar.vectors = f.problem.A.A * f.pairs.vectors + Matrix<Complex>::Identity(40, 40) * f.pairs.vectors;
    f.function.bar_times_X = random_hermitian<Complex>(40, 207) * f.pairs.vectors;
    CHECK(contains(f.of_pairs(), "start block is 40×2, expected 40×3"));
    CHECK(contains(f.of_function(), "start block is 40×2, expected 40×3"));

    const DenseOperator<Complex> smaller{random_hermitian<Complex>(39, 208)};
    const std::string message =
        message_of<std::invalid_argument>([&] { (void)pullback(smaller, Fixture().pairs, Fixture().bar); });
    CHECK(contains(message, "40×3 vectors"));
    CHECK(contains(message, "39 rows"));
}

TEST_CASE("pullback: a spectral function needs both f and its slope") {
    Fixture f;
    f.function.f_prime = {};
    CHECK(contains(f.of_function(), "needs both f and f_prime"));
    f = Fixture();
    f.function.f = {};
    CHECK(contains(f.of_function(), "needs both f and f_prime"));
    f = Fixture();
    f.function.f = f.function.f_prime = {};
    CHECK(contains(f.of_function(), "0 values and 0 slopes for 3 pairs"));
    f.function.f_values = numbers({1.0, 1.0, 1.0});
    f.function.f_slopes = numbers({0.0, 0.0});
    CHECK(contains(f.of_function(), "3 values and 2 slopes for 3 pairs"));
}

TEST_CASE("pullback: numbers that are not finite are refused where they enter") {
    for (const double bad : {kNaN, kInfinity}) {
        Fixture f;
        f.bar.values(1) = bad;
        CHECK(contains(f.of_pairs(), "eigenvalue cotangent is not finite"));
        f = Fixture();
        f.bar.vectors(3, 1) = Complex(0.0, bad);
        CHECK(contains(f.of_pairs(), "pullback: the eigenvector cotangent"));
        f = Fixture();
        f.function.bar_times_X(3, 1) = bad;
        CHECK(contains(f.of_function(), "bar_times_X"));
        f = Fixture();
        f.function.f = [bad](double t) { return t < 1.5 ? 1.0 : bad; };
        CHECK(contains(f.of_function(), "f(λ_2)"));
        f = Fixture();
        f.function.f_prime = [bad](double t) { return t < 2.5 ? 1.0 : bad; };
        CHECK(contains(f.of_function(), "f(λ_3)"));
        f = Fixture();
        f.pairs.vectors(0, 0) = bad;
        CHECK(contains(f.of_pairs(), "matrix of eigenvectors is not finite: row 0 of column 0"));
        CHECK(contains(f.of_function(), "matrix of eigenvectors is not finite: row 0 of column 0"));
        f = Fixture();
        f.pairs.values(0) = bad;
        CHECK(contains(f.of_pairs(), "an eigenvalue is not finite"));
        CHECK(contains(f.of_function(), "an eigenvalue is not finite"));
    }
}
