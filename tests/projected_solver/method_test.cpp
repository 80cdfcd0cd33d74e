// Which method runs, and what happens when the problem does not suit it.
#include <lambdabar/operator/preconditioner.hpp>

#include <doctest/doctest.h>

#include "projected_problem.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
ProjectedSolveOptions<S> options_for(LinearMethod method, double tol = 1e-10) {
    ProjectedSolveOptions<S> options;
    options.tol = Eigen::VectorXd::Constant(1, tol);
    options.method = method;
    return options;
}

template <ScalarType S>
ProjectedSolution<S> solve(const ProjectedProblem<S>& problem, const ProjectedSolveOptions<S>& options) {
    return projected_solve(problem.A, problem.lambda, problem.deflation(), problem.rhs, options);
}

/// Eigenvalues −3 … 7 of which X holds an inner doublet: A − λ is indefinite beyond it.
template <ScalarType S>
ProjectedProblem<S> indefinite_problem(unsigned seed) {
    Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(40, -3.0, 7.0);
    values(11) = values(10);
    return projected_problem<S>(values, {10, 11}, 1.0, seed);
}

}  // namespace

TEST_CASE_TEMPLATE("projected_solve: automatic turns to MINRES where CG meets negative curvature", S, double, Complex) {
    const auto problem = indefinite_problem<S>(31);
    const auto automatic = solve(problem, options_for<S>(LinearMethod::automatic));
    CHECK(automatic.method == LinearMethod::minres);
    check_solution(problem, automatic, Eigen::VectorXd::Constant(2, 1e-10));
    const auto minres = solve(problem, options_for<S>(LinearMethod::minres));
    CHECK(minres.method == LinearMethod::minres);
    check_solution(problem, minres, Eigen::VectorXd::Constant(2, 1e-10));
}

TEST_CASE_TEMPLATE("projected_solve: CG alone refuses an indefinite operator with a sentence", S, double, Complex) {
    const auto problem = indefinite_problem<S>(32);
    const std::string message =
        message_of<std::invalid_argument>([&] { (void)solve(problem, options_for<S>(LinearMethod::cg)); });
    CHECK(contains(message, "not definite"));
    CHECK(contains(message, "MINRES"));
}

TEST_CASE_TEMPLATE("projected_solve: MINRES works with a preconditioner on an indefinite operator", S, double,
                   Complex) {
    const auto problem = indefinite_problem<S>(33);
    auto options = options_for<S>(LinearMethod::minres);
    // |A − λ| up to a random factor between 1/√e and √e per eigenvector; 1 on X.
    const Eigen::VectorXd factor = (0.5 * random_matrix<double>(problem.n(), 1, 34).array().tanh()).exp();
    Eigen::VectorXd weight = ((problem.all_values.array() - problem.lambda(0)).abs() * factor.array()).cwiseInverse();
    weight(10) = weight(11) = 1.0;
    const Matrix<S> M = problem.all_vectors * weight.cast<S>().asDiagonal() * problem.all_vectors.adjoint();
    options.preconditioner = [M](In<S> R, Out<S> Z) { Z = M * R; };
    const auto with = solve(problem, options);
    const auto without = solve(problem, options_for<S>(LinearMethod::minres));
    check_solution(problem, with, Eigen::VectorXd::Constant(2, 1e-10));
    CHECK(with.iterations < without.iterations);
}

