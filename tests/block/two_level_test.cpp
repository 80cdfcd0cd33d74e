// The fused passes of two-level conjugate gradients against plain sums, on views inside wider blocks.
#include "block/two_level.hpp"

#include <doctest/doctest.h>
#include <omp.h>

#include "strided.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Shape {
    Index n, b, k, e;
};
constexpr Shape kShapes[] = {{1030, 10, 10, 7}, {5, 3, 2, 1}, {2049, 1, 1, 0}, {1500, 17, 0, 5}, {777, 8, 3, 2}};

template <class S>
Eigen::VectorXd column_dots(const Matrix<S>& X, const Matrix<S>& Y) {
    return (X.conjugate().cwiseProduct(Y)).colwise().sum().real().transpose();
}

template <class S>
Eigen::VectorXd dots_bound(const Matrix<S>& X, const Matrix<S>& Y) {
    return product_bound(X.adjoint(), Y).diagonal();
}

}  // namespace

TEST_CASE_TEMPLATE("two_level_sums: two Gram matrices and two rows of inner products in one pass", S, double, Complex) {
    for (const Shape& shape : kShapes) {
        const Index n = shape.n, b = shape.b, k = shape.k, e = shape.e;
        CAPTURE(n);
        const auto X = random_matrix<S>(n, k, 1), E = random_matrix<S>(n, e, 2), Z = random_matrix<S>(n, b, 3),
                   BZ = random_matrix<S>(n, b, 4), R = random_matrix<S>(n, b, 5);
        Strided<S> x(X), extra(E), z(Z), bz(BZ), r(R);
        const auto sums = two_level_sums<S>(x.view(), extra.view(), z.view(), bz.view(), r.view(), {}, "Z");
        CHECK(worst_ratio(sums.XBZ, Matrix<S>(X.adjoint() * BZ), product_bound(X.adjoint(), BZ)) <= 1.0);
        CHECK(worst_ratio(sums.ER, Matrix<S>(E.adjoint() * R), product_bound(E.adjoint(), R)) <= 1.0);
        CHECK(worst_ratio(sums.zbz, column_dots<S>(Z, BZ), dots_bound<S>(Z, BZ)) <= 1.0);
        CHECK(worst_ratio(sums.zr, column_dots<S>(Z, R), dots_bound<S>(Z, R)) <= 1.0);
    }
}

TEST_CASE_TEMPLATE("two_level_directions: both directions and their curvature in one pass", S, double, Complex) {
    for (const Shape& shape : kShapes) {
        const Index n = shape.n, b = shape.b, k = shape.k, e = shape.e;
        CAPTURE(n);
        const auto Z = random_matrix<S>(n, b, 1), R = random_matrix<S>(n, b, 2), BZ = random_matrix<S>(n, b, 3),
                   P = random_matrix<S>(n, b, 4), Q = random_matrix<S>(n, b, 5), X = random_matrix<S>(n, k, 6),
                   E = random_matrix<S>(n, e, 7), BE = random_matrix<S>(n, 2 * e, 8), a = random_matrix<S>(k, b, 9),
                   c = random_matrix<S>(e, b, 10), d = random_matrix<S>(2 * e, b, 11);
        const Eigen::VectorXd beta = random_matrix<double>(b, 1, 12), shift = random_matrix<double>(b, 1, 13);
        Strided<S> p(P), q(Q), z(Z), r(R), bz(BZ), x(X), extra(E), images(BE);
        const auto curvature =
            two_level_directions<S>(p.view(), q.view(), beta, z.view(), {{x.view(), a}, {extra.view(), c}}, r.view(),
                                    bz.view(), shift, {{x.view(), a}, {images.view(), d}}, {}, "Q");
        const auto scaled = [](const Matrix<S>& Y, const Eigen::VectorXd& s) {
            return Matrix<S>(Y * s.cast<S>().asDiagonal());
        };
        const Matrix<S> Pnew = Z + scaled(P, beta) + X * a + E * c;
        const Matrix<S> Qnew = R + scaled(BZ, shift) + scaled(Q, beta) + X * a + BE * d;
        const auto terms = [](const auto&... Y) { return Eigen::MatrixXd(8.0 * kEps * (Y.cwiseAbs() + ...)); };
        const Eigen::MatrixXd P_bound = terms(Z, scaled(P, beta)) + 4.0 * (product_bound(X, a) + product_bound(E, c));
        const Eigen::MatrixXd Q_bound =
            terms(R, scaled(BZ, shift), scaled(Q, beta)) + 4.0 * (product_bound(X, a) + product_bound(BE, d));
        CHECK(worst_ratio(p.value(), Pnew, P_bound) <= 1.0);
        CHECK(worst_ratio(q.value(), Qnew, Q_bound) <= 1.0);
        CHECK(worst_ratio(curvature, column_dots<S>(p.value(), q.value()), dots_bound<S>(p.value(), q.value())) <= 1.0);
        CHECK(p.intact());
        CHECK(q.intact());
    }
}

TEST_CASE("two_level passes: the same bits for one thread and two, and an entry that is not finite is named") {
    const Index n = 20000, b = 5;
    const auto X = random_matrix<double>(n, 3, 1), Z = random_matrix<double>(n, b, 2);
    Block<double> x = X, z = Z;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = two_level_sums<double>(x, x, z, z, z, {}, "Z");
    omp_set_num_threads(2);
    const auto two = two_level_sums<double>(x, x, z, z, z, {}, "Z");
    omp_set_num_threads(threads);
    CHECK(one.XBZ == two.XBZ);
    CHECK(one.ER == two.ER);
    CHECK(one.zbz == two.zbz);
    CHECK(one.zr == two.zr);

    z(1234, 2) = kNaN;
    CHECK_THROWS_WITH_AS((two_level_sums<double>(x, x, z, z, z, {}, "the solve's result")),
                         "the solve's result is not finite: row 1234 of column 2 is nan", std::invalid_argument);
}
