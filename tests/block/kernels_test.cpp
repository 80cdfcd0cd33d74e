// Every kernel against Eigen, on views inside wider blocks, for all widths the register tiles distinguish and for row
// counts around the chunks (128) and partitions (1024) of the reductions.
#include <lambdabar/block/kernels.hpp>

#include <doctest/doctest.h>

#include "strided.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Shape {
    Index n, m, b;
};

/// All widths 1 … 19 against one another on few rows, wider ones around whole tiles, and a few widths on many row
/// counts.
std::vector<Shape> shapes() {
    std::vector<Shape> all;
    for (Index m = 1; m <= 19; ++m) {
        for (Index b = 1; b <= 19; ++b) all.push_back({21, m, b});
    }
    for (const Index m : {24, 26, 33, 41, 50}) {
        for (const Index b : {1, 8, 10, 20, 23, 24, 25, 26, 33, 50}) all.push_back({21, m, b});
    }
    all.push_back({300, 50, 26});
    for (const Index n : {1, 2, 3, 5, 127, 128, 129, 1023, 1024, 1025, 2049, 5000}) {
        for (const Index m : {1, 3, 8, 17}) all.push_back({n, m, 5});
    }
    return all;
}

}  // namespace

TEST_CASE_TEMPLATE("gram: equals VᴴW", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, m = shape.m, b = shape.b;
        CAPTURE(n);
        CAPTURE(m);
        CAPTURE(b);
        const auto V = random_matrix<S>(n, m, 1), W = random_matrix<S>(n, b, 2);
        Strided<S> v(V), w(W);
        const Matrix<S> G = gram<S>(v.view(), w.view());
        REQUIRE(worst_ratio(G, Matrix<S>(V.adjoint() * W), product_bound(V.adjoint(), W)) <= 1.0);
    }
}

TEST_CASE_TEMPLATE("project_and_gram: subtracts VC from W and returns Vᴴ of the new W", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, m = shape.m, b = shape.b;
        CAPTURE(n);
        CAPTURE(m);
        CAPTURE(b);
        const auto V = random_matrix<S>(n, m, 1), W = random_matrix<S>(n, b, 2), C = random_matrix<S>(m, b, 3);
        Strided<S> v(V), w(W);
        const Matrix<S> G = project_and_gram<S>(w.view(), v.view(), C);
        const Eigen::MatrixXd rounding = product_bound(V, C) + 2.0 * kEps * W.cwiseAbs();
        REQUIRE(worst_ratio(w.value(), Matrix<S>(W - V * C), rounding) <= 1.0);
        // The Gram matrix belongs to the W that was stored, to its own rounding only.
        REQUIRE(worst_ratio(G, Matrix<S>(V.adjoint() * w.value()), product_bound(V.adjoint(), w.value())) <= 1.0);
        REQUIRE(w.intact());
        REQUIRE(v.value() == V);
    }
}

TEST_CASE_TEMPLATE("add_product and set_product: equal Y + VC and VC", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, m = shape.m, b = shape.b;
        CAPTURE(n);
        CAPTURE(m);
        CAPTURE(b);
        const auto V = random_matrix<S>(n, m, 1), Y = random_matrix<S>(n, b, 2), C = random_matrix<S>(m, b, 3);
        Strided<S> v(V), y(Y), z(Matrix<S>::Constant(n, b, S{kNaN}));
        add_product<S>(y.view(), v.view(), C);
        set_product<S>(z.view(), v.view(), C);
        const Eigen::MatrixXd rounding = product_bound(V, C);
        REQUIRE(worst_ratio(y.value(), Matrix<S>(Y + V * C), rounding + 2.0 * kEps * Y.cwiseAbs()) <= 1.0);
        REQUIRE(worst_ratio(z.value(), Matrix<S>(V * C), rounding) <= 1.0);
        REQUIRE(y.intact());
        REQUIRE(z.intact());
    }
}

TEST_CASE_TEMPLATE("rotate: equals VC in place and leaves the remaining columns alone", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, m = shape.m, q = shape.b;
        if (q > m) continue;
        CAPTURE(n);
        CAPTURE(m);
        CAPTURE(q);
        const auto V = random_matrix<S>(n, m, 1), C = random_matrix<S>(m, q, 3);
        Strided<S> v(V);
        rotate<S>(v.view(), C);
        REQUIRE(worst_ratio(v.value().leftCols(q), Matrix<S>(V * C), product_bound(V, C)) <= 1.0);
        REQUIRE(v.value().rightCols(m - q) == V.rightCols(m - q));
        REQUIRE(v.intact());
    }
}

TEST_CASE_TEMPLATE("products beyond the widest row buffer are right too", S, double, Complex) {
    const Index wide = 2100;  // 2048 doubles is the buffer of one row
    const auto V = random_matrix<S>(5, 3, 1), C = random_matrix<S>(3, wide, 2);
    Strided<S> y(Matrix<S>::Constant(5, wide, S{kNaN}));
    set_product<S>(y.view(), V, C);
    CHECK(worst_ratio(y.value(), Matrix<S>(V * C), product_bound(V, C)) <= 1.0);
    CHECK(y.intact());
}

