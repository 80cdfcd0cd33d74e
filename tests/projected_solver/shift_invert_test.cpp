// shift_invert_solve(): the adjoint systems with a solve by A − σB, by conjugate gradients or from one Krylov space.
#include "projected_solver/shift_invert_solve.hpp"

#include <lambdabar/operator/sparse.hpp>

#include <Eigen/LU>
#include <doctest/doctest.h>

#include "pencils.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-11;

/// Pairs `first` … `first + k − 1` of a pencil in the order of λ, σ, and e Ritz vectors beyond the set with their
/// images.
template <ScalarType S>
struct Problem {
    TestPencil<S> pencil;
    double sigma;
    Index first, k;
    SparseHermitian<S> A{pencil.A}, B{pencil.B};
    Matrix<S> K = Eigen::PartialPivLU<Matrix<S>>(dense(pencil.A) - sigma * dense(pencil.B)).solve(dense(pencil.B));
    Matrix<S> X, others;  // B-orthonormal eigenvectors of the set, and of all other finite eigenvalues
    Eigen::VectorXd lambda, other_values;
    Matrix<S> extra, images;
    Eigen::VectorXd extra_values;
    BlockSolve<S> solve = [lu = Eigen::PartialPivLU<Matrix<S>>(dense(pencil.A) - sigma * dense(pencil.B))](
                              In<S> R, Out<S> Y) { Y = lu.solve(R); };
    Sum sum = {};

    Problem(TestPencil<S> p, double shift, Index begin, Index count)
        : pencil(std::move(p)), sigma(shift), first(begin), k(count) {
        // K is self-adjoint in the inner product of B + N, N any positive form on the null space: diagonalized as it
        // is.
        const auto m = pencil.spectrum.size();
        const Matrix<S> shifted = dense(pencil.A) + (1.0 + pencil.size) * dense(pencil.B);  // positive definite
        const auto inverse = reference_eigh<S>(dense(pencil.B), shifted);                   // 1/(λ + 1 + size)
        Matrix<S> vectors = inverse.vectors.rightCols(m).rowwise().reverse();
        const Eigen::VectorXd nu = inverse.values.tail(m).reverse();
        for (Index j = 0; j < m; ++j) vectors.col(j) /= std::sqrt(nu(j));
        const Eigen::VectorXd values = nu.cwiseInverse().array() - (1.0 + pencil.size);
        X = vectors.middleCols(first, k);
        lambda = values.segment(first, k);
        others.resize(pencil.n(), m - k);
        others << vectors.leftCols(first), vectors.rightCols(m - first - k);
        other_values.resize(m - k);
        other_values << values.head(first), values.tail(m - first - k);
    }

    void set_extra(Index count, double roughness) {
        const Index after = first;  // the eigenvectors beyond the set
        Matrix<S> E = others.middleCols(after, count) + roughness * K * random_matrix<S>(pencil.n(), count, 611);
        E -= X * (X.adjoint() * (pencil.B * E));
        const auto ritz = reference_eigh<S>(hermitian_part<S>(Matrix<S>(E.adjoint() * (pencil.B * (K * E)))),
                                            hermitian_part<S>(Matrix<S>(E.adjoint() * (pencil.B * E))));
        extra = E * ritz.vectors.rowwise().reverse();
        images = K * extra;
        extra_values = ritz.values.reverse().cwiseInverse().array() + sigma;
    }

    ProjectedSolution<S> run(const Block<S>& rhs, bool definite, Index max_iterations = 0) const {
        const Pencil<S> view = lambdabar::detail::pencil(A, B);
        const Block<S> X_block = X;
        const ShiftInvertProblem<S> problem{.pencil = view,
                                            .solve = solve,
                                            .sigma = sigma,
                                            .X = X_block,
                                            .extra = extra,
                                            .extra_images = images,
                                            .extra_values = extra_values,
                                            .definite = definite,
                                            .sum = sum};
        return shift_invert_solve<S>(problem, lambda, rhs, Eigen::VectorXd::Constant(1, kTol), max_iterations);
    }

    /// The equation itself, massless rows included, and the error against Σ x_j x_jᴴ rhs_i/(λ_j − λ_i) on those with
    /// mass.
    void check(const ProjectedSolution<S>& solution, const Block<S>& rhs) const {
        REQUIRE(solution.converged);
        const Matrix<S> W = solution.W, BX = pencil.B * X;
        const auto project = [&](const Matrix<S>& R) { return Matrix<S>(R - BX * (X.adjoint() * R)); };
        const Matrix<S> residual =
            project(Matrix<S>(pencil.A * W - pencil.B * W * lambda.template cast<S>().asDiagonal() - rhs));
        const double noise = 10.0 * pencil.noise(sigma) * (W.norm() + rhs.norm());
        // A residual s of (I − τK)w = c is one of (A − σB)s here.
        const double scale = (pencil.size + std::abs(sigma)) * pencil.condition;
        CHECK(residual.norm() <= kTol * scale * W.norm() * static_cast<double>(k) * 10.0 + noise * scale);
        CHECK((BX.adjoint() * W).norm() <= 1e2 * kEps * pencil.condition * W.norm());
        for (Index i = 0; i < k; ++i) {
            CAPTURE(i);
            CHECK(solution.column_converged[static_cast<std::size_t>(i)]);
            CHECK(solution.residuals(i) <= kTol * solution.rhs_norms(i));
            Matrix<S> wanted = Matrix<S>::Zero(pencil.n(), 1);
            for (Index j = 0; j < others.cols(); ++j)
                wanted += others.col(j) * (others.col(j).dot(rhs.col(i)) / (other_values(j) - lambda(i)));
            const Matrix<S> error = W.col(i) - wanted;
            const double size = std::sqrt(std::abs((wanted.adjoint() * (pencil.B * wanted))(0, 0)));
            const double wrong = std::sqrt(std::abs((error.adjoint() * (pencil.B * error))(0, 0)));
            const double gap = (other_values.array() - lambda(i)).abs().minCoeff();
            CHECK(wrong <= kTol * solution.rhs_norms(i) * (1.0 + std::abs(lambda(i) - sigma) / gap) +
                               noise * (1.0 + size) / gap);
        }
    }
};

