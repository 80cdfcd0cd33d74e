// AffineOperator kept each term as it came, Hermitian to rounding only, and checked A(p) relative to its own largest
// entry. Where terms cancel, what the triangles missed of one another became large beside it: set_parameters() refused
// a p in the middle of an optimization, as "not Hermitian". Terms are now made exactly Hermitian when they are taken
// over.
#include <lambdabar/operator/affine.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("AffineOperator: terms that cancel leave no trace of their rounding asymmetry", S, double, Complex) {
    const Index n = 20;
    const Matrix<S> A0 = 1e6 * random_hermitian<S>(n, 1), small = random_hermitian<S>(n, 2), A1 = A0 + small;
    Matrix<S> rounded = A0;
    for (Index i = 1; i < n; ++i) rounded(i, i - 1) *= 1.0 + 4.0 * kEps;
    AffineOperator<S> op(rounded.sparseView(), {A1.sparseView()}, numbers({0.0}));
    op.set_parameters(numbers({-1.0}));
    const Block<S> X = random_matrix<S>(n, 3, 1);
    Block<S> Y(n, 3);
    op.apply(X, Y);
    CHECK((Y + small * X).norm() <= 20.0 * kEps * A0.norm() * X.norm());
    const Matrix<S> assembled = dense<S>(op.matrix());
    CHECK(assembled == assembled.adjoint());
}
