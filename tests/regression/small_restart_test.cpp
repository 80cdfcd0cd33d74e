// In spaces hardly larger than k plus a block, a restart kept "capacity − block" vectors, which was fewer than k: the
// wanted pairs were dropped, and the probe read Ritz values that no longer existed. First seen with n = 5, k = 2.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("eigsh: a restart in a tiny space keeps the wanted pairs", S, double, Complex) {
    for (Index n = 2; n <= 12; ++n) {
        const Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(n, 0.0, 1.0);
        const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
        for (Index k = 1; k < n; ++k) {
            for (const Which which : {Which::smallest, Which::largest}) {
                CAPTURE(n);
                CAPTURE(k);
                const auto pairs = eigsh(A, {.k = k, .which = which});
                const Eigen::VectorXd wanted = which == Which::smallest ? spectrum.head(k) : spectrum.tail(k);
                REQUIRE(pairs.converged);
                CHECK((pairs.values - wanted).cwiseAbs().maxCoeff() <= pairs.residuals.norm() + 120.0 * kEps);
            }
        }
    }
}
