#include "block/single.hpp"
#include "support.hpp"

#include <doctest/doctest.h>
#include <omp.h>

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("single column: projection, coefficients and norm equal the dense ones, for every width and any stride") {
    for (const Index n : {Index{7}, Index{500}, Index{20011}}) {
        const Block<double> all = random_matrix<double>(n, 41, 1);
        for (const Index m : {0, 1, 2, 3, 4, 5, 8, 11, 12, 16, 23, 40}) {
            CAPTURE(n);
            CAPTURE(m);
            Block<double> w = random_matrix<double>(n, 1, 2);
            const Vector<double> c = random_matrix<double>(m, 1, 3).col(0);
            const Vector<double> expected = w.col(0) - all.leftCols(m) * c;
            const SingleProjection result = project_single(w, all.leftCols(m), c, {}, "w");
            const double rounding = 1e-14 * static_cast<double>(n) * (1.0 + c.norm());
            CHECK((w.col(0) - expected).norm() <= rounding);
            CHECK((result.product - all.leftCols(m).transpose() * expected).norm() <= rounding * expected.norm());
            CHECK(result.norm == doctest::Approx(expected.norm()).epsilon(1e-12));
        }
    }
}

TEST_CASE("single column: 1 and 2 threads give the same bits, NaN is refused by name") {
    const Block<double> V = random_matrix<double>(30000, 9, 4);
    const Vector<double> c = random_matrix<double>(9, 1, 5).col(0);
    const int before = omp_get_max_threads();
    std::vector<Vector<double>> products;
    for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        Block<double> w = random_matrix<double>(30000, 1, 6);
        products.push_back(project_single(w, V, c, {}, "w").product);
    }
    omp_set_num_threads(before);
    CHECK(products[0] == products[1]);
    Block<double> bad = random_matrix<double>(30000, 1, 7);
    bad(17, 0) = kNaN;
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)project_single(bad, V, c, {}, "the start block"); }),
                   "the start block is not finite"));
}
