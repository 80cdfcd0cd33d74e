#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include <cstdint>

#include "sparse_matrices.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Triangle kTriangles[] = {Triangle::lower, Triangle::upper, Triangle::both};

/// f(operator) for A stored in every way there is.
template <ScalarType S, class Function>
void for_every_storage(const Matrix<S>& A, Function f) {
    for (const Triangle triangle : kTriangles) {
        CAPTURE(static_cast<int>(triangle));
        const auto column_major = stored<Eigen::ColMajor>(A, triangle);
        const auto row_major = stored<Eigen::RowMajor>(A, triangle);
        const auto wide_index = stored<Eigen::ColMajor, std::int64_t>(A, triangle);
        const auto wide_row_major = stored<Eigen::RowMajor, std::int64_t>(A, triangle);
        f(SparseHermitian<S>(column_major), triangle);
        f(SparseHermitian<S>(row_major), triangle);
        f(SparseHermitian<S>(wide_index), triangle);
        f(SparseHermitian<S>(wide_row_major), triangle);
        f(SparseHermitian<S>(stored<Eigen::RowMajor>(A, triangle)), triangle);  // owns a copy
    }
}

}  // namespace

TEST_CASE_TEMPLATE("SparseHermitian: the product equals the dense one, for every storage and 1 … 19 columns", S, double,
                   Complex) {
    for (const Index n : {1, 2, 3, 37}) {
        CAPTURE(n);
        const Matrix<S> A = random_sparse_hermitian<S>(n, 6.0, 1);
        for_every_storage<S>(A, [&](const SparseHermitian<S>& op, Triangle) {
            CHECK(op.rows() == n);
            for (Index b = 1; b <= 19; ++b) {
                CAPTURE(b);
                const auto X = random_matrix<S>(n, b, 2);
                REQUIRE(equals_dense_product<S>(product(op, X), A, X));
            }
        });
    }
}

TEST_CASE_TEMPLATE("SparseHermitian: the fused product equals scale·(AX − X diag(shift)) − beta·Y", S, double,
                   Complex) {
    const Index n = 41;
    const Matrix<S> A = random_sparse_hermitian<S>(n, 6.0, 1);
    for_every_storage<S>(A, [&](const SparseHermitian<S>& op, Triangle) {
        for (Index b = 1; b <= 9; ++b) {
            for (const double beta : {0.0, 1.0, -0.3}) {
                CAPTURE(b);
                CAPTURE(beta);
                const double scale = -1.7;
                const Eigen::VectorXd shift = random_matrix<double>(b, 1, 3);
                const auto X = random_matrix<S>(n, b, 2);
                const Matrix<S> Y0 = beta == 0.0 ? Matrix<S>::Constant(n, b, S{kNaN}) : random_matrix<S>(n, b, 4);
                // Views of every second half of a wider block: no stride equals the number of columns.
                Block<S> x(n, 2 * b + 1), y = Block<S>::Constant(n, 2 * b + 1, S{kNaN});
                x.setConstant(S{kNaN});
                x.middleCols(1, b) = X;
                y.middleCols(b, b) = Y0;
                op.apply_fused(x.middleCols(1, b), shift, scale, beta, y.middleCols(b, b));

                Matrix<S> expected = scale * (A * X - X * shift.cast<S>().asDiagonal());
                Eigen::MatrixXd rounding =
                    1.7 * (apply_rounding<S>(A, X) + 8.0 * kEps * X.cwiseAbs() * shift.cwiseAbs().asDiagonal());
                if (beta != 0.0) {
                    expected -= beta * Y0;
                    rounding += 4.0 * kEps * Y0.cwiseAbs();
                }
                const Matrix<S> computed = y.middleCols(b, b);
                REQUIRE(((computed - expected).cwiseAbs().array() <= rounding.array()).all());
                REQUIRE(y.leftCols(b).array().isNaN().all());
                REQUIRE(y.rightCols(1).array().isNaN().all());

                const Eigen::VectorXd weight = random_matrix<double>(b, 1, 5);
                const auto R = random_matrix<S>(n, b, 6);
                x.rightCols(b) = R;
                y.middleCols(b, b) = Y0;
                op.apply_recurrence(x.middleCols(1, b), shift, scale, beta, x.rightCols(b), weight, y.middleCols(b, b));
                expected += R * weight.cast<S>().asDiagonal();
                rounding += 4.0 * kEps * (R.cwiseAbs() * weight.cwiseAbs().asDiagonal() + expected.cwiseAbs());
                REQUIRE(((y.middleCols(b, b) - expected).cwiseAbs().array() <= rounding.array()).all());
            }
        }
    });
}

