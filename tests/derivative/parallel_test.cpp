// The pullback on threads and on processes.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-12;
constexpr oracle::Exponential kExp{0.5};

template <ScalarType S>
SpectralFunction<S> exponential(const Matrix<S>& F_bar_X) {
    return {.f = kExp, .f_prime = [](double t) { return kExp.slope(t); }, .bar_times_X = F_bar_X};
}

}  // namespace

TEST_CASE_TEMPLATE("pullback: one and two threads give the same bits", S, double, Complex) {
    const Sparse<S> M = laplacian<S>({60, 59});
    const SparseHermitian<S> A(M);
    const auto pairs = eigsh(A, {.k = 3});
    REQUIRE(pairs.converged);
    const Matrix<S> X_bar = random_matrix<S>(A.rows(), 3, 401);
    const int threads = omp_get_max_threads();
    const auto run = [&](int count) {
        omp_set_num_threads(count);
        const auto of_pairs = pullback(A, pairs, {.values = Eigen::VectorXd::Ones(3), .vectors = X_bar},
                                       {.gauge = Gauge::project, .tol = 1e-8});
        const auto of_function = pullback(A, pairs, exponential<S>(X_bar), {.tol = 1e-8});
        omp_set_num_threads(threads);
        Matrix<S> all(A.rows(), 4 * 3);
        all << of_pairs.A.V, of_pairs.A.W, of_function.A.V, of_function.A.W;
        return all;
    };
    const Matrix<S> one = run(1), two = run(2);
    CHECK((one.array() == two.array()).all());
}

TEST_CASE_TEMPLATE("pullback: three processes find what one finds, and report the same numbers", S, double, Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        const auto problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), which, 402);
        const Index n = problem.n(), k = problem.k();
        const auto pairs = tight_pairs(problem.A, k, which);
        const GroupObjective<S> phi(n, problem.groups, 403);
        const auto cotangent = phi.cotangent(pairs.values, pairs.vectors);
        const Matrix<S> F_bar_X = random_hermitian<S>(n, 404) * pairs.vectors;
        const auto of_pairs = pullback(problem.A, pairs, cotangent, {.tol = kTol});
        const auto of_function = pullback(problem.A, pairs, exponential<S>(F_bar_X), {.tol = kTol});

        struct Result {
            Pullback<S> of_pairs, of_function;
        };
        const auto results = FakeRanks(n).run([&](const FakeRank& rank) {
            auto mine = pairs;  // every process: its rows, and all k×k quantities
            mine.vectors = rank.mine(pairs.vectors);
            mine.extra = rank.mine(pairs.extra);
            const auto A = rank.local(problem.A);
            return Result{pullback(A, mine, {.values = cotangent.values, .vectors = rank.mine(cotangent.vectors)},
                                   {.tol = kTol, .sum = rank.sum}),
                          pullback(A, mine, exponential<S>(rank.mine(F_bar_X)), {.tol = kTol, .sum = rank.sum})};
        });
        const auto whole = [&](auto part) {
            return dense(Cotangent<S>{FakeRanks::stack(results, [&](const Result& r) { return part(r).A.V; }),
                                      FakeRanks::stack(results, [&](const Result& r) { return part(r).A.W; })});
        };
        // Sums in another order: the solves differ by rounding only, but stop at kTol.
        const double tolerance = 2.0 * expected_error(kTol, 1.0, 1.0);
        CHECK(relative_error(whole([](const Result& r) { return r.of_pairs; }), dense(of_pairs.A)) <= tolerance);
        CHECK(relative_error(whole([](const Result& r) { return r.of_function; }), dense(of_function.A)) <= tolerance);
        for (const Result& result : results) {
            const PullbackReport& report = result.of_pairs.report;
            CHECK(report.iterations == results[0].of_pairs.report.iterations);
            CHECK(report.error_estimate == results[0].of_pairs.report.error_estimate);
            CHECK(std::abs(report.error_estimate - of_pairs.report.error_estimate) <= tolerance);
            CHECK((report.adjoint_residuals.array() <= report.adjoint_tolerances.array()).all());
        }
    }
}

TEST_CASE_TEMPLATE("pullback: on three processes all of them refuse, whichever holds the reason", S, double, Complex) {
    const auto problem = set_problem<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 405);
    const Index n = problem.n();
    const auto pairs = tight_pairs(problem.A, 4, Which::smallest);
    const Matrix<S> fourth_power = 4.0 * pairs.vectors.cwiseAbs2().template cast<S>().cwiseProduct(pairs.vectors);
    for (const int reason : {0, 1, 2}) {
        CAPTURE(reason);
        const auto messages = FakeRanks(n).run([&](const FakeRank& rank) {
            auto mine = pairs;
            mine.vectors = rank.mine(pairs.vectors);
            mine.extra = rank.mine(pairs.extra);
            Matrix<S> X_bar = rank.mine(fourth_power);
            if (reason > 0) X_bar = 2.0 * mine.vectors;
            if (reason == 1 && rank.number == 1) X_bar(0, 0) = kNaN;
            if (reason == 2 && rank.number == 2) mine.vectors(0, 3) = kNaN;
            const auto act = [&] {
                (void)pullback(rank.local(problem.A), mine, {.vectors = X_bar}, {.sum = rank.sum});
            };
            return reason == 0 ? message_of<NotDifferentiable>(act) : message_of<std::invalid_argument>(act);
        });
        const char* const named[] = {"pairs 2 to 3", "eigenvector cotangent", "matrix of eigenvectors"};
        for (const std::string& message : messages) CHECK(contains(message, named[reason]));
    }
}
