// Eigen's sparse factorizations behind the interface.
#include "factorization/ordering.hpp"

#include <lambdabar/factorization/factorization.hpp>

#include <doctest/doctest.h>

#include "factorization/problems.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("LDLT and LU solve with a definite matrix to rounding", S, double, Complex) {
    check_definite<S>(eigen_ldlt<S>());
    check_definite<S>(eigen_lu<S>());
}

TEST_CASE_TEMPLATE("LDLT: the signs of D are the inertia, at every shift", S, double, Complex) {
    check_inertia<S>(eigen_ldlt<S>());
}

TEST_CASE_TEMPLATE("LU solves a saddle point, LDLT stops at its zero pivot", S, double, Complex) {
    check_saddle_point<S>(eigen_lu<S>());
    const Sparse<S> M = saddle_point<S>(40, 61);
    const auto ldlt = eigen_ldlt<S>()();
    CHECK_FALSE(ldlt->pivots());
    ldlt->analyze(lower_of(M));
    CHECK_FALSE(ldlt->factorize(lower_of(M)));
    CHECK_FALSE(ldlt->inertia().has_value());
}

TEST_CASE_TEMPLATE("LDLT and LU: the same bits on one and on two threads", S, double, Complex) {
    check_threads<S>(eigen_ldlt<S>());
    check_threads<S>(eigen_lu<S>());
}

TEST_CASE_TEMPLATE("LU has no inertia and says false of a matrix with an empty row", S, double, Complex) {
    Sparse<S> M = laplacian<S>({6, 7});
    M.prune([](Index r, Index c, const S&) { return r != 5 && c != 5; });
    const auto lu = eigen_lu<S>()();
    lu->analyze(lower_of(M));
    CHECK_FALSE(lu->inertia().has_value());
    CHECK_FALSE(lu->factorize(lower_of(M)));
}

namespace {

/// Entries of the Cholesky factor of a pattern, by eliminating it: the definition, O(n³).
double eliminated_entries(const Sparse<double>& M, const Permutation& order) {
    Eigen::MatrixXd pattern = order * dense(M) * order.transpose();
    const Index n = pattern.rows();
    double entries = 0.0;
    for (Index k = 0; k < n; ++k) {
        ++entries;
        for (Index i = k + 1; i < n; ++i) {
            if (pattern(i, k) == 0.0) continue;
            ++entries;
            for (Index j = k + 1; j < n; ++j) {
                if (pattern(j, k) != 0.0) pattern(i, j) = pattern(j, i) = 1.0;
            }
        }
    }
    return entries;
}

Sparse<double> random_pattern(Index n, double per_row, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform;
    std::vector<Eigen::Triplet<double>> entries;
    for (int r = 0; r < n; ++r) {
        entries.emplace_back(r, r, 1.0);
        for (int c = 0; c < r; ++c) {
            if (uniform(random) * static_cast<double>(n) > per_row) continue;
            entries.emplace_back(r, c, 1.0);
            entries.emplace_back(c, r, 1.0);
        }
    }
    Sparse<double> M(n, n);
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

}  // namespace

TEST_CASE("the estimate counts exactly the entries of the Cholesky factor") {
    std::vector<Sparse<double>> patterns{laplacian({1}), laplacian({9}), laplacian({6, 7}), laplacian({4, 3, 5})};
    for (unsigned seed = 0; seed < 20; ++seed) patterns.push_back(random_pattern(50, 0.2 * seed, seed));
    for (std::size_t p = 0; p < patterns.size(); ++p) {
        CAPTURE(p);
        const Sparse<double>& M = patterns[p];
        Permutation natural(M.rows());
        natural.setIdentity();
        CHECK(cholesky_entries(lower_of(M), natural) == eliminated_entries(M, natural));
        const Permutation order = minimum_degree(lower_of(M));
        CHECK(cholesky_entries(lower_of(M), order) == eliminated_entries(M, order));
        CHECK(eigen_ldlt<double>()()->analyze(lower_of(M)).entries == eliminated_entries(M, order));
    }
}

TEST_CASE("minimum degree beats the natural order on a grid") {
    const Sparse<double> M = laplacian({40, 40});
    Permutation natural(M.rows());
    natural.setIdentity();
    CHECK(cholesky_entries(lower_of(M), minimum_degree(lower_of(M))) < 0.5 * cholesky_entries(lower_of(M), natural));
}

TEST_CASE("the size of a factor far beyond 32-bit indices is counted from the tree") {
    const int n = 70000;
    std::vector<Eigen::Triplet<double>> entries;
    for (int i = 0; i < n; ++i) entries.emplace_back(i, i, 1.0);
    for (int i = 1; i < n; ++i) entries.emplace_back(i, 0, 1.0);
    Sparse<double> star(n, n);
    star.setFromTriplets(entries.begin(), entries.end());
    Permutation natural(n);
    natural.setIdentity();  // the hub first: all others become neighbours
    CHECK(cholesky_entries(star, natural) == 0.5 * static_cast<double>(n) * static_cast<double>(n + 1));
    CHECK(cholesky_entries(star, minimum_degree(star)) == 2.0 * n - 1.0);
}
