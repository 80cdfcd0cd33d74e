// The component lambdabar::cholmod.
#include <lambdabar/factorization/cholmod.hpp>
#include <lambdabar/factorization/shift_invert.hpp>

#include <doctest/doctest.h>

#include "factorization/problems.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("CHOLMOD solves with a definite matrix to rounding", S, double, Complex) {
    check_definite<S>(cholmod<S>());
}

TEST_CASE_TEMPLATE("CHOLMOD falls back to LDLT for an indefinite matrix, with the inertia", S, double, Complex) {
    check_inertia<S>(cholmod<S>());
}

TEST_CASE_TEMPLATE("CHOLMOD's name says which of its factorizations was used, and it goes back to LLT", S, double,
                   Complex) {
    const Sparse<S> A = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(90, 1.0, 5.0), 71);
    const Matrix<S> rhs = random_matrix<S>(90, 2, 72);
    const auto factor = cholmod<S>()();
    factor->analyze(lower_of(A));
    for (const double shift : {0.0, 2.987, 0.5, 6.0, 3.003, 0.25}) {
        CAPTURE(shift);
        const Sparse<S> M = shifted_lower(A, shift);
        REQUIRE(factor->factorize(M));
        CHECK(contains(factor->name(), shift < 1.0 ? "LLT" : "LDLT"));
        CHECK(*factor->inertia() == inertia_of(Eigen::VectorXd::LinSpaced(90, 1.0, 5.0), shift));
        const Matrix<S> full = dense(A) - shift * Matrix<S>::Identity(90, 90);
        // Without pivoting the growth is bounded by the inverse pivots only: 1e4 is far from where it would be noticed.
        const double tolerance = shift < 1.0 ? solve_tolerance(90) : solve_tolerance(90, 1e4);
        CHECK(backward_error<S>(full, solution<S>(*factor, rhs), rhs) <= tolerance);
    }
}

TEST_CASE_TEMPLATE("CHOLMOD: the same bits on one and on two threads", S, double, Complex) {
    check_threads<S>(cholmod<S>());
}

TEST_CASE_TEMPLATE("CHOLMOD in ShiftInvert: LU stands in at a saddle point", S, double, Complex) {
    const Sparse<S> M = saddle_point<S>(40, 73);
    ShiftInvert<S> inverse(SparseHermitian<S>(M), nullptr, cholmod<S>());
    REQUIRE(inverse.factor(0.0));
    CHECK(contains(inverse.method(), "LU (Eigen), instead of"));
    CHECK_FALSE(inverse.inertia().has_value());
    const Block<S> rhs = random_matrix<S>(80, 3, 74);
    Block<S> X(80, 3);
    inverse.solve(rhs, X);
    CHECK(backward_error<S>(dense(M), X, rhs) <= solve_tolerance(80, 11.0));
}

TEST_CASE("CHOLMOD's estimate is near the entries of LDLT's factor") {
    const Sparse<double> A = lower_of(laplacian({30, 30}));
    const FactorEstimate own = cholmod<double>()()->analyze(A), eigen = eigen_ldlt<double>()()->analyze(A);
    CHECK(own.entries >= 0.5 * eigen.entries);
    CHECK(own.entries <= 3.0 * eigen.entries);  // supernodes store their zeros and their upper triangle
    CHECK(own.bytes >= 8.0 * own.entries);
}
