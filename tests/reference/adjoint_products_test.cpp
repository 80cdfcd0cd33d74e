// Reference problem 5: the 8 lowest pairs of a 2-D Laplacian on 100² points plus a smooth potential, random
// eigenvector cotangents, adjoint residual 1e-8, no preconditioner. Products are exact numbers, so they can be a test.
// The problem names no potential; this one lifts the square's doublets and pulls the modes into its valleys.
#include "support.hpp"

#include <lambdabar/lambdabar.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;

namespace {

constexpr int kSide = 100;
constexpr Index kPairs = 8;

Eigen::SparseMatrix<double> laplacian_with_potential() {
    std::vector<Eigen::Triplet<double>> entries;
    const double h = 1.0 / (kSide + 1);
    for (int i = 0; i < kSide; ++i) {
        for (int j = 0; j < kSide; ++j) {
            const double x = (i + 1) * h, y = (j + 1) * h;
            const double potential = 400.0 * (1.0 + 0.3 * x - 0.2 * y + std::sin(6.0 * x) * std::cos(4.0 * y));
            const int r = i * kSide + j;
            entries.emplace_back(r, r, 4.0 + h * h * potential);
            if (i > 0) entries.emplace_back(r, r - kSide, -1.0);
            if (j > 0) entries.emplace_back(r, r - 1, -1.0);
        }
    }
    Eigen::SparseMatrix<double> M(kSide * kSide, kSide * kSide);
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

/// Products of the adjoint solve with `extra` approximate vectors deflated beside X.
Index adjoint_products(const SparseHermitian<double>& A, Index extra, Eigen::VectorXd& relative_residuals) {
    const auto pairs = eigsh(A, {.k = kPairs, .tol = 1e-10, .extra = extra});
    REQUIRE(pairs.converged);
    REQUIRE(pairs.extra.cols() == extra);
    Block<double> random(A.rows(), kPairs);
    fill_random<double>(random, 5, 0);
    const Matrix<double> x_bar = random;
    const auto bar =
        pullback(A, pairs, {.vectors = x_bar},
                 {.gauge = Gauge::project, .tol = 1e-8, .method = LinearMethod::minres, .use_extra = true});
    relative_residuals = bar.report.adjoint_residuals.cwiseQuotient(x_bar.colwise().norm().transpose());
    return bar.report.products;
}

}  // namespace

TEST_CASE("adjoint: products of reference problem 5 with 0, 8 and 16 extra vectors stay below the published ones") {
    const auto M = laplacian_with_potential();
    const SparseHermitian<double> A(M);
    struct Row {
        Index extra, limit;
    };
    for (const Row row : {Row{0, 1815}, Row{8, 1331}, Row{16, 1066}}) {
        Eigen::VectorXd residuals;
        const Index products = adjoint_products(A, row.extra, residuals);
        MESSAGE("extra vectors " << row.extra << ": " << products << " products, limit " << row.limit);
        CHECK(products <= row.limit);
        CHECK(residuals.maxCoeff() <= 1e-8);
    }
}