TEST_CASE_TEMPLATE("projected_solve: Jacobi and incomplete Cholesky save iterations, not accuracy", S, double,
                   Complex) {
    // A diagonally dominant matrix of very different scales: its lowest two eigenvectors are deflated.
    const Index n = 60;
    Matrix<S> dense_A = 0.05 * random_hermitian<S>(n, 35);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
            if (std::abs(i - j) > 3) dense_A(i, j) = S{0};
        }
        dense_A(i, i) = S{std::pow(10.0, 3.0 * static_cast<double>(i) / static_cast<double>(n))};
    }
    ProjectedProblem<S> problem;
    problem.A = {dense_A};
    const auto exact = reference_eigh<S>(dense_A);
    problem.all_values = exact.values;
    problem.all_vectors = exact.vectors;
    problem.set = {0, 1};
    problem.X = exact.vectors.leftCols(2);
    problem.lambda = exact.values.head(2);
    problem.extra.resize(n, 0);
    problem.rhs = random_matrix<S>(n, 2, 36);

    Sparse<S> M = dense_A.sparseView();
    M.makeCompressed();
    const SparseHermitian<S> A(M);
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        CAPTURE(static_cast<int>(method));
        const auto plain = solve(problem, options_for<S>(method));
        check_solution(problem, plain, Eigen::VectorXd::Constant(2, 1e-10));
        for (const double shift : {0.0, 0.5}) {
            for (const auto& preconditioner : {jacobi(A, shift), incomplete_cholesky(A, shift)}) {
                auto options = options_for<S>(method);
                options.preconditioner = preconditioner;
                const auto solution = solve(problem, options);
                check_solution(problem, solution, Eigen::VectorXd::Constant(2, 1e-10));
                CHECK(solution.iterations < plain.iterations / 2);
            }
        }
        problem.set_extra(4, 1e-2, 37);
        auto options = options_for<S>(method);
        options.preconditioner = incomplete_cholesky(A, 0.5);
        check_solution(problem, solve(problem, options), Eigen::VectorXd::Constant(2, 1e-10));
        problem.extra.resize(n, 0);
        problem.extra_values.resize(0);
    }
}

TEST_CASE_TEMPLATE("projected_solve: a rough X is projected out exactly, whatever its error", S, double, Complex) {
    // X off by `error` is still the space that W stays orthogonal to; the reference solves in its complement.
    const Index n = 50, k = 3;
    for (const double error : {1e-8, 1e-4, 1e-2}) {
        for (const Index extra : {0, 4}) {
            for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
                CAPTURE(error);
                CAPTURE(extra);
                CAPTURE(static_cast<int>(method));
                auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 38);
                problem.X += error * random_matrix<S>(n, k, 39) / std::sqrt(static_cast<double>(n));
                const Eigen::HouseholderQR<Matrix<S>> qr(problem.X);
                const Matrix<S> basis = qr.householderQ();
                problem.X = basis.leftCols(k);
                const auto ritz = reference_eigh<S>(hermitian_part<S>(problem.X.adjoint() * problem.A.A * problem.X));
                problem.X *= ritz.vectors;
                problem.lambda = ritz.values;
                if (extra > 0) problem.set_extra(extra, 1e-2, 40);

                const double tol = 1e-10;
                const auto solution = solve(problem, options_for<S>(method, tol));
                const Matrix<S> Q = basis.rightCols(n - k), W = solution.W;
                Matrix<S> wanted(n, k);
                double gap = kInfinity;
                for (Index i = 0; i < k; ++i) {
                    const Matrix<S> inside = hermitian_part<S>(Q.adjoint() * problem.A.A * Q) -
                                             S{problem.lambda(i)} * Matrix<S>::Identity(n - k, n - k);
                    wanted.col(i) = Q * inside.ldlt().solve(Q.adjoint() * problem.rhs.col(i));
                    gap = std::min(gap, reference_eigh<S>(inside).values(0));
                }
                REQUIRE(gap > 0.5);
                const double rounding = problem.rounding(W);
                CHECK(solution.converged);
                CHECK((problem.X.adjoint() * W).norm() <= 10.0 * kEps * static_cast<double>(n) * W.norm());
                CHECK((solution.residuals - problem.true_residuals(W)).norm() <= rounding);
                CHECK((W - wanted).norm() <= (tol * solution.rhs_norms.norm() + rounding) / gap);
            }
        }
    }
}

TEST_CASE_TEMPLATE("projected_solve: an iteration limit gives an honest answer", S, double, Complex) {
    const Index n = 60, k = 4;
    const auto problem = projected_problem<S>(spread_spectrum(n, 1.0), one_end(n, k, 1.0), 1.0, 41);
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        auto options = options_for<S>(method, 1e-12);
        options.max_iterations = 2;
        const auto solution = solve(problem, options);
        CHECK_FALSE(solution.converged);
        CHECK(solution.iterations <= 2);
        CHECK((solution.residuals - problem.true_residuals(solution.W)).norm() <= problem.rounding(solution.W));
        CHECK(solution.residuals.minCoeff() > 1e-6);
        for (const bool column : solution.column_converged) CHECK_FALSE(column);
    }
}
