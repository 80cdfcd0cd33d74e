// A x = λ B x with a singular B: infinite eigenvalues are never returned.
#include <Eigen/LU>
#include <doctest/doctest.h>

#include "pencil_expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Mass kSingular[] = {Mass::lumped, Mass::consistent, Mass::hidden};

}  // namespace

TEST_CASE_TEMPLATE("eigsh: infinite eigenvalues of a singular mass are never returned, and vectors are normalized", S,
                   double, Complex) {
    for (const Mass mass : kSingular) {
        for (const Index massive : {45, 210}) {
            for (const int sign : {1, -1, 0}) {  // of A on the null space of B
                CAPTURE(static_cast<int>(mass));
                CAPTURE(massive);
                CAPTURE(sign);
                const auto pencil = test_pencil<S>(
                    spectrum_above(numbers({1.0, 2.0, 2.0, 2.0, 4.0, 5.0}), massive, 6.0, 0.5), 31, mass, sign);
                const SparseHermitian<S> A(pencil.A), B(pencil.B);
                const auto check = [&](const Eigenpairs<S>& pairs, const Eigen::VectorXd& wanted, double next) {
                    CAPTURE(pairs.engine);
                    check_pencil(pencil, wanted, next, 1e-11, pairs);
                    if (mass != Mass::hidden) CHECK(pairs.singular_B);  // seen by zero rows of B
                };
                // Inertia counts infinite eigenvalues of negative sign too: no σ is below them all, so nearest.
                if (sign > 0) {
                    const auto lowest = eigsh(A, B, {.k = 4, .tol = 1e-11});
                    check(lowest, numbers({1.0, 2.0, 2.0, 2.0}), 4.0);
                    CHECK(lowest.certified);
                }
                EigshOptions<S> options{.k = 4, .which = Which::nearest, .sigma = 1.8, .tol = 1e-11};
                const auto nearest = eigsh(A, B, options);
                check(nearest, numbers({1.0, 2.0, 2.0, 2.0}), 4.0);
                CHECK(nearest.certified);
                options.factorizer = eigen_lu<S>();
                check(eigsh(A, B, options), numbers({1.0, 2.0, 2.0, 2.0}), 4.0);
                options.factorizer = {};
                const Eigen::PartialPivLU<Matrix<S>> lu(dense(pencil.A) - 1.8 * dense(pencil.B));
                options.solve = [&lu](In<S> R, Out<S> X) { X = lu.solve(R); };
                check(eigsh(A, B, options), numbers({1.0, 2.0, 2.0, 2.0}), 4.0);
            }
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: a diagonal mass with zeros is solved as its Schur complement", S, double, Complex) {
    // A on the rows without mass eliminated: (A_11 − A_12 A_22⁻¹ A_21) x = λ B_11 x
    const Index n = 60, massive = 40, light = n - massive;
    const Matrix<S> M = random_matrix<S>(n, n, 32);
    const Matrix<S> A_dense =
        hermitian_part<S>(Matrix<S>(M * M.adjoint() / static_cast<double>(n) + Matrix<S>::Identity(n, n)));
    Eigen::VectorXd mass = Eigen::VectorXd::Zero(n);
    mass.head(massive) = Eigen::VectorXd::LinSpaced(massive, 0.5, 2.0);
    Sparse<S> A_sparse = A_dense.sparseView(), B_sparse(n, n);
    for (Index i = 0; i < massive; ++i) B_sparse.insert(i, i) = S{mass(i)};
    B_sparse.makeCompressed();
    const Matrix<S> A12 = A_dense.topRightCorner(massive, light);
    const Matrix<S> schur = A_dense.topLeftCorner(massive, massive) -
                            A12 * A_dense.bottomRightCorner(light, light).llt().solve(Matrix<S>(A12.adjoint()));
    const Eigen::VectorXd heavy = mass.head(massive);
    const auto exact = reference_eigh<S>(hermitian_part<S>(schur), Matrix<S>(heavy.cast<S>().asDiagonal()));
    const SparseHermitian<S> A(A_sparse), B(B_sparse);
    for (const Index k : {1, 5, 39}) {
        CAPTURE(k);
        const auto pairs = eigsh(A, B, {.k = k, .tol = 1e-12});
        REQUIRE(pairs.converged);
        CHECK(pairs.singular_B);
        // ‖A‖ is about 5, B_11 at least 1/2.
        CHECK((pairs.values - exact.values.head(k)).cwiseAbs().maxCoeff() <=
              pairs.residuals.norm() + 1e2 * static_cast<double>(n) * kEps * exact.values.cwiseAbs().maxCoeff());
        // Massless rows follow: A_22 x_2 = −A_21 x_1
        const Matrix<S> R = A12.adjoint() * pairs.vectors.topRows(massive) +
                            A_dense.bottomRightCorner(light, light) * pairs.vectors.bottomRows(light);
        CHECK(R.norm() <= 1e2 * static_cast<double>(n) * kEps * A_dense.norm() * pairs.vectors.norm());
        const Matrix<S> G = pairs.vectors.adjoint() * (B_sparse * pairs.vectors);
        CHECK((G - Matrix<S>::Identity(k, k)).norm() <= 1e2 * kEps * static_cast<double>(k));
    }
}

TEST_CASE_TEMPLATE("eigsh: more pairs than the rank of B are refused with the numbers", S, double, Complex) {
    for (const Mass mass : kSingular) {
        CAPTURE(static_cast<int>(mass));
        const auto pencil = test_pencil<S>(numbers({1.0, 2.0, 3.0, 5.0, 8.0, 9.0}), 33, mass);
        REQUIRE(pencil.n() == 8);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const std::string message = message_of<std::invalid_argument>([&] { (void)eigsh(A, B, {.k = 7}); });
        CHECK(contains(message, "k = 7 exceeds the 6 finite eigenvalues"));
        const auto all = eigsh(A, B, {.k = 6, .tol = 1e-11});
        REQUIRE(all.converged);
        CHECK((all.values - pencil.spectrum).cwiseAbs().maxCoeff() <= all.residuals.norm() + pencil.noise());
        if (mass != Mass::hidden) CHECK(all.singular_B);
        CHECK_FALSE(all.cuts_cluster);
        CHECK(orthonormality_error<S>(all.vectors, pencil.B) <= 1e2 * kEps * pencil.condition);
    }
}

TEST_CASE("eigsh: a zero mass has no finite eigenvalue and is refused") {
    const auto pencil = test_pencil<double>(spectrum_above(numbers({1.0}), 20, 2.0, 1.0), 34);
    Sparse<double> zero = pencil.B;
    zero.coeffs().setZero();
    const SparseHermitian<double> A(pencil.A), B(zero);
    CHECK_THROWS_AS((void)eigsh(A, B, {.k = 1}), std::invalid_argument);
    CHECK_THROWS_AS((void)eigsh(A, B, {.k = 1, .which = Which::nearest, .sigma = 1.1}), std::invalid_argument);
    CHECK_THROWS_AS((void)eigsh(A, B, {.k = 1, .factor = UseFactor::never}), std::invalid_argument);
}

TEST_CASE_TEMPLATE("eigsh: rigid-body modes of a structure with massless rows are found", S, double, Complex) {
    for (const Mass mass : kSingular) {
        CAPTURE(static_cast<int>(mass));
        const auto pencil = test_pencil<S>(spectrum_above(numbers({0.0, 0.0, 0.0, 1.0, 2.0}), 210, 3.0, 0.4), 35, mass);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const auto pairs = eigsh(A, B, {.k = 4, .tol = 1e-11});
        check_pencil(pencil, numbers({0.0, 0.0, 0.0, 1.0}), 2.0, 1e-11, pairs);
        if (mass != Mass::hidden) CHECK(pairs.singular_B);
        CHECK(pairs.certified);
    }
}

TEST_CASE_TEMPLATE("eigsh: what needs a regular B says that it is singular", S, double, Complex) {
    for (const Mass mass : kSingular) {
        CAPTURE(static_cast<int>(mass));
        const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 3.0}), 210, 4.0, 0.5), 36, mass);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const auto largest =
            message_of<std::invalid_argument>([&] { (void)eigsh(A, B, {.k = 2, .which = Which::largest}); });
        CHECK(contains(largest, "B must be positive definite"));
        CHECK(contains(largest, "singular"));
        const auto inner =
            message_of<std::invalid_argument>([&] { (void)eigsh(A, B, {.k = 2, .factor = UseFactor::never}); });
        CHECK(contains(inner, "B is not positive definite"));
    }
}
