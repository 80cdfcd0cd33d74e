// A search for missed copies amplified a level far below λ_k, of which many copies were missing, beyond all numbers,
// and the operator's product was blamed.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "eigensolver/expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("eigsh: levels of thirty copies, with single start vectors") {
    const Index n = 1800, levels = 60;
    Eigen::VectorXd spectrum(n);
    for (Index i = 0; i < n; ++i) spectrum(i) = static_cast<double>(i * levels / n) / static_cast<double>(levels);
    const auto A = sparse_with_spectrum<double>(spectrum, 1);
    const SparseHermitian<double> op(A);
    for (const Index block : {1, 2, 4}) {
        const EigshOptions<double> options{.k = 14, .tol = 1e-8, .block_size = block};
        const auto pairs = eigsh(op, options);
        CHECK(pairs.values.allFinite());
        CHECK(pairs.values(0) >= -1e-7);
    }
}