template <ScalarType S>
Problem<S> lower_end(Mass mass = Mass::regular) {
    return {test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.0, 3.0}), 60, 4.0, 0.5), 621, mass), 0.2, 0, 4};
}

}  // namespace

TEST_CASE_TEMPLATE("shift_invert_solve: at the lower end CG finds the solution, massless rows included", S, double,
                   Complex) {
    for (const Mass mass : {Mass::regular, Mass::lumped, Mass::consistent, Mass::hidden}) {
        CAPTURE(static_cast<int>(mass));
        auto problem = lower_end<S>(mass);
        const Block<S> rhs = random_matrix<S>(problem.pencil.n(), problem.k, 622);
        const auto plain = problem.run(rhs, true);
        problem.check(plain, rhs);
        CHECK(plain.solves <= (plain.iterations + 1) * problem.k);
        for (const double roughness : {0.0, 1e-2, 1.0}) {
            CAPTURE(roughness);
            problem.set_extra(5, roughness);
            const auto helped = problem.run(rhs, true);
            problem.check(helped, rhs);
            if (roughness <= 1e-2) CHECK(helped.solves < plain.solves);
        }
        problem.check(problem.run(rhs, false), rhs);  // from one Krylov space
    }
}

TEST_CASE_TEMPLATE("shift_invert_solve: what the mass does not see may be nearly all of the right-hand side", S, double,
                   Complex) {
    for (const Mass mass : {Mass::lumped, Mass::consistent, Mass::hidden}) {
        CAPTURE(static_cast<int>(mass));
        auto problem = lower_end<S>(mass);
        problem.set_extra(5, 1e-2);
        const Index n = problem.pencil.n(), massless = n - problem.pencil.spectrum.size();
        const auto B = lambdabar::test::reference_eigh<S>(dense(problem.pencil.B));
        const Matrix<S> unseen = B.vectors.leftCols(massless) * random_matrix<S>(massless, problem.k, 628);
        for (const double size : {1e2, 1e5}) {
            CAPTURE(size);
            const Block<S> rhs = size * (problem.pencil.A * unseen) + random_matrix<S>(n, problem.k, 629);
            problem.check(problem.run(rhs, false), rhs);
            problem.check(problem.run(rhs, true), rhs);
        }
    }
}

TEST_CASE_TEMPLATE("shift_invert_solve: right-hand sides that span one dimension cost fewer solves than columns do", S,
                   double, Complex) {
    auto problem = lower_end<S>();
    problem.set_extra(5, 1e-3);
    const Block<S> one = random_matrix<S>(problem.pencil.n(), 1, 623);
    Block<S> rhs(problem.pencil.n(), problem.k);
    for (Index j = 0; j < problem.k; ++j) rhs.col(j) = one.col(0) * (1.0 + static_cast<double>(j));
    const auto shared = problem.run(rhs, true);
    problem.check(shared, rhs);
    const Block<S> different = random_matrix<S>(problem.pencil.n(), problem.k, 624);
    CHECK(shared.solves < problem.run(different, true).solves);
}

TEST_CASE_TEMPLATE("shift_invert_solve: a problem that is not definite after all is solved all the same", S, double,
                   Complex) {
    // The set lies inside of the spectrum: below it A − λ_iB is negative.
    Problem<S> problem(test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.5, 4.0}), 60, 6.0, 0.5), 625), 3.1, 2, 2);
    const Block<S> rhs = random_matrix<S>(problem.pencil.n(), problem.k, 626);
    problem.check(problem.run(rhs, true), rhs);
    problem.check(problem.run(rhs, false), rhs);
}

TEST_CASE_TEMPLATE("shift_invert_solve: too few iterations are reported per column", S, double, Complex) {
    auto problem = lower_end<S>();
    const Block<S> rhs = random_matrix<S>(problem.pencil.n(), problem.k, 627);
    for (const bool definite : {true, false}) {
        const auto solution = problem.run(rhs, definite, 2);
        CHECK_FALSE(solution.converged);
        CHECK(std::count(solution.column_converged.begin(), solution.column_converged.end(), false) > 0);
        for (Index i = 0; i < problem.k; ++i) {
            const bool below = solution.residuals(i) <= kTol * solution.rhs_norms(i);
            CHECK(below == solution.column_converged[static_cast<std::size_t>(i)]);
        }
    }
}
