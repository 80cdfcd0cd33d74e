// projected_solve() of a pencil against the pseudo-inverse by a dense eigendecomposition.
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/projected_solver/projected_solve.hpp>

#include <doctest/doctest.h>

#include "pencils.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-11;

/// Pᴴ(A − λ_iB)P w_i = Pᴴ rhs_i, XᴴBw_i = 0, with X the k lowest (sign > 0) or highest eigenvectors.
template <ScalarType S>
struct PencilProblem {
    TestPencil<S> pencil;
    double sign = 1.0;
    Index k = 4;
    SparseHermitian<S> A{pencil.A}, B{pencil.B};
    ReferenceEigenpairs<S> exact = reference_eigh<S>(dense(pencil.A), dense(pencil.B));
    Index first = sign > 0 ? 0 : pencil.n() - k;
    Block<S> X = exact.vectors.middleCols(first, k);
    Eigen::VectorXd lambda = exact.values.segment(first, k);
    Block<S> rhs = random_matrix<S>(pencil.n(), k, 602);
    Block<S> extra = Block<S>(pencil.n(), 0);
    Eigen::VectorXd extra_values = {};

    bool inside(Index j) const { return j >= first && j < first + k; }
    double gap() const { return sign > 0 ? exact.values(k) - lambda(k - 1) : lambda(0) - exact.values(first - 1); }

    /// Σ_{j outside} x_j (x_jᴴ rhs_i)/(λ_j − λ_i)
    Matrix<S> solution() const {
        Matrix<S> W = Matrix<S>::Zero(pencil.n(), k);
        for (Index i = 0; i < k; ++i) {
            for (Index j = 0; j < pencil.n(); ++j) {
                const auto x = exact.vectors.col(j);
                if (!inside(j)) W.col(i) += x * (x.dot(rhs.col(i)) / (exact.values(j) - lambda(i)));
            }
        }
        return W;
    }

    /// The `count` eigenvectors next to the set, disturbed (infinity: random ones), as B-orthonormal Ritz vectors
    /// B-orthogonal to X.
    void set_extra(Index count, double roughness) {
        const Index n = pencil.n();
        Matrix<S> E = random_matrix<S>(n, count, 603) / std::sqrt(static_cast<double>(n));
        if (roughness < kInfinity) {
            E *= roughness;
            E += exact.vectors.middleCols(sign > 0 ? k : first - count, count);
        }
        for (int pass = 0; pass < 2; ++pass) E -= X * (X.adjoint() * (pencil.B * E));
        const auto ritz = reference_eigh<S>(hermitian_part<S>(E.adjoint() * (pencil.A * E)),
                                            hermitian_part<S>(E.adjoint() * (pencil.B * E)));
        extra = E * ritz.vectors;
        extra_values = ritz.values;
    }

    ProjectedSolution<S> solve(const ProjectedSolveOptions<S>& options) const {
        return projected_solve(A, B, lambda,
                               Deflation<S>{.X = X, .extra = extra, .extra_values = extra_values, .sign = sign}, rhs,
                               options);
    }

    void check(const ProjectedSolution<S>& solution, double tol) const {
        const Matrix<S> W = solution.W, wanted = this->solution();
        const Matrix<S> BX = pencil.B * X;
        const auto project = [&](Matrix<S> R) {
            R -= BX * (X.adjoint() * R);
            return R;
        };
        const Matrix<S> R = project(Matrix<S>(pencil.A * W - pencil.B * W * lambda.cast<S>().asDiagonal() - rhs));
        const Matrix<S> P_rhs = project(rhs);
        const double rounding = pencil.noise() * (W.norm() + rhs.norm());
        CHECK(solution.converged);
        CHECK((BX.adjoint() * W).norm() <= 1e2 * kEps * pencil.condition * W.norm());
        for (Index i = 0; i < k; ++i) {
            CAPTURE(i);
            const double bound = tol * P_rhs.col(i).norm();
            CHECK(solution.column_converged[static_cast<std::size_t>(i)]);
            CHECK(std::abs(solution.rhs_norms(i) - P_rhs.col(i).norm()) <= rounding);
            CHECK(solution.residuals(i) <= bound + rounding);
            // With extra vectors the residual is that of the smaller system, which their rows do not enlarge much.
            if (extra.cols() == 0) CHECK(std::abs(solution.residuals(i) - R.col(i).norm()) <= rounding);
            // ‖w‖ ≤ ‖B⁻¹‖ ‖r‖/δ; elimination of E at worst adds the gain of (Θ − λ)⁻¹Fᴴ.
            const double gain = extra.cols() == 0 ? 1.0 : 1.0 + pencil.size / gap();
            CHECK((W.col(i) - wanted.col(i)).norm() <= pencil.condition * gain * (bound + rounding) / gap());
        }
    }
};

