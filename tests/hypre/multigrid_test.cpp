// The component hypre: one symmetric V-cycle of algebraic multigrid.
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/multigrid.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

// Open MPI keeps memory to the end of the process, and its plugins, which could be named, are unloaded by then: the
// leak sanitizer asks this, where there is one.
extern "C" int __lsan_is_turned_off() { return 1; }

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

Matrix<double> applied(const Preconditioner<double>& M, const Matrix<double>& R) {
    const Block<double> block = R;
    Block<double> Z(R.rows(), R.cols());
    M(block, Z);
    return Z;
}

}  // namespace

TEST_CASE("multigrid: a cycle is linear, symmetric and positive definite, for every storage") {
    const auto L = laplacian({15, 14});
    const Sparse<double> lower = L.triangularView<Eigen::Lower>();
    const Matrix<double> identity = Matrix<double>::Identity(210, 210);
    for (const int sweeps : {1, 2}) {
        const auto M = multigrid(SparseHermitian<double>(L), {.shift = -0.1, .sweeps = sweeps});
        const Matrix<double> inverse = applied(M, identity);
        CHECK((inverse - inverse.transpose()).norm() <= 1e-12 * inverse.norm());
        CHECK(Eigen::SelfAdjointEigenSolver<Matrix<double>>(inverse).eigenvalues()(0) > 0.0);
        const Matrix<double> R = random_matrix<double>(210, 3, 1);
        CHECK((applied(M, R) - inverse * R).norm() <= 1e-12 * (inverse * R).norm());
        const auto from_triangle = multigrid(SparseHermitian<double>(lower), {.shift = -0.1, .sweeps = sweeps});
        CHECK((applied(from_triangle, identity) - inverse).norm() <= 1e-12 * inverse.norm());
    }
}

TEST_CASE("multigrid: the cycle inverts a Laplacian to a factor that does not depend on its size") {
    for (const Index points : {20, 40, 80}) {
        const SparseHermitian<double> A(laplacian({points, points}));
        const auto M = multigrid(A);
        Block<double> x = random_matrix<double>(points * points, 1, 2), Ax(x.rows(), 1), z(x.rows(), 1);
        for (int step = 0; step < 20; ++step) {  // the power method on I − M⁻¹A
            A.apply(x, Ax);
            M(Ax, z);
            x = ((x - z) / x.norm()).eval();
        }
        CHECK(x.norm() <= 0.35);
    }
}

TEST_CASE("eigsh: multigrid finds all copies on a square, with as many steps at twice the size") {
    std::vector<Index> applications;
    for (const Index points : {30, 60}) {
        const SparseHermitian<double> A(laplacian({points, points}));
        const auto pairs = eigsh(A, EigshOptions<double>{.k = 6, .preconditioner = multigrid(A)});
        REQUIRE(pairs.converged);
        const Eigen::VectorXd wanted = laplacian_spectrum({points, points}).head(6);
        CHECK((pairs.values - wanted).cwiseAbs().maxCoeff() <= pairs.residuals.norm() + 1e-12);
        applications.push_back(pairs.preconditioned);
    }
    CHECK(applications[1] <= applications[0] + applications[0] / 2);
}

TEST_CASE("multigrid: a matrix that is not definite, and blocks of another height, are refused") {
    const SparseHermitian<double> A(laplacian({5, 5}));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)multigrid(A, {.shift = 5.0}); }), "entry 0"));
    const auto M = multigrid(A);
    Block<double> R(24, 1), Z(24, 1);
    R.setOnes();
    CHECK(contains(message_of<std::invalid_argument>([&] { M(R, Z); }), "25 rows"));
}
