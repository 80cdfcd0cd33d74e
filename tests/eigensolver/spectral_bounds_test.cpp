#include "eigensolver/spectral_bounds.hpp"

#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
SpectralBounds bounds_of(const Sparse<S>& matrix, std::uint64_t seed) {
    const SparseHermitian<S> A(matrix);
    const OperatorRef<S> op(A);
    CountedOperator<S> counted(op, 1.0);
    return spectral_bounds<S>(counted, Metric<S>(), 12, seed, {});
}

}  // namespace

TEST_CASE_TEMPLATE("spectral_bounds: hold the spectrum, and `upper` closely", S, double, Complex) {
    struct Example {
        Sparse<S> matrix;
        double low, high;
    };
    Sparse<S> outlier(3000, 3000);
    for (Index i = 0; i < 3000; ++i)
        outlier.insert(i, i) = S{i == 1234 ? 40.0 : -1.0 + static_cast<double>(i) / 1500.0};
    const Eigen::VectorXd of_grid = laplacian_spectrum({30, 20, 10});
    const std::vector<Example> examples{{laplacian<S>({30, 20, 10}), of_grid.minCoeff(), of_grid.maxCoeff()},
                                        {outlier, -1.0, 40.0}};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        for (const Example& example : examples) {
            const double low = example.low, high = example.high;
            CAPTURE(high);
            const SpectralBounds b = bounds_of<S>(example.matrix, seed);
            const double width = high - low;
            CHECK(b.lowest >= low - 1e-12 * width);
            CHECK(b.lowest <= low + 0.1 * width);
            CHECK(b.second >= b.lowest);
            CHECK(b.upper >= high - 1e-12 * width);
            CHECK(b.upper <= high + 0.05 * width);
            CHECK(b.beyond >= b.upper);
            CHECK(b.norm <= (1.0 + 1e-12) * std::max(std::abs(low), std::abs(high)));
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: a single value beyond the rest of the far end disturbs no filter", S, double, Complex) {
    constexpr Index n = 4000;
    const auto solve = [&](double beyond, std::uint64_t seed) {
        Sparse<S> A(n, n);
        for (Index i = 0; i < n; ++i) {
            const double t = static_cast<double>(i + 1) / static_cast<double>(n);
            A.insert(i, i) = S{i == n / 3 ? 1.0 + beyond : t * t};
        }
        A.makeCompressed();
        return eigsh(SparseHermitian<S>(A), {.k = 3, .tol = 1e-9, .seed = seed});
    };
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
        CAPTURE(seed);
        const auto without = solve(0.0, seed);
        for (const double beyond : {0.003, 0.01, 0.02, 0.04, 0.08, 0.3, 5.0}) {
            CAPTURE(beyond);
            const auto pairs = solve(beyond, seed);
            REQUIRE(pairs.converged);
            for (Index i = 0; i < 3; ++i) {
                const double t = static_cast<double>(i + 1) / static_cast<double>(n);
                CHECK(std::abs(pairs.values(i) - t * t) <= 2e-9 * (1.0 + beyond));
            }
            CHECK(pairs.far_end >= 1.0 + 0.99 * beyond);
            // Products grow with the root of the spectrum's width.
            CHECK(static_cast<double>(pairs.products) <=
                  1.3 * std::sqrt(1.0 + beyond) * static_cast<double>(without.products));
        }
    }
}