TEST_CASE_TEMPLATE("dots and norms: equal the column inner products and norms", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, b = shape.b;
        CAPTURE(n);
        CAPTURE(b);
        const auto X = random_matrix<S>(n, b, 1), Y = random_matrix<S>(n, b, 2);
        Strided<S> x(X), y(Y);
        const Matrix<S> expected = (X.adjoint() * Y).diagonal();
        const Eigen::MatrixXd bound = product_bound(X.adjoint(), Y).diagonal();
        REQUIRE(worst_ratio(dots<S>(x.view(), y.view()), expected, bound) <= 1.0);
        // ‖x‖ inherits half the relative error of ‖x‖².
        const Eigen::MatrixXd length = X.colwise().norm().transpose();
        const double relative = 4.0 * static_cast<double>(n + 2) * kEps;
        REQUIRE(worst_ratio(norms<S>(x.view()), length, Eigen::MatrixXd(relative * length)) <= 1.0);
    }
}

TEST_CASE_TEMPLATE("norms: of one column in each of two blocks of different strides, and of no column", S, double,
                   Complex) {
    const auto X = random_matrix<S>(50, 1, 1);
    Strided<S> x(X);
    const Block<S> packed = X;
    CHECK(norms<S>(x.view()) == norms<S>(packed));
    CHECK(norms<S>(packed.leftCols(0)).size() == 0);
    CHECK(gram<S>(packed.leftCols(0), packed).size() == 0);
}

TEST_CASE_TEMPLATE("add_scaled, scale_and_add, scale_columns: column by column", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, b = shape.b;
        CAPTURE(n);
        CAPTURE(b);
        const auto X = random_matrix<S>(n, b, 1), Y = random_matrix<S>(n, b, 2);
        const Eigen::VectorXd a = random_matrix<double>(b, 1, 3);
        const Matrix<S> A = a.cast<S>().asDiagonal();
        Strided<S> x(X), added(Y), scaled_added(Y), scaled(Y);
        add_scaled<S>(added.view(), x.view(), a);
        scale_and_add<S>(scaled_added.view(), x.view(), a);
        scale_columns<S>(scaled.view(), a);
        const Eigen::MatrixXd size =
            2.0 * kEps * (X.cwiseAbs() + Y.cwiseAbs()) * (a.cwiseAbs().array() + 1.0).matrix().asDiagonal();
        REQUIRE(worst_ratio(added.value(), Matrix<S>(Y + X * A), size) <= 1.0);
        REQUIRE(worst_ratio(scaled_added.value(), Matrix<S>(X + Y * A), size) <= 1.0);
        REQUIRE(worst_ratio(scaled.value(), Matrix<S>(Y * A), size) <= 1.0);
        REQUIRE(added.intact());
        REQUIRE(scaled_added.intact());
        REQUIRE(scaled.intact());
    }
}

TEST_CASE_TEMPLATE("descend: steps X and R and returns the norms of the new R", S, double, Complex) {
    for (const Shape& shape : shapes()) {
        const Index n = shape.n, b = shape.b;
        CAPTURE(n);
        CAPTURE(b);
        const auto X = random_matrix<S>(n, b, 1), R = random_matrix<S>(n, b, 2), P = random_matrix<S>(n, b, 3),
                   Q = random_matrix<S>(n, b, 4);
        const Eigen::VectorXd a = random_matrix<double>(b, 1, 5);
        const Matrix<S> A = a.cast<S>().asDiagonal();
        Strided<S> x(X), r(R), p(P), q(Q);
        const Eigen::VectorXd length = descend<S>(x.view(), r.view(), p.view(), q.view(), a);
        const Eigen::MatrixXd absolute_A = a.cwiseAbs().asDiagonal();
        REQUIRE(worst_ratio(x.value(), Matrix<S>(X + P * A),
                            Eigen::MatrixXd(2.0 * kEps * (X.cwiseAbs() + P.cwiseAbs() * absolute_A))) <= 1.0);
        REQUIRE(worst_ratio(r.value(), Matrix<S>(R - Q * A),
                            Eigen::MatrixXd(2.0 * kEps * (R.cwiseAbs() + Q.cwiseAbs() * absolute_A))) <= 1.0);
        const Eigen::MatrixXd expected = r.value().colwise().norm().transpose();
        REQUIRE(worst_ratio(length, expected, Eigen::MatrixXd(4.0 * static_cast<double>(n + 2) * kEps * expected)) <=
                1.0);
        REQUIRE(x.intact());
        REQUIRE(r.intact());
    }
}

TEST_CASE_TEMPLATE("kernels: blocks of different heights are refused with both numbers", S, double, Complex) {
    const Block<S> X = random_matrix<S>(5, 2, 1);
    Block<S> Y = random_matrix<S>(6, 2, 2);
    const Eigen::VectorXd a = Eigen::VectorXd::Ones(2);
    const Matrix<S> C = Matrix<S>::Identity(2, 2);
    const auto names_both = [](const std::string& text, const char* kernel) {
        return contains(text, kernel) && contains(text, "5") && contains(text, "6");
    };
    const auto refusal = [](auto&& call) { return message_of<std::invalid_argument>(call); };
    CHECK(names_both(refusal([&] { gram<S>(X, Y); }), "gram"));
    CHECK(names_both(refusal([&] { dots<S>(X, Y); }), "dots"));
    CHECK(names_both(refusal([&] { add_product<S>(Y, X, C); }), "add_product"));
    CHECK(names_both(refusal([&] { set_product<S>(Y, X, C); }), "set_product"));
    CHECK(names_both(refusal([&] { project_and_gram<S>(Y, X, C); }), "project_and_gram"));
    CHECK(names_both(refusal([&] { add_scaled<S>(Y, X, a); }), "add_scaled"));
    CHECK(names_both(refusal([&] { scale_and_add<S>(Y, X, a); }), "scale_and_add"));
    CHECK(names_both(refusal([&] { descend<S>(Y, Y, X, X, a); }), "descend"));
}
