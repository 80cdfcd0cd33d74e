// The fused updates of Lanczos and MINRES against their parts, on views inside wider blocks and on packed ones.
#include <lambdabar/block/kernels.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "strided.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kWidths[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17};

/// 4·eps·Σ|term| for sums of a few terms.
template <class... Terms>
Eigen::MatrixXd rounding(const Terms&... terms) {
    return 4.0 * kEps * (terms.cwiseAbs() + ...);
}

}  // namespace

TEST_CASE_TEMPLATE("add_scaled_and_norms: Y + X diag(a) and its column norms", S, double, Complex) {
    for (const Index b : kWidths) {
        CAPTURE(b);
        const Index n = 1030;
        const auto X = random_matrix<S>(n, b, 1), Y = random_matrix<S>(n, b, 2);
        const Eigen::VectorXd a = random_matrix<double>(b, 1, 3);
        const Matrix<S> XA = X * a.cast<S>().asDiagonal();
        Strided<S> x(X), y(Y);
        const Eigen::VectorXd norm = add_scaled_and_norms<S>(y.view(), x.view(), a);
        CHECK(worst_ratio(y.value(), Matrix<S>(Y + XA), rounding(Y, XA)) <= 1.0);
        const Eigen::MatrixXd expected = y.value().colwise().norm().transpose();
        CHECK(worst_ratio(norm, expected, Eigen::MatrixXd(static_cast<double>(n) * kEps * expected)) <= 1.0);
        CHECK(y.intact());
        Block<S> packed = Y;
        CHECK(add_scaled_and_norms<S>(packed, Block<S>(X), a) == norm);
    }
}

TEST_CASE_TEMPLATE("add_scaled_and_dots: Y + X diag(a) and its real inner products with V", S, double, Complex) {
    for (const Index b : kWidths) {
        CAPTURE(b);
        const Index n = 1030;
        const auto X = random_matrix<S>(n, b, 1), Y = random_matrix<S>(n, b, 2), V = random_matrix<S>(n, b, 4);
        const Eigen::VectorXd a = random_matrix<double>(b, 1, 3);
        const Matrix<S> XA = X * a.cast<S>().asDiagonal();
        Strided<S> x(X), y(Y), v(V);
        const Eigen::VectorXd dot = add_scaled_and_dots<S>(y.view(), x.view(), a, v.view());
        CHECK(worst_ratio(y.value(), Matrix<S>(Y + XA), rounding(Y, XA)) <= 1.0);
        const Eigen::MatrixXd expected = (V.adjoint() * y.value()).diagonal().real(),
                              bound = product_bound(V.adjoint(), y.value()).diagonal();
        CHECK(worst_ratio(dot, expected, bound) <= 1.0);
        CHECK(y.intact());
    }
}

TEST_CASE_TEMPLATE("minres_update: direction and solution in one pass", S, double, Complex) {
    for (const Index b : kWidths) {
        CAPTURE(b);
        const Index n = 1030;
        const auto V = random_matrix<S>(n, b, 1), W1 = random_matrix<S>(n, b, 2), W2 = random_matrix<S>(n, b, 3),
                   X = random_matrix<S>(n, b, 4);
        const MinresFactors factors{random_matrix<double>(b, 1, 5), random_matrix<double>(b, 1, 6),
                                    random_matrix<double>(b, 1, 7), random_matrix<double>(b, 1, 8)};
        const auto scaled = [](const Matrix<S>& A, const Eigen::VectorXd& a) {
            return Matrix<S>(A * a.cast<S>().asDiagonal());
        };
        const Matrix<S> v = scaled(V, factors.v), w1 = scaled(W1, factors.w1), w2 = scaled(W2, factors.w2);
        Strided<S> x(X), direction(W1), other(W2), source(V);
        minres_update<S>(x.view(), direction.view(), other.view(), source.view(), factors);
        CHECK(worst_ratio(direction.value(), Matrix<S>(v + w1 + w2), rounding(v, w1, w2)) <= 1.0);
        const Matrix<S> step = scaled(direction.value(), factors.step);
        CHECK(worst_ratio(x.value(), Matrix<S>(X + step), rounding(X, step)) <= 1.0);
        CHECK(x.intact());
        CHECK(direction.intact());
        CHECK(other.value() == W2);
    }
}

TEST_CASE("fused updates: 1 and 2 threads give the same bits, and sizes that do not match are refused") {
    const Index n = 50'011, b = 3;
    const auto X = random_matrix<double>(n, b, 1), Y = random_matrix<double>(n, b, 2);
    const Eigen::VectorXd a = random_matrix<double>(b, 1, 3);
    const auto with_threads = [&](int threads) {
        const int before = omp_get_max_threads();
        omp_set_num_threads(threads);
        Block<double> first = Y, second = Y;
        Eigen::MatrixXd result(b, 2);
        result.col(0) = add_scaled_and_norms<double>(first, Block<double>(X), a);
        result.col(1) = add_scaled_and_dots<double>(second, Block<double>(X), a, Block<double>(X));
        omp_set_num_threads(before);
        return result;
    };
    CHECK(with_threads(1) == with_threads(2));
    Block<double> small(5, b);
    CHECK_THROWS_WITH_AS(add_scaled_and_norms<double>(small, Block<double>(X), a),
                         "add_scaled_and_norms: the blocks have 50011 and 5 rows", std::invalid_argument);
}
