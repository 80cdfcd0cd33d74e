// AffineOperator assembled A(p) into an Eigen sparse matrix and kept a view of its arrays. Eigen 3.4.0 has no move
// constructor for sparse matrices: moving the operator copied the matrix, and the view was left pointing into the one
// that was freed. A factory function that names its result, or a std::vector of operators, was enough.
#include <lambdabar/operator/affine.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("AffineOperator: stays valid when moved", S, double, Complex) {
    const auto A0 = laplacian<S>({30});
    Sparse<S> A1(30, 30);
    A1.setIdentity();
    const Block<S> X = random_matrix<S>(30, 2, 1);
    std::vector<AffineOperator<S>> operators;
    for (int i = 0; i < 4; ++i) {
        operators.push_back(AffineOperator<S>(A0, {A1}, numbers({static_cast<double>(i)})));
    }
    AffineOperator<S> target(A0, {A1}, numbers({9.0}));
    target = std::move(operators[3]);
    operators[3] = std::move(target);
    for (int i = 0; i < 4; ++i) {
        AffineOperator<S>& op = operators[static_cast<std::size_t>(i)];
        Block<S> Y(30, 2);
        op.apply(X, Y);
        const double rounding = 50.0 * kEps * X.norm();
        CHECK((Y - (A0 * X + static_cast<double>(i) * X)).norm() <= rounding);
        op.set_parameters(numbers({-1.0}));
        op.apply(X, Y);
        CHECK((Y - (A0 * X - X)).norm() <= rounding);
    }
}
