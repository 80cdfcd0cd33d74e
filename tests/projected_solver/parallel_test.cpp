// Threads and processes.
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "projected_problem.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("projected_solve: one and two threads give the same bits") {
    const Index m0 = 90, m1 = 70, n = m0 * m1;  // modes (1,1), (2,1), (1,2), (2,2)
    const Sparse<double> M = laplacian({m0, m1});
    const SparseHermitian<double> A(M);
    Block<double> X(n, 3), E(n, 1);
    X << laplacian_eigenvector(m0, m1, 1, 1), laplacian_eigenvector(m0, m1, 2, 1), laplacian_eigenvector(m0, m1, 1, 2);
    E = laplacian_eigenvector(m0, m1, 2, 2);
    const Eigen::VectorXd values = laplacian_spectrum({m0, m1});
    const Block<double> rhs = random_matrix<double>(n, 3, 61);
    const Deflation<double> deflation{.X = X, .extra = E, .extra_values = values.segment(3, 1)};
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        for (const bool preconditioned : {false, true}) {
            ProjectedSolveOptions<double> options;
            options.tol = Eigen::VectorXd::Constant(1, 1e-8);
            options.method = method;
            if (preconditioned) options.preconditioner = incomplete_cholesky(A);
            const int threads = omp_get_max_threads();
            omp_set_num_threads(1);
            const auto one = projected_solve(A, values.head(3), deflation, rhs, options);
            omp_set_num_threads(2);
            const auto two = projected_solve(A, values.head(3), deflation, rhs, options);
            omp_set_num_threads(threads);
            CHECK(one.converged);
            CHECK(one.iterations == two.iterations);
            CHECK((one.W.array() == two.W.array()).all());
            CHECK((one.residuals.array() == two.residuals.array()).all());
        }
    }
}

TEST_CASE_TEMPLATE("projected_solve: three processes find what one finds", S, double, Complex) {
    for (const double sign : {1.0, -1.0}) {
        const Index n = 50, k = 3;
        auto problem = projected_problem<S>(spread_spectrum(n, sign), one_end(n, k, sign), sign, 62);
        for (const Index extra : {0, 4}) {
            if (extra > 0) problem.set_extra(extra, 1e-2, 63);
            for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres, LinearMethod::automatic}) {
                const FakeRanks ranks(n);
                const auto solutions = ranks.run([&](const FakeRank& rank) {
                    const Block<S> X = rank.mine(problem.X), E = rank.mine(problem.extra), rhs = rank.mine(problem.rhs);
                    const Deflation<S> deflation{
                        .X = X, .extra = E, .extra_values = problem.extra_values, .sign = sign};
                    ProjectedSolveOptions<S> options;
                    options.tol = Eigen::VectorXd::Constant(1, 1e-11);
                    options.method = method;
                    options.sum = rank.sum;
                    return projected_solve(rank.local(problem.A), problem.lambda, deflation, rhs, options);
                });
                auto whole = solutions.front();
                whole.W = FakeRanks::stack(solutions, [](const auto& s) { return s.W; });
                check_solution(problem, whole, Eigen::VectorXd::Constant(k, 1e-11));
                for (const auto& solution : solutions) {
                    CHECK(solution.iterations == whole.iterations);
                    CHECK((solution.residuals.array() == whole.residuals.array()).all());
                }
            }
        }
    }
}

TEST_CASE("projected_solve: on three processes all of them refuse an indefinite operator") {
    const Index n = 30;
    const auto problem = projected_problem<double>(Eigen::VectorXd::LinSpaced(n, -3.0, 7.0), {10}, 1.0, 64);
    const FakeRanks ranks(n);
    const auto refused = ranks.run([&](const FakeRank& rank) {
        const Block<double> X = rank.mine(problem.X), E(rank.rows, 0), rhs = rank.mine(problem.rhs);
        const Deflation<double> deflation{.X = X, .extra = E, .extra_values = {}};
        ProjectedSolveOptions<double> options;
        options.tol = Eigen::VectorXd::Constant(1, 1e-10);
        options.method = LinearMethod::cg;
        options.sum = rank.sum;
        return contains(message_of<std::invalid_argument>([&] {
                            (void)projected_solve(rank.local(problem.A), problem.lambda, deflation, rhs, options);
                        }),
                        "not definite");
    });
    for (const bool rank : refused) CHECK(rank);
}
