// Threads change nothing; processes change the rounding only.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "expectations.hpp"
#include "same_bits.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Matrix<S> stacked(const std::vector<Eigenpairs<S>>& parts) {
    return FakeRanks::stack(parts, [](const Eigenpairs<S>& pairs) { return pairs.vectors; });
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh: 1 and 2 threads give the same bits", S, double, Complex) {
    const auto A = laplacian<S>({60, 61});  // several partitions of the reductions
    const SparseHermitian<S> op(A);
    (void)same_bits_with_two_threads([&] { return eigsh(op, {.k = 4, .tol = 1e-8}); });
}

TEST_CASE_TEMPLATE("eigsh: 3 processes find the pairs of one, and agree with one another to the bit", S, double,
                   Complex) {
    const auto spectrum = laplacian_spectrum({20, 21});
    const auto A = laplacian<S>({20, 21});
    const SparseHermitian<S> op(A);
    for (const Which which : {Which::smallest, Which::largest}) {
        const auto whole = eigsh(op, {.k = 5, .which = which});
        const FakeRanks ranks(420);
        const auto parts = ranks.run([&](const FakeRank& rank) {
            return eigsh(rank.local(op), EigshOptions<S>{.k = 5, .which = which, .sum = rank.sum});
        });
        REQUIRE(whole.converged);
        check_agreement(parts);
        // The same random numbers, hence the same course up to rounding.
        CHECK(std::abs(parts[0].products - whole.products) <= whole.products / 4);
        CHECK((parts[0].values - whole.values).cwiseAbs().maxCoeff() <=
              2.0 * whole.residuals.norm() + rounding(420, 8.0));
        auto joined = parts[0];
        joined.vectors = stacked(parts);
        joined.extra = FakeRanks::stack(parts, [](const Eigenpairs<S>& pairs) { return pairs.extra; });
        check_converged(op, spectrum, joined, EigshOptions<S>{.k = 5, .which = which});
    }
}

TEST_CASE_TEMPLATE("eigsh: processes that do not know their first row, or hold no row, still converge", S, double,
                   Complex) {
    const auto spectrum = laplacian_spectrum({20, 21});
    const auto A = laplacian<S>({20, 21});
    const SparseHermitian<S> op(A);
    for (const auto& rows :
         {std::vector<Index>{200, 20, 200}, std::vector<Index>{0, 419, 1}, std::vector<Index>{420}}) {
        const auto parts = FakeRanks(rows).run([&](const FakeRank& rank) {
            return eigsh(rank.local(op), EigshOptions<S>{.k = 3, .sum = rank.anonymous_sum});
        });
        for (const auto& part : parts) CHECK(part.converged);
        CHECK((parts[0].values - spectrum.head(3)).cwiseAbs().maxCoeff() <=
              parts[0].residuals.norm() + rounding(420, 8.0));
        CHECK(orthonormality_error(stacked(parts)) <= 100.0 * kEps);
    }
}

TEST_CASE_TEMPLATE("eigsh: warm and start blocks work on 3 processes, one of which holds no row", S, double, Complex) {
    const auto A = laplacian<S>({20, 21});
    const SparseHermitian<S> op(A);
    const Matrix<S> start = reference_eigh<S>(dense(A)).vectors.leftCols(6);
    for (const auto& rows : {std::vector<Index>{84, 210, 126}, std::vector<Index>{210, 210, 0}}) {
        const auto costs = FakeRanks(rows).run([&](const FakeRank& rank) {
            Warm<S> warm;  // still empty: the start block counts
            EigshOptions<S> options{.k = 3, .warm = &warm, .sum = rank.sum};
            options.start = rank.mine(start);
            const auto first = eigsh(rank.local(op), options);
            options.start.resize(0, 0);
            const auto second = eigsh(rank.local(op), options);  // the first took the start block at its word
            const auto third = eigsh(rank.local(op), options);
            return std::vector<Index>{first.converged ? first.products : -1, second.probed ? 1 : 0,
                                      third.converged && third.search_carried ? third.products : -1};
        });
        for (const auto& cost : costs) {
            CHECK(cost[0] == 6);
            CHECK(cost[1] == 1);
            CHECK(cost[2] == 6 + 2);  // two Gaussian columns beside the vectors
        }
    }
}

TEST_CASE("eigsh: the number of pairs is compared with the rows of all processes") {
    const auto A = laplacian({6});
    const SparseHermitian<double> op(A);
    const auto messages = FakeRanks(6).run([&](const FakeRank& rank) {
        return message_of<std::invalid_argument>([&] { (void)eigsh(rank.local(op), {.k = 6, .sum = rank.sum}); });
    });
    for (const auto& text : messages) CHECK(contains(text, "n = 6"));
    const auto parts = FakeRanks(6).run([&](const FakeRank& rank) {
        return eigsh(rank.local(op), {.k = 4, .sum = rank.sum});  // more than any process holds
    });
    CHECK((parts[0].values - laplacian_spectrum({6}).head(4)).cwiseAbs().maxCoeff() <=
          rounding(6, 4.0) + parts[0].residuals.norm());
}
