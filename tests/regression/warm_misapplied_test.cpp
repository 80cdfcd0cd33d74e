// Vectors remembered in Warm were tested with the norm remembered beside them, whatever had become of the operator, and
// for whichever end of the spectrum was asked for:
//   - an operator 1e6 times smaller than the last was "converged" at 1e6 times the tolerance,
//   - without extra vectors, the 4 largest pairs were returned on sight for the 2 smallest,
//   - whether the remembered block applied was decided by each process from its own rows; one that held none took the
//     empty block for a fitting one, and the others waited for it in a sum it never joined.
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("warm start: a norm remembered from a larger operator does not loosen the tolerance") {
    const auto A = laplacian({16, 17});
    const Sparse<double> larger = 1e6 * A;
    Warm<double> warm;
    REQUIRE(eigsh(SparseHermitian<double>(larger), {.k = 4, .tol = 1e-6, .warm = &warm}).converged);
    const auto pairs = eigsh(SparseHermitian<double>(A), {.k = 4, .warm = &warm});
    CHECK(pairs.converged);
    CHECK(pairs.norm_A <= 8.0);
    CHECK(pairs.residuals.maxCoeff() <= pairs.tol * 8.0);
}

TEST_CASE("warm start: pairs of one end are not returned for the other") {
    const auto A = laplacian({16, 17});
    const SparseHermitian<double> op(A);
    const auto spectrum = laplacian_spectrum({16, 17});
    Warm<double> warm;
    REQUIRE(eigsh(op, {.k = 4, .which = Which::largest, .extra = 0, .warm = &warm}).converged);
    const auto pairs = eigsh(op, {.k = 2, .warm = &warm});
    CHECK(pairs.converged);
    CHECK((pairs.values - spectrum.head(2)).cwiseAbs().maxCoeff() <=
          pairs.residuals.norm() + 272.0 * 10.0 * kEps * 8.0);
}

TEST_CASE("warm start: a process without rows decides as the others do") {
    const auto A = laplacian({16, 17});
    const SparseHermitian<double> op(A);
    const Matrix<double> start = reference_eigh<double>(dense(A)).vectors.leftCols(4);
    const auto products = FakeRanks(std::vector<Index>{136, 136, 0}).run([&](const FakeRank& rank) {
        Warm<double> empty;
        return eigsh(rank.local(op),
                     EigshOptions<double>{.k = 2, .start = rank.mine(start), .warm = &empty, .sum = rank.sum})
            .products;
    });
    for (const Index count : products) CHECK(count == 4);
}
