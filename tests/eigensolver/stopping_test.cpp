// What the monitor sees, and results that are honest about not having converged.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// λ, smallest first in the direction of the search.
Eigen::VectorXd ordered(const Progress& progress, Which which) {
    return which == Which::smallest ? progress.ritz_values : Eigen::VectorXd(-progress.ritz_values.reverse());
}

}  // namespace

TEST_CASE_TEMPLATE("monitor: Ritz values approach from inside, counts grow, and it ends with the result", S, double,
                   Complex) {
    const auto A = laplacian<S>({25, 26});
    const SparseHermitian<S> op(A);
    const auto spectrum = laplacian_spectrum({25, 26});
    for (const Which which : {Which::smallest, Which::largest}) {
        std::vector<Progress> seen;
        const EigshOptions<S> options{.k = 5, .which = which, .monitor = [&](const Progress& progress) {
                                          seen.push_back(progress);
                                          return true;
                                      }};
        const auto pairs = eigsh(op, options);
        REQUIRE(pairs.converged);
        REQUIRE(!seen.empty());
        CHECK(static_cast<Index>(seen.size()) == pairs.iterations);
        const Eigen::VectorXd exact =
            which == Which::smallest ? Eigen::VectorXd(spectrum.head(5)) : Eigen::VectorXd(-spectrum.tail(5).reverse());
        for (std::size_t i = 0; i < seen.size(); ++i) {
            const Progress& now = seen[i];
            CHECK(now.wanted == 5);
            CHECK(now.iteration == static_cast<Index>(i) + 1);
            CHECK(now.converged <= 5);
            CHECK(now.residuals.size() == now.ritz_values.size());
            const Eigen::VectorXd values = ordered(now, which);
            CHECK(std::is_sorted(values.data(), values.data() + values.size()));
            CHECK((values - exact.head(values.size())).minCoeff() >= -rounding(650, 8.0));  // Cauchy interlacing
            if (i == 0) continue;
            CHECK(now.products >= seen[i - 1].products);
            const Eigen::VectorXd before = ordered(seen[i - 1], which);
            const Index common = std::min(before.size(), values.size());
            CHECK((values.head(common) - before.head(common)).maxCoeff() <= rounding(650, 8.0));
        }
        CHECK(seen.back().converged == 5);
        CHECK(seen.back().products <= pairs.products);
    }
}

TEST_CASE_TEMPLATE("monitor: returning false stops at once, with what is known so far", S, double, Complex) {
    const auto A = laplacian<S>({25, 26});
    const SparseHermitian<S> op(A);
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Index stop : {1, 2, 5}) {
            CAPTURE(stop);
            Index calls = 0, products = 0;
            const auto pairs =
                eigsh(op, EigshOptions<S>{.k = 5, .which = which, .monitor = [&](const Progress& progress) {
                                              products = progress.products;
                                              return ++calls < stop;
                                          }});
            CHECK(calls == stop);
            CHECK(!pairs.converged);
            CHECK(pairs.reason == StopReason::stopped_by_monitor);
            CHECK(pairs.iterations == stop);
            CHECK(pairs.products == products);
            CHECK(orthonormality_error(pairs.vectors) <= 100.0 * kEps);
            CHECK(pairs.size() <= 5);
            CHECK(pairs.values.allFinite());
        }
    }
}

TEST_CASE_TEMPLATE("monitor: an exception passes through", S, double, Complex) {
    struct Enough {};
    const auto A = laplacian<S>({10, 10});
    const SparseHermitian<S> op(A);
    CHECK_THROWS_AS(
        (void)eigsh(op, EigshOptions<S>{.k = 2, .monitor = [](const Progress&) -> bool { throw Enough{}; }}), Enough);
}

TEST_CASE_TEMPLATE("max_products: the limit is kept to within a step, and the result says so", S, double, Complex) {
    const auto A = laplacian<S>({40, 41});
    const SparseHermitian<S> op(A);
    const auto full = eigsh(op, {.k = 5});
    REQUIRE(full.converged);
    // The last: just before the last filter.
    for (const Index limit : {Index{1}, Index{30}, full.products / 2, full.products - 4 * (full.filter_degree + 2)}) {
        CAPTURE(limit);
        const auto pairs = eigsh(op, {.k = 5, .max_products = limit});
        CHECK(!pairs.converged);
        CHECK(pairs.reason == StopReason::iteration_limit);
        // One step: a filtered block of 4, its residuals and projections; at the start 12 steps for the bound.
        CHECK(pairs.products <= limit + 4 * (pairs.filter_degree + 2) + 16);
        REQUIRE(pairs.size() >= 1);
        CHECK(orthonormality_error(pairs.vectors) <= 200.0 * kEps);
        // Residuals are either true or not known.
        const Matrix<S> R = A * pairs.vectors - pairs.vectors * pairs.values.template cast<S>().asDiagonal();
        Index unconverged = 0;
        for (Index i = 0; i < pairs.size(); ++i) {
            if (!(R.col(i).norm() <= full.tol * 8.0)) ++unconverged;
            if (pairs.residuals(i) <= pairs.tol * pairs.norm_A) CHECK(R.col(i).norm() <= 2.0 * pairs.tol * 8.0);
        }
        if (limit < full.products / 2) CHECK(unconverged > 0);
    }
}

TEST_CASE("a tolerance that rounding does not allow ends honestly") {
    // The operator adds noise of 1e-6: no residual below that exists.
    std::mt19937_64 random(1);
    struct Noisy {
        using Scalar = double;
        const Sparse<double>* A;
        std::mt19937_64* random;
        Index rows() const { return A->rows(); }
        void apply(In<double> X, Out<double> Y) const {
            std::normal_distribution<double> normal(0.0, 1e-6);
            Y = *A * X;
            for (Index i = 0; i < Y.rows(); ++i) {
                for (Index j = 0; j < Y.cols(); ++j) Y(i, j) += normal(*random);
            }
        }
    };
    const auto A = laplacian({15, 16});
    const auto pairs = eigsh(Noisy{&A, &random}, {.k = 3, .tol = 1e-12, .max_products = 20'000});
    CHECK(!pairs.converged);
    CHECK(pairs.reason == StopReason::iteration_limit);
    CHECK(pairs.residuals.maxCoeff() > 1e-7);
    CHECK((pairs.values - laplacian_spectrum({15, 16}).head(3)).cwiseAbs().maxCoeff() < 1e-3);
}
