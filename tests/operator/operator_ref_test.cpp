// Operators as algorithms see them: erased, counted, with a sign and a fused product.
#include "operator/counted.hpp"

#include <lambdabar/operator/affine.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include "sparse_matrices.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

static_assert(LinearMap<DenseOperator<Complex>> && !FusedLinearMap<DenseOperator<Complex>>);
static_assert(FusedLinearMap<SparseHermitian<double>> && !Differentiable<SparseHermitian<double>>);
static_assert(FusedLinearMap<AffineOperator<Complex>> && Differentiable<AffineOperator<Complex>>);
static_assert(LinearMap<CallbackOperator<double>> && Differentiable<CallbackOperator<double>>);
static_assert(FusedLinearMap<OperatorRef<double>>);
static_assert(!LinearMap<Eigen::MatrixXd>);

TEST_CASE_TEMPLATE("OperatorRef: passes on rows, products and whether they can be fused", S, double, Complex) {
    const Matrix<S> A = random_sparse_hermitian<S>(20, 5.0, 1);
    const auto M = stored(A, Triangle::both);
    const SparseHermitian<S> sparse(M);
    const DenseOperator<S> matrix{A};
    const OperatorRef<S> fused(sparse), plain(matrix), copy(fused);
    CHECK(fused.fused());
    CHECK(copy.fused());
    CHECK(!plain.fused());
    CHECK(plain.rows() == 20);
    const auto X = random_matrix<S>(20, 3, 2);
    CHECK(product(copy, X) == product(sparse, X));
    CHECK(product(plain, X) == product(matrix, X));
    Block<S> Y = X, Z = X;
    const Eigen::VectorXd shift = numbers({1.0, 2.0, 3.0});
    fused.apply_fused(Block<S>(X), shift, 0.5, -2.0, Y);
    sparse.apply_fused(Block<S>(X), shift, 0.5, -2.0, Z);
    CHECK(Y == Z);
}

TEST_CASE_TEMPLATE("CountedOperator: both signs, with and without a fused product, give the same, and count columns", S,
                   double, Complex) {
    const Index n = 30;
    const Matrix<S> A = random_sparse_hermitian<S>(n, 5.0, 1);
    const auto M = stored(A, Triangle::lower);
    const SparseHermitian<S> sparse(M);
    const DenseOperator<S> matrix{A};
    for (const double sign : {1.0, -1.0}) {
        CountedOperator<S> fused(sparse, sign), emulated(matrix, sign);
        Index expected_products = 0;
        for (const Index b : {1, 4, 3}) {  // the scratch block changes size
            const Block<S> X = random_matrix<S>(n, b, 2);
            Block<S> Y(n, b);
            emulated.apply(X, Y);
            CHECK(equals_dense_product<S>(Y, Matrix<S>(sign * A), X));
            fused.apply(X, Y);
            CHECK(equals_dense_product<S>(Y, Matrix<S>(sign * A), X));
            expected_products += b;

            const Eigen::VectorXd shift = random_matrix<double>(b, 1, 3);
            for (const double beta : {0.0, 0.7}) {
                const Block<S> Y0 =
                    beta == 0.0 ? Block<S>::Constant(n, b, S{kNaN}) : Block<S>(random_matrix<S>(n, b, 4));
                Matrix<S> expected = 1.3 * (sign * A * X - X * shift.cast<S>().asDiagonal());
                if (beta != 0.0) expected -= beta * Y0;
                Block<S> Y1 = Y0, Y2 = Y0;
                fused.apply_fused(X, shift, 1.3, beta, Y1);
                emulated.apply_fused(X, shift, 1.3, beta, Y2);
                expected_products += b;
                const double rounding = 8.0 * 30.0 * kEps * (A.norm() + 3.0) * (X.norm() + 1.0);
                CHECK((Y1 - expected).norm() <= rounding);
                CHECK((Y2 - expected).norm() <= rounding);
            }
        }
        CHECK(fused.products() == expected_products);
        CHECK(emulated.products() == expected_products);
        emulated.release();
        emulated.add_products(5);
        CHECK(emulated.products() == expected_products + 5);
    }
}

TEST_CASE_TEMPLATE("CallbackOperator: applies what it was given, and is differentiable only with a vjp", S, double,
                   Complex) {
    const Matrix<S> A = random_hermitian<S>(8, 1);
    const auto apply = [&](In<S> X, Out<S> Y) { Y = A * X; };
    const CallbackOperator<S> plain{.n = 8, .params = 3, .apply = apply};
    const CallbackOperator<S> differentiable{
        .n = 8, .params = 8, .apply = apply, .vjp = [](In<S> V, In<S> W, GradientRef g) {
            g += V.conjugate().cwiseProduct(W).rowwise().sum().real();
        }};
    CHECK(plain.rows() == 8);
    CHECK(plain.parameters() == 0);
    CHECK(differentiable.parameters() == 8);
    const auto X = random_matrix<S>(8, 2, 2);
    CHECK(equals_dense_product<S>(product(plain, X), A, X));
    Eigen::VectorXd g = Eigen::VectorXd::Ones(8);
    const Block<S> V = X;
    differentiable.vjp(V, V, g);
    CHECK((g - (X.cwiseAbs2().rowwise().sum() + Eigen::VectorXd::Ones(8))).norm() <= 100.0 * kEps);
}

TEST_CASE("CallbackOperator: without apply, or with a negative size, it is refused") {
    const CallbackOperator<double> empty{.n = 4, .params = 0, .apply = {}};
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)empty.rows(); }), "apply is missing"));
    const CallbackOperator<double> negative{.n = -4, .params = 0, .apply = [](In<double>, Out<double>) {}};
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)negative.rows(); }), "-4"));
}

TEST_CASE("CallbackOperator: an exception of any type passes through") {
    struct Mine {
        int number;
    };
    const CallbackOperator<double> op{.n = 4, .params = 0, .apply = [](In<double>, Out<double>) { throw Mine{7}; }};
    CountedOperator<double> counted(op, -1.0);
    Block<double> X = Block<double>::Zero(4, 1), Y = X;
    try {
        counted.apply(X, Y);
        FAIL("nothing thrown");
    } catch (const Mine& mine) {
        CHECK(mine.number == 7);
    }
}