template <ScalarType S>
PencilProblem<S> pencil_problem(double sign, Index n = 60) {
    return {.pencil = test_pencil<S>(sign * spectrum_above(numbers({1.0, 2.0, 2.0, 3.0}), n, 4.0, 0.3), 601),
            .sign = sign};
}

template <ScalarType S>
ProjectedSolveOptions<S> at_tolerance(double tol, LinearMethod method) {
    ProjectedSolveOptions<S> options;
    options.tol = Eigen::VectorXd::Constant(1, tol);
    options.method = method;
    return options;
}

}  // namespace

TEST_CASE_TEMPLATE("projected_solve: CG and MINRES find a pencil's pseudo-inverse solution at both ends", S, double,
                   Complex) {
    for (const double sign : {1.0, -1.0}) {
        const auto problem = pencil_problem<S>(sign);
        for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres, LinearMethod::automatic}) {
            CAPTURE(sign);
            CAPTURE(static_cast<int>(method));
            const auto solution = problem.solve(at_tolerance<S>(kTol, method));
            problem.check(solution, kTol);
            CHECK(solution.method == (method == LinearMethod::minres ? LinearMethod::minres : LinearMethod::cg));
            CHECK(solution.products <= (solution.iterations + 2) * problem.k);
        }
    }
}

TEST_CASE_TEMPLATE("projected_solve: extra vectors leave a pencil's solution as it is, and good ones save steps", S,
                   double, Complex) {
    for (const double sign : {1.0, -1.0}) {
        auto problem = pencil_problem<S>(sign);
        for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
            problem.extra = Block<S>(problem.pencil.n(), 0);
            problem.extra_values.resize(0);
            const Index plain = problem.solve(at_tolerance<S>(kTol, method)).iterations;
            for (const double roughness : {0.0, 1e-2, kInfinity}) {
                for (const Index count : {1, 6}) {
                    CAPTURE(sign);
                    CAPTURE(static_cast<int>(method));
                    CAPTURE(roughness);
                    CAPTURE(count);
                    problem.set_extra(count, roughness);
                    const auto solution = problem.solve(at_tolerance<S>(kTol, method));
                    problem.check(solution, kTol);
                    if (count == 6 && roughness < 1.0) CHECK(solution.iterations < plain);
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("projected_solve: a pencil's start block and preconditioner change the cost only", S, double,
                   Complex) {
    auto problem = pencil_problem<S>(1.0);
    for (const Index count : {0, 5}) {
        if (count > 0) problem.set_extra(count, 1e-2);
        for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
            CAPTURE(count);
            CAPTURE(static_cast<int>(method));
            auto options = at_tolerance<S>(1e-10, method);
            options.start = problem.solution();
            const auto exact = problem.solve(options);
            problem.check(exact, 1e-10);
            CHECK(exact.iterations == 0);
            options.start.resize(0, 0);
            options.preconditioner = jacobi(problem.A);
            problem.check(problem.solve(options), 1e-10);
        }
    }
}

TEST_CASE("projected_solve: A and B of different sizes are refused with both") {
    const auto problem = pencil_problem<double>(1.0);
    const DenseOperator<double> small{Matrix<double>::Identity(59, 59)};
    const auto message = message_of<std::invalid_argument>([&] {
        (void)projected_solve(problem.A, small, problem.lambda,
                              Deflation<double>{.X = problem.X, .extra = problem.extra, .extra_values = {}},
                              problem.rhs, at_tolerance<double>(kTol, LinearMethod::cg));
    });
    CHECK(contains(message, "A has 60 rows and B has 59"));
}
