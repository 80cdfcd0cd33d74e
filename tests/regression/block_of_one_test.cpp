// A block of one column on a spectrum of triple eigenvalues: the filter's degree grew with every converged pair until
// the residual components of those overflowed ("the operator's product is not finite"). The growth lead of converged
// pairs is bounded since then. First seen on the 7-point Laplacian 5³ with k = 8.
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("eigsh: a block of one column finds triple eigenvalues of a small Laplacian") {
    for (const Index points : {5, 6, 7}) {
        CAPTURE(points);
        const Sparse<double> matrix = laplacian<double>({points, points, points});
        const SparseHermitian<double> A(matrix);
        const auto pairs = eigsh(A, {.k = 8, .tol = 1e-8, .block_size = 1});
        REQUIRE(pairs.converged);
        const Eigen::VectorXd exact = laplacian_spectrum({points, points, points}).head(8);
        CHECK((pairs.values - exact).cwiseAbs().maxCoeff() <= pairs.residuals.norm() + 1e3 * kEps * pairs.norm_A);
    }
}
