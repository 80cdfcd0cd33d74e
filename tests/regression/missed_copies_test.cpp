// The search for missed copies damped what lies beyond a Ritz value of the first Lanczos steps, far up the spectrum,
// where its basis had no vectors to spare: a copy was one of hundreds of directions that the filter magnified alike,
// twenty searches said nothing, and then sets with up to ten copies missing were returned as converged.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "eigensolver/expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("eigsh: 74 equal eigenvalues below a dense spectrum are counted, with a small basis too") {
    const Index n = 4000, copies = 74;
    Eigen::VectorXd levels = Eigen::VectorXd::Zero(n);
    for (Index i = copies; i < n; ++i) {
        levels(i) = 1e-3 * std::pow(1e3, static_cast<double>(i - copies) / static_cast<double>(n - copies - 1));
    }
    const auto A = sparse_with_spectrum<double>(levels, 1);
    const SparseHermitian<double> op(A);
    for (const Index k : {copies + 2, copies + 6}) {
        for (const Index basis : {k + 24, k + 40}) {
            CAPTURE(k);
            CAPTURE(basis);
            const auto pairs = eigsh(op, {.k = k, .tol = 1e-10, .basis_size = basis});
            REQUIRE(pairs.converged);
            CHECK(pairs.probed);
            CHECK((pairs.values - levels.head(k)).cwiseAbs().maxCoeff() <= 1e-10);
        }
    }
}
