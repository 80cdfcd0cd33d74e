// projected_solve() against the pseudo-inverse by a dense eigendecomposition.
#include <doctest/doctest.h>

#include "projected_problem.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-11;

template <ScalarType S>
ProjectedSolution<S> solve(const ProjectedProblem<S>& problem, const ProjectedSolveOptions<S>& options) {
    return projected_solve(problem.A, problem.lambda, problem.deflation(), problem.rhs, options);
}

template <ScalarType S>
ProjectedSolveOptions<S> at_tolerance(double tol, LinearMethod method = LinearMethod::automatic) {
    ProjectedSolveOptions<S> options;
    options.tol = Eigen::VectorXd::Constant(1, tol);
    options.method = method;
    return options;
}

}  // namespace

TEST_CASE_TEMPLATE("projected_solve: CG and MINRES find the pseudo-inverse solution at both ends", S, double, Complex) {
    for (const double sign : {1.0, -1.0}) {
        const Index n = 60, k = 4;
        const auto problem = projected_problem<S>(spread_spectrum(n, sign), one_end(n, k, sign), sign, 11);
        for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres, LinearMethod::automatic}) {
            CAPTURE(sign);
            CAPTURE(static_cast<int>(method));
            const auto solution = solve(problem, at_tolerance<S>(kTol, method));
            check_solution(problem, solution, Eigen::VectorXd::Constant(k, kTol));
            CHECK(solution.method == (method == LinearMethod::minres ? LinearMethod::minres : LinearMethod::cg));
            CHECK(solution.products >= solution.iterations);
            CHECK(solution.products <= (solution.iterations + 2) * k);
        }
    }
}

TEST_CASE_TEMPLATE("projected_solve: extra vectors, exact, rough or random, leave the solution as it is", S, double,
                   Complex) {
    for (const double sign : {1.0, -1.0}) {
        const Index n = 60, k = 4;
        auto problem = projected_problem<S>(spread_spectrum(n, sign), one_end(n, k, sign), sign, 12);
        for (const double roughness : {0.0, 1e-2, kInfinity}) {
            for (const Index count : {1, 3, 8}) {
                problem.set_extra(count, roughness, 13);
                for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
                    CAPTURE(sign);
                    CAPTURE(roughness);
                    CAPTURE(count);
                    CAPTURE(static_cast<int>(method));
                    const auto solution = solve(problem, at_tolerance<S>(kTol, method));
                    check_solution(problem, solution, Eigen::VectorXd::Constant(k, kTol));
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("projected_solve: good extra vectors save iterations", S, double, Complex) {
    // Gap 1 of a spectrum of length 22 without them, 2.5 with the 8 next ones.
    const Index n = 60, k = 4;
    auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 14);
    const auto plain = solve(problem, at_tolerance<S>(kTol));
    problem.set_extra(8, 0.0, 15);
    const auto exact = solve(problem, at_tolerance<S>(kTol));
    problem.set_extra(8, 1e-2, 15);
    const auto rough = solve(problem, at_tolerance<S>(kTol));
    CHECK(exact.iterations < plain.iterations);
    CHECK(rough.iterations < plain.iterations);
}

TEST_CASE("projected_solve: with all other eigenvectors as extra ones nothing is left to iterate on") {
    const Index n = 12, k = 3;
    auto problem = projected_problem<Complex>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 16);
    problem.set_extra(n - k, kInfinity, 17);
    const auto solution = solve(problem, at_tolerance<Complex>(1e-10));
    CHECK(solution.iterations <= 1);
    CHECK((solution.W - problem.solution()).norm() <= 1e3 * kEps * problem.norm_A() * problem.solution().norm());
}

TEST_CASE_TEMPLATE("projected_solve: each column stops at its own tolerance", S, double, Complex) {
    const Index n = 60, k = 4;
    const auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 18);
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        auto options = at_tolerance<S>(1.0, method);
        options.tol = numbers({1e-2, 1e-11, 1e-5, 1e-8});
        const auto solution = solve(problem, options);
        check_solution(problem, solution, options.tol);
        CHECK(solution.residuals(0) > 1e-6 * solution.rhs_norms(0));  // dropped out early
        CHECK(solution.residuals(2) > 1e-9 * solution.rhs_norms(2));
        CHECK(solution.products < (solution.iterations + 1) * k);
    }
}

TEST_CASE_TEMPLATE("projected_solve: columns without a right-hand side are zero and cost nothing", S, double, Complex) {
    const Index n = 40, k = 3;
    auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 19);
    problem.rhs.col(0).setZero();
    problem.rhs.col(2).setZero();
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        const auto solution = solve(problem, at_tolerance<S>(kTol, method));
        check_solution(problem, solution, Eigen::VectorXd::Constant(k, kTol));
        CHECK(solution.W.col(0).norm() == 0.0);
        CHECK(solution.W.col(2).norm() == 0.0);
    }
    problem.rhs.setZero();
    const auto nothing = solve(problem, at_tolerance<S>(kTol));
    CHECK(nothing.converged);
    CHECK(nothing.products == 0);
    CHECK(nothing.W.norm() == 0.0);
}

TEST_CASE_TEMPLATE("projected_solve: a right-hand side in the span of X gives zero", S, double, Complex) {
    const Index n = 40, k = 3;
    auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 20);
    const Block<S> inside = problem.X * random_matrix<S>(k, k, 21);
    problem.rhs = inside;
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        const auto solution = solve(problem, at_tolerance<S>(1e-10, method));
        CHECK(solution.converged);
        CHECK(solution.W.norm() <= 100.0 * kEps * inside.norm() / problem.gap(0));
        CHECK(solution.products == 0);  // what is left of the right-hand side is rounding
    }
}

TEST_CASE_TEMPLATE("projected_solve: an exact start block needs no iteration", S, double, Complex) {
    const Index n = 40, k = 3;
    auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 22);
    for (const Index extra : {0, 5}) {
        if (extra > 0) problem.set_extra(extra, 1e-2, 23);
        auto options = at_tolerance<S>(1e-10);
        options.start = problem.solution();
        const auto solution = solve(problem, options);
        check_solution(problem, solution, Eigen::VectorXd::Constant(k, 1e-10));
        CHECK(solution.iterations == 0);
        CHECK(solution.products == k + extra);  // one to test the start, one to know F = QAE
        options.start = problem.solution() + 1e-6 * random_matrix<S>(n, k, 24);
        const auto near = solve(problem, options);
        check_solution(problem, near, Eigen::VectorXd::Constant(k, 1e-10));
        CHECK(near.iterations < solve(problem, at_tolerance<S>(1e-10)).iterations);
    }
}

TEST_CASE_TEMPLATE("projected_solve: in two dimensions one step is the solution", S, double, Complex) {
    for (const double sign : {1.0, -1.0}) {
        const auto problem = projected_problem<S>(numbers({-1.0, 2.0}), one_end(2, 1, sign), sign, 25);
        for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
            const auto solution = solve(problem, at_tolerance<S>(1e-12, method));
            check_solution(problem, solution, Eigen::VectorXd::Constant(1, 1e-12));
            CHECK(solution.iterations == 1);
        }
    }
}
