// The search for missed copies damped what lies beyond a Ritz value of the first Lanczos steps, far up the spectrum,
// where its basis had no vectors to spare: a copy was one of hundreds of directions that the filter magnified alike,
// twenty searches said nothing, and then sets with up to ten copies missing were returned as converged.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "eigensolver/expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Copies of zero, then levels from `first` to one, each a constant factor beyond the last.
Eigen::VectorXd levels_above_copies(Index n, Index copies, double first) {
    Eigen::VectorXd levels = Eigen::VectorXd::Zero(n);
    for (Index i = copies; i < n; ++i) {
        levels(i) =
            first * std::pow(1.0 / first, static_cast<double>(i - copies) / static_cast<double>(n - copies - 1));
    }
    return levels;
}

}  // namespace

TEST_CASE("eigsh: 74 equal eigenvalues below a dense spectrum are counted, with a small basis too") {
    const Index n = 4000, copies = 74;
    const Eigen::VectorXd levels = levels_above_copies(n, copies, 1e-3);
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

// Of the search in shift-and-invert three powers of (A − σ)⁻¹ were all: from a σ as far away as three times the gap
// copies were missed and the set returned as converged, and where the inertia counted them five searches were all.
TEST_CASE("eigsh: 30 equal eigenvalues around a shift, with and without a count by inertia") {
    const Index n = 4000, copies = 30;
    const Eigen::VectorXd levels = levels_above_copies(n, copies, 1e-3);
    const auto A = sparse_with_spectrum<double>(levels, 1);
    const SparseHermitian<double> op(A);
    for (const bool certify : {false, true}) {
        for (const Index k : {copies + 2, copies + 6}) {
            for (const Index block : {1, 2}) {
                CAPTURE(certify);
                CAPTURE(k);
                CAPTURE(block);
                const auto pairs = eigsh(
                    op, {.k = k, .which = Which::nearest, .sigma = -3e-3, .certify = certify, .block_size = block});
                REQUIRE(pairs.converged);
                CHECK(pairs.certified == certify);
                CHECK((pairs.values - levels.head(k)).cwiseAbs().maxCoeff() <= 1e-9);
            }
        }
    }
}
