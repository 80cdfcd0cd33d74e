// The shift-invert recurrence maps the null space of a singular B to zero, so what rounding leaves there is multiplied
// by about ten at every step of a long run: after a hundred solves vectors of norm 1e5 were returned as converged and
// certified, and their adjoints were off by 1e16.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "pencils.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("eigsh: a long run on a singular mass keeps to the range of the solves", S, double, Complex) {
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.0, 4.0}), 200, 6.0, 0.5), 531, Mass::lumped);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const auto normal = eigsh(A, B, {.k = 4, .tol = 1e-10});
    // A wide basis that is never restarted, and a pair far down the spectrum to wait for.
    for (const Index k : {4, 30}) {
        CAPTURE(k);
        const auto pairs = eigsh(A, B, {.k = k, .tol = 1e-14, .block_size = 1, .basis_size = 190, .extra = 20});
        REQUIRE(pairs.converged);
        CHECK((pairs.values.head(4) - normal.values).cwiseAbs().maxCoeff() <= pencil.noise());
        const Matrix<S> R =
            pencil.A * pairs.vectors - pencil.B * pairs.vectors * pairs.values.template cast<S>().asDiagonal();
        CHECK(R.norm() <= 10.0 * pencil.noise() * pairs.vectors.norm());
        CHECK(pairs.vectors.colwise().norm().maxCoeff() <= 10.0 * normal.vectors.colwise().norm().maxCoeff());
        CHECK(pairs.extra.colwise().norm().maxCoeff() <= 1e6 * normal.vectors.colwise().norm().maxCoeff());
    }
}
