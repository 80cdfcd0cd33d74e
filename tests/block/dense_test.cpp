#include "block/dense.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("hermitian_resolvent: solves I − τH to rounding, definite or not, every τ by itself", S, double,
                   Complex) {
    for (const Index m : {1, 2, 3, 17, 60}) {
        CAPTURE(m);
        const Matrix<S> H = random_hermitian<S>(m, 70 + static_cast<unsigned>(m));
        const Matrix<S> g = random_matrix<S>(m, 4, 71);
        const Eigen::VectorXd tau = numbers({0.0, 0.3, -2.0, 17.5});
        const Matrix<S> y = hermitian_resolvent<S>(H, tau, g);
        for (Index j = 0; j < g.cols(); ++j) {
            CAPTURE(j);
            const Matrix<S> M = Matrix<S>::Identity(m, m) - tau(j) * H;
            const double backward = (M * y.col(j) - g.col(j)).norm() / (M.norm() * y.col(j).norm());
            CHECK(backward <= 10.0 * static_cast<double>(m) * kEps);
        }
    }
}

TEST_CASE_TEMPLATE("hermitian_resolvent: zeros on the diagonal of I − τH need row exchanges, and get them", S, double,
                   Complex) {
    // I − H with H tridiagonal, ones on its diagonal: [0 a; a 0] and so on, regular for even m.
    for (const Index m : {2, 4, 20}) {
        Matrix<S> H = Matrix<S>::Identity(m, m);
        const Matrix<S> off = random_matrix<S>(m, 1, 72);
        for (Index i = 0; i + 1 < m; ++i) {
            H(i + 1, i) = off(i) / std::abs(off(i));
            H(i, i + 1) = Eigen::numext::conj(H(i + 1, i));
        }
        const Matrix<S> g = random_matrix<S>(m, 1, 73), y = hermitian_resolvent<S>(H, numbers({1.0}), g);
        CHECK((y - H * y - g).norm() <= 10.0 * static_cast<double>(m) * kEps * y.norm());
    }
}
