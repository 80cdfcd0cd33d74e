// The guard (the Ritz pair beyond the k) counted as resolved as soon as its error interval did not touch λ_k. With only
// two or three distinct eigenvalues the probe's random block is not filtered (there is nothing to damp), and its Ritz
// value lies half-way between them with a residual just short of that distance: 2 of 100 seeds returned "converged,
// no cluster cut" for a set that cut a cluster of 100 equal eigenvalues. Now the residual must be small beside the gap.
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("eigsh: a cut through many equal eigenvalues is seen from every seed", S, double, Complex) {
    const Index n = 300;
    for (const Index distinct : {2, 3}) {
        const Eigen::VectorXd d =
            Eigen::VectorXd::NullaryExpr(n, [&](Index i) { return static_cast<double>(i % distinct); });
        const CallbackOperator<S> op{
            .n = n, .params = 0, .apply = [&](In<S> X, Out<S> Y) { Y = d.template cast<S>().asDiagonal() * X; }};
        int uncut = 0;
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            for (const Index k : {1, 4, 9}) {
                const auto pairs = eigsh(op, {.k = k, .seed = seed});
                REQUIRE(pairs.converged);
                if (!pairs.cuts_cluster) ++uncut;
            }
        }
        CHECK(uncut == 0);
    }
}
