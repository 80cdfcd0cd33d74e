// A Chebyshev filter amplifies a value far below the rest of the wanted ones by e^100 and more over the next target.
// What the target had left of that converged vector, its residual, then took over the whole filtered block: with one
// eigenvalue at 1e4 beside [−1, 10], the 3 largest pairs did not converge in a million products; at 1e5 the probe's
// polynomial overflowed. The degree is now bounded by the lead, and the probe works in stretches.
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("eigsh: a wanted eigenvalue far beyond the others does not take them over", S, double, Complex) {
    for (const double outlier : {1e2, 1e3, 1e4, 1e5, 1e8}) {
        CAPTURE(outlier);
        Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(400, -1.0, 10.0);
        spectrum(399) = outlier;
        const auto A = sparse_with_spectrum<S>(spectrum, 1);
        const auto pairs = eigsh(SparseHermitian<S>(A), {.k = 3, .which = Which::largest, .tol = 1e-12});
        REQUIRE(pairs.converged);
        CHECK((pairs.values - spectrum.tail(3)).cwiseAbs().maxCoeff() <=
              pairs.residuals.norm() + 400.0 * 10.0 * kEps * outlier);
        CHECK(pairs.products < 5000);  // about 1000; without the bound a million and more
    }
}
