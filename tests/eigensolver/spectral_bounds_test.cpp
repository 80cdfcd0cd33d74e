#include "eigensolver/spectral_bounds.hpp"

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
        for (const auto& [matrix, low, high] : examples) {
            CAPTURE(high);
            const SpectralBounds b = bounds_of<S>(matrix, seed);
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