TEST_CASE_TEMPLATE("SparseHermitian: products do not depend on the number of threads", S, double, Complex) {
    const Index n = 50000;
    const auto A = laplacian<S>({n});
    const SparseHermitian<S> op(A);
    const auto X = random_matrix<S>(n, 5, 1);
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = product(op, X);
    omp_set_num_threads(2);
    const auto two = product(op, X);
    omp_set_num_threads(before);
    CHECK(one == two);
    CHECK((one - A * X).norm() <= 16.0 * kEps * 4.0 * X.norm());
}

TEST_CASE_TEMPLATE("SparseHermitian: reports what is stored, where, and the diagonal", S, double, Complex) {
    const Index n = 30;
    const Matrix<S> A = random_sparse_hermitian<S>(n, 6.0, 1);
    for_every_storage<S>(A, [&](const SparseHermitian<S>& op, Triangle triangle) {
        CHECK(op.triangle() == triangle);
        CHECK(op.diagonal() == Eigen::VectorXd(A.diagonal().real()));
        Matrix<S> rebuilt = Matrix<S>::Zero(n, n);
        Index entries = 0;
        for (Index o = 0; o < op.pattern().outer; ++o) {
            for (int e = op.pattern().start[o]; e < op.pattern().start[o + 1]; ++e, ++entries) {
                const auto at = op.position(o, e);
                rebuilt(at.first, at.second) = op.stored_values()[e];
            }
        }
        CHECK(entries == op.stored_entries());
        const Matrix<S> expected = triangle == Triangle::both    ? A
                                   : triangle == Triangle::lower ? Matrix<S>(A.template triangularView<Eigen::Lower>())
                                                                 : Matrix<S>(A.template triangularView<Eigen::Upper>());
        CHECK(rebuilt == expected);
    });
    const Matrix<S> diagonal = numbers({1.0, -2.0, 3.0}).cast<S>().asDiagonal();
    CHECK(SparseHermitian<S>(stored(diagonal, Triangle::both)).triangle() != Triangle::both);
}

TEST_CASE_TEMPLATE("SparseHermitian: a matrix without entries is the zero operator", S, double, Complex) {
    const Eigen::SparseMatrix<S> zero(5, 5);
    const SparseHermitian<S> op(zero);
    CHECK(product(op, random_matrix<S>(5, 3, 1)) == Matrix<S>::Zero(5, 3));
    CHECK(op.stored_entries() == 0);
    const Eigen::SparseMatrix<S> empty;
    CHECK(SparseHermitian<S>(empty).rows() == 0);
}

TEST_CASE_TEMPLATE("SparseHermitian: refresh takes over values changed in place, and checks them", S, double, Complex) {
    for (const Triangle triangle : kTriangles) {
        CAPTURE(static_cast<int>(triangle));
        Matrix<S> A = random_sparse_hermitian<S>(25, 6.0, 1);
        auto M = stored(A, triangle);
        SparseHermitian<S> op(M);
        M *= S{-2.5};
        A *= S{-2.5};
        op.refresh();
        const auto X = random_matrix<S>(25, 4, 2);
        CHECK(equals_dense_product<S>(product(op, X), A, X));
        M.valuePtr()[3] = S{kNaN};
        CHECK_THROWS_AS(op.refresh(), std::invalid_argument);
    }
}

TEST_CASE_TEMPLATE("SparseHermitian: stays valid when moved", S, double, Complex) {
    const Matrix<S> A = random_sparse_hermitian<S>(25, 6.0, 1);
    const auto X = random_matrix<S>(25, 4, 2);
    for (const Triangle triangle : kTriangles) {
        CAPTURE(static_cast<int>(triangle));
        const auto outside = stored<Eigen::ColMajor, std::int64_t>(A, triangle);
        std::vector<SparseHermitian<S>> operators;
        operators.emplace_back(outside);  // copies of narrowed indices move along
        for (int i = 0; i < 5; ++i) operators.emplace_back(stored(A, triangle));  // so do owned matrices
        SparseHermitian<S> target(stored(Matrix<S>(Matrix<S>::Identity(3, 3)), Triangle::lower));
        target = std::move(operators.back());
        operators.pop_back();
        operators.push_back(std::move(target));
        for (SparseHermitian<S>& op : operators) {
            CHECK(equals_dense_product<S>(product(op, X), A, X));
            op.refresh();
            CHECK(equals_dense_product<S>(product(op, X), A, X));
        }
    }
}

TEST_CASE("SparseHermitian: scalar types are deduced, and an owned matrix is compressed") {
    Eigen::SparseMatrix<double, Eigen::RowMajor> M(3, 3);
    M.insert(2, 0) = 5.0;
    M.insert(0, 0) = 1.0;
    CHECK(!M.isCompressed());
    const SparseHermitian op(std::move(M));
    const Matrix<double> expected = (Matrix<double>(3, 3) << 1, 0, 5, 0, 0, 0, 5, 0, 0).finished();
    CHECK(product(op, Matrix<double>(Matrix<double>::Identity(3, 3))) == expected);
}
