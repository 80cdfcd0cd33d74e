#include <lambdabar/block/kernels.hpp>

#include <doctest/doctest.h>

#include <numbers>

#include "block/random_native.hpp"
#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Block<S> filled(Index n, Index cols, std::uint64_t seed, std::uint64_t stream) {
    Block<S> X(n, cols);
    fill_random<S>(X, seed, stream);
    return X;
}

/// Real and imaginary parts as one list of numbers.
template <ScalarType S>
Eigen::VectorXd real_numbers(const Block<S>& X) {
    constexpr Index width = sizeof(S) / sizeof(double);
    return Eigen::Map<const Eigen::VectorXd>(reinterpret_cast<const double*>(X.data()), width * X.size());
}

}  // namespace

TEST_CASE_TEMPLATE("fill_random: moments, tails and correlations are those of standard normal numbers", S, double,
                   Complex) {
    const auto X = filled<S>(40'000, 5, 7, 0);
    const Eigen::ArrayXd z = real_numbers(X).array();
    const double count = static_cast<double>(z.size());
    // Five standard deviations of each estimate; var(z²) = 2, var(z³) = 15, var(z⁴) = 96.
    const auto within = [&](double estimate, double expected, double variance) {
        return std::abs(estimate - expected) <= 5.0 * std::sqrt(variance / count);
    };
    CHECK(within(z.mean(), 0.0, 1.0));
    CHECK(within(z.square().mean(), 1.0, 2.0));
    CHECK(within(z.cube().mean(), 0.0, 15.0));
    CHECK(within(z.square().square().mean(), 3.0, 96.0));
    const double beyond_2 = std::erfc(2.0 / std::sqrt(2.0));
    CHECK(within((z.abs() > 2.0).cast<double>().mean(), beyond_2, beyond_2 * (1.0 - beyond_2)));
    CHECK(z.allFinite());

    // Products of different entries have mean 0 and variance 1: neighbouring rows, columns, seeds and streams.
    const auto uncorrelated = [&](const Eigen::VectorXd& x, const Eigen::VectorXd& y) {
        return std::abs(x.dot(y) / static_cast<double>(x.size())) <= 5.0 / std::sqrt(static_cast<double>(x.size()));
    };
    const Block<S> upper = X.topRows(X.rows() - 1), lower = X.bottomRows(X.rows() - 1);
    const Block<S> left = X.leftCols(4), right = X.rightCols(4);
    CHECK(uncorrelated(real_numbers(upper), real_numbers(lower)));
    CHECK(uncorrelated(real_numbers(left), real_numbers(right)));
    CHECK(uncorrelated(real_numbers(X), real_numbers(filled<S>(40'000, 5, 8, 0))));
    CHECK(uncorrelated(real_numbers(X), real_numbers(filled<S>(40'000, 5, 7, 5))));
    if constexpr (!std::same_as<S, double>) {
        const Eigen::VectorXd both = real_numbers(X);
        const Eigen::Map<const Eigen::VectorXd, 0, Eigen::InnerStride<2>> re(both.data(), X.size()),
            im(both.data() + 1, X.size());
        CHECK(uncorrelated(re, im));
    }
}

TEST_CASE("fill_random: the numbers are Box and Muller's, by the logarithm, sine and cosine of the C library") {
    const Index n = 20'000;
    const auto X = filled<Complex>(n, 1, 11, 4);
    const auto uniform = [](std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52; };
    double worst = 0.0;
    for (Index r = 0; r < n; ++r) {
        const std::uint64_t row = static_cast<std::uint64_t>(r) * 0x2545f4914f6cdd1dull + 4;
        const std::uint64_t base = native::mix(native::mix(11) ^ native::mix(row));
        const Complex z =
            std::polar(std::sqrt(-2.0 * std::log(uniform(base))), 2.0 * std::numbers::pi * uniform(native::mix(base)));
        worst = std::max(worst, std::abs(X(r, 0) - z));
    }
    CHECK(worst <= 1e-14);
}

TEST_CASE_TEMPLATE("fill_random: column c of stream s is column 0 of stream s + c", S, double, Complex) {
    const auto X = filled<S>(100, 4, 3, 10);
    for (Index c = 0; c < 4; ++c) CHECK(X.col(c) == filled<S>(100, 1, 3, 10 + static_cast<std::uint64_t>(c)));
    CHECK(X == filled<S>(100, 4, 3, 10));
    CHECK(X != filled<S>(100, 4, 4, 10));
}

TEST_CASE_TEMPLATE("fill_random: numbers depend on the global row only, however the rows are distributed", S, double,
                   Complex) {
    const Index n = 5000;
    const auto whole = filled<S>(n, 3, 5, 2);
    for (const auto& rows : {std::vector<Index>{1000, 2500, 1500}, std::vector<Index>{1, 0, 4999}}) {
        const auto parts = FakeRanks(rows).run([&](const FakeRank& rank) {
            Block<S> X(rank.rows, 3);
            fill_random<S>(X, 5, 2, rank.sum);
            return X;
        });
        CHECK(FakeRanks::stack(parts, [](const Block<S>& X) { return X; }) == whole);
    }
}

TEST_CASE("fill_random: processes that do not know their first row still draw different numbers") {
    const auto parts = FakeRanks(std::vector<Index>{50, 50, 50}).run([](const FakeRank& rank) {
        Block<double> X(rank.rows, 1);
        fill_random<double>(X, 5, 2, rank.anonymous_sum);
        return X;
    });
    CHECK(parts[0] != parts[1]);
    CHECK(parts[1] != parts[2]);
}
