// The component lambdabar::mumps.
#include <lambdabar/factorization/mumps.hpp>
#include <lambdabar/factorization/shift_invert.hpp>

#include <doctest/doctest.h>

#include "factorization/problems.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("MUMPS solves with a definite matrix to rounding", S, double, Complex) {
    check_definite<S>(mumps<S>());
}

TEST_CASE_TEMPLATE("MUMPS: inertia at every shift, of complex Hermitian matrices too", S, double, Complex) {
    check_inertia<S>(mumps<S>());
}

TEST_CASE_TEMPLATE("MUMPS pivots through a saddle point, with its inertia", S, double, Complex) {
    check_saddle_point<S>(mumps<S>());
}

TEST_CASE_TEMPLATE("MUMPS: the same bits on one and on two threads", S, double, Complex) {
    check_threads<S>(mumps<S>());
}

TEST_CASE_TEMPLATE("MUMPS counts the null pivots of a singular matrix and does not solve with it", S, double, Complex) {
    const Index n = 30;
    const Eigen::VectorXd values = both_signs(n);
    Matrix<S> M = Matrix<S>::Zero(n + 4, n + 4);
    M.topLeftCorner(n, n) = hermitian_with_spectrum<S>(values, 81);
    M(n + 1, n + 1) = S{-1};
    Sparse<S> lower = lower_of<S>(Sparse<S>(M.sparseView()));
    for (const Index zero : {n, n + 2, n + 3}) lower.insert(zero, zero) = S{0};
    lower.makeCompressed();
    const auto factor = mumps<S>()();
    factor->analyze(lower);
    CHECK_FALSE(factor->factorize(lower));
    REQUIRE(factor->inertia().has_value());
    const Inertia regular = inertia_of(values, 0.0);
    CHECK(*factor->inertia() == Inertia{regular.negative + 1, 3, regular.positive});

    for (Index i = 0; i < lower.rows(); ++i) lower.coeffRef(i, i) += S{10};  // the instance is not spoiled by it
    REQUIRE(factor->factorize(lower));
    CHECK(*factor->inertia() == Inertia{0, 0, n + 4});
}

TEST_CASE_TEMPLATE("MUMPS in ShiftInvert needs no replacement at a saddle point", S, double, Complex) {
    const Sparse<S> M = saddle_point<S>(40, 82);
    ShiftInvert<S> inverse(SparseHermitian<S>(M), nullptr, mumps<S>());
    REQUIRE(inverse.factor(0.0));
    CHECK(inverse.method() == "LDLT (MUMPS)");
    CHECK(inverse.inertia() == Inertia{40, 0, 40});
    CHECK(inverse.factorizations() == 1);
}

TEST_CASE("MUMPS's estimate is near the entries of LDLT's factor") {
    const Sparse<double> A = lower_of(laplacian({30, 30}));
    const FactorEstimate own = mumps<double>()()->analyze(A), eigen = eigen_ldlt<double>()()->analyze(A);
    CHECK(own.entries >= 0.5 * eigen.entries);
    CHECK(own.entries <= 3.0 * eigen.entries);
    CHECK(own.bytes >= 8.0 * own.entries);
}
