// orthonormalize(W, V) on every kind of block that a solver may hand it. Two claims hold for all: the columns it calls
// valid are orthonormal among themselves and to V, and the span of W (outside V) is kept.
#include <lambdabar/block/kernels.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Loss of orthogonality of a repeated Gram–Schmidt process: a few eps per inner product of n terms, over all pairs.
double rounding(Index n, Index columns) {
    return 4.0 * kEps * std::sqrt(static_cast<double>(n)) * static_cast<double>(columns);
}

template <ScalarType S>
struct Outcome {
    Index valid;
    Block<S> W;
};

template <ScalarType S>
Outcome<S> run(const Matrix<S>& V, const Matrix<S>& W) {
    Block<S> all(W.rows(), V.cols() + W.cols() + 2);  // V and W side by side, as in a solver's basis
    all.setConstant(S{kNaN});
    all.leftCols(V.cols()) = V;
    all.middleCols(V.cols(), W.cols()) = W;
    const Index valid = orthonormalize<S>(all.middleCols(V.cols(), W.cols()), all.leftCols(V.cols()), 42);
    CHECK(all.leftCols(V.cols()) == V);
    return {valid, all.middleCols(V.cols(), valid)};
}

template <ScalarType S>
void check_orthonormal(const Matrix<S>& V, const Outcome<S>& outcome) {
    const Index n = V.rows(), columns = V.cols() + outcome.valid;
    CHECK(orthonormality_error(outcome.W) <= rounding(n, columns));
    CHECK((V.adjoint() * outcome.W).norm() <= rounding(n, columns));
}

/// ‖(I − QQᴴ)(I − VVᴴ)W‖ per column, relative to `size`.
template <ScalarType S>
double lost(const Matrix<S>& V, const Matrix<S>& W, const Block<S>& Q) {
    Matrix<S> rest = W - V * (V.adjoint() * W);
    rest -= Q * (Q.adjoint() * rest);
    return rest.colwise().norm().maxCoeff();
}

}  // namespace

TEST_CASE_TEMPLATE("orthonormalize: a full-rank block becomes an orthonormal basis of its span outside V", S, double,
                   Complex) {
    for (const Index n : {20, 1500}) {
        for (const Index m : {0, 1, 7, 11}) {
            for (const Index b : {1, 2, 5, 9}) {
                CAPTURE(n);
                CAPTURE(m);
                CAPTURE(b);
                const Matrix<S> V = random_orthonormal<S>(n, m, 1), W = random_matrix<S>(n, b, 2);
                const auto outcome = run<S>(V, W);
                CHECK(outcome.valid == b);
                check_orthonormal<S>(V, outcome);
                CHECK(lost<S>(V, W, outcome.W) <= 100.0 * kEps * W.norm());
            }
        }
    }
}

TEST_CASE_TEMPLATE("orthonormalize: columns that lean on each other and on V leave no more rounding than others", S,
                   double, Complex) {
    const Index n = 40, m = 20, b = 3;
    double worst = 0.0;
    for (unsigned seed = 1; seed <= 200; ++seed) {
        const Matrix<S> V = random_orthonormal<S>(n, m, seed), own = random_matrix<S>(n, b, seed + 1000);
        const Matrix<S> common = random_matrix<S>(n, 1, seed + 2000), part = random_matrix<S>(m, b, seed + 3000);
        for (const double apart : {0.15, 0.3, 0.5}) {  // least eigenvalue of the scaled Gram matrix 0.01 to 0.3
            const Matrix<S> W = apart * own + common.replicate(1, b) + V * part;
            const auto outcome = run<S>(V, W);
            worst = std::max({worst, orthonormality_error(outcome.W), (V.adjoint() * outcome.W).norm()});
        }
    }
    CAPTURE(worst / kEps);
    CHECK(worst <= 20.0 * kEps);
}

TEST_CASE_TEMPLATE("orthonormalize: columns of very different length keep their directions", S, double, Complex) {
    const Matrix<S> V = random_orthonormal<S>(60, 4, 1);
    Matrix<S> W = random_matrix<S>(60, 4, 2);
    const Eigen::VectorXd length = numbers({1e-140, 1.0, 1e130, 1e-7});
    const Matrix<S> unit = W;
    W = W * length.cast<S>().asDiagonal();
    const auto outcome = run<S>(V, W);
    CHECK(outcome.valid == 4);
    check_orthonormal<S>(V, outcome);
    CHECK(lost<S>(V, unit, outcome.W) <= 100.0 * kEps * unit.norm());
}

TEST_CASE_TEMPLATE("orthonormalize: linearly dependent columns are replaced, the span is kept", S, double, Complex) {
    const Index n = 80;
    const Matrix<S> V = random_orthonormal<S>(n, 6, 1);
    for (const Index rank : {1, 2, 4}) {
        CAPTURE(rank);
        const Matrix<S> W = random_matrix<S>(n, rank, 2) * random_matrix<S>(rank, 6, 3);
        const auto outcome = run<S>(V, W);
        CHECK(outcome.valid == 6);
        check_orthonormal<S>(V, outcome);
        CHECK(lost<S>(V, W, outcome.W) <= 1000.0 * kEps * W.norm());
    }
}

TEST_CASE_TEMPLATE("orthonormalize: zero columns, identical columns and columns of V are replaced", S, double,
                   Complex) {
    const Index n = 50;
    const Matrix<S> V = random_orthonormal<S>(n, 5, 1);
    Matrix<S> W = random_matrix<S>(n, 4, 2);
    SUBCASE("one zero column") { W.col(2).setZero(); }
    SUBCASE("all columns zero") { W.setZero(); }
    SUBCASE("two identical columns") { W.col(3) = W.col(1); }
    SUBCASE("one column of V") { W.col(0) = V.col(3); }
    SUBCASE("all columns in the span of V") { W = V * random_matrix<S>(5, 4, 3); }
    SUBCASE("columns of V and their multiples") {
        W.col(0) = 3.0 * V.col(1);
        W.col(1) = V.col(1);
    }
    SUBCASE("an identical column, a zero one and one of V") {
        W.col(1) = W.col(0);
        W.col(2).setZero();
        W.col(3) = V.col(4);
    }
    const auto outcome = run<S>(V, W);
    CHECK(outcome.valid == 4);
    check_orthonormal<S>(V, outcome);
    CHECK(lost<S>(V, W, outcome.W) <= 1000.0 * kEps * std::max(1.0, W.norm()));
}

TEST_CASE_TEMPLATE("orthonormalize: columns that differ by 1e-4 … 1e-15 give an orthonormal basis of their span", S,
                   double, Complex) {
    const Index n = 70;
    const Matrix<S> V = random_orthonormal<S>(n, 5, 1), R = random_matrix<S>(n, 4, 2);
    const auto check = [&](const Matrix<S>& W) {
        const auto outcome = run<S>(V, W);
        CHECK(outcome.valid == 4);
        check_orthonormal<S>(V, outcome);
        // A direction is known to the rounding of W, however short it is: what is lost is at most that.
        CHECK(lost<S>(V, W, outcome.W) <= 1000.0 * kEps * W.norm());
    };
    for (const double distance : {1e-4, 1e-7, 1e-8, 1e-10, 1e-12, 1e-13, 1e-14, 1e-15}) {
        CAPTURE(distance);
        Matrix<S> W = distance * R;
        for (Index j = 0; j < 4; ++j) W.col(j) += R.col(0);
        check(W);                                             // from one another
        check(V * random_matrix<S>(5, 4, 3) + distance * R);  // from the span of V
        W.col(2) = V.col(0) + distance * R.col(2);
        W.col(3) = W.col(2) + 0.1 * distance * R.col(3);
        check(W);  // from both
    }
    Matrix<S> W = R;
    for (Index j = 1; j < 4; ++j) W.col(j) = W.col(j - 1) + std::pow(1e-5, j) * R.col(j);
    check(W);  // one another, ever closer
}

TEST_CASE_TEMPLATE("orthonormalize: more columns than free dimensions are cut to what is free", S, double, Complex) {
    for (const Index n : {1, 2, 5, 12}) {
        for (Index m = 0; m <= n; ++m) {
            CAPTURE(n);
            CAPTURE(m);
            const Matrix<S> V = random_orthonormal<S>(n, m, 1), W = random_matrix<S>(n, 7, 2);
            const auto outcome = run<S>(V, W);
            CHECK(outcome.valid == std::min<Index>(7, n - m));
            check_orthonormal<S>(V, outcome);
        }
    }
}

TEST_CASE_TEMPLATE("orthonormalize: a full basis of n directions can be built block by block", S, double, Complex) {
    const Index n = 40;
    Block<S> V = random_matrix<S>(n, n, 3);
    for (Index m = 0; m < n; m += 3) {
        const Index b = std::min<Index>(3, n - m);
        // What solvers append when nothing new is left: columns of what is there, plus noise.
        if (m >= 6) V.middleCols(m, b) = V.leftCols(b) + 1e-15 * V.middleCols(m, b);
        REQUIRE(orthonormalize<S>(V.middleCols(m, b), V.leftCols(m), 1) == b);
    }
    CHECK(orthonormality_error(V) <= rounding(n, n));
}

TEST_CASE_TEMPLATE("orthonormalize: 3 processes build the same basis as one", S, double, Complex) {
    const Index n = 300;
    const Matrix<S> V = random_orthonormal<S>(n, 5, 1);
    Matrix<S> W = random_matrix<S>(n, 4, 2);
    W.col(2).setZero();  // replaced by random numbers, the same for any distribution of the rows
    const auto whole = run<S>(V, W);
    const auto parts = FakeRanks(n).run([&](const FakeRank& rank) {
        Block<S> mine = rank.mine(W);
        REQUIRE(orthonormalize<S>(mine, rank.mine(V), 42, rank.sum) == 4);
        return mine;
    });
    const Block<S> W3 = FakeRanks::stack(parts, [](const Block<S>& X) { return X; });
    check_orthonormal<S>(V, {4, W3});
    // The basis within W is fixed by eigenvectors of WᴴW up to phases; the span is unique.
    CHECK(lost<S>(V, Matrix<S>(whole.W), W3) <= 1e4 * kEps);
}

TEST_CASE_TEMPLATE("orthonormalize: a column that is not finite is refused by name", S, double, Complex) {
    const Matrix<S> V = random_orthonormal<S>(30, 3, 1);
    for (const double bad : {kNaN, kInfinity}) {
        Block<S> W = random_matrix<S>(30, 2, 2);
        W(17, 1) = S{bad};
        const std::string text =
            message_of<std::invalid_argument>([&] { (void)orthonormalize<S>(W, V, 1, {}, "the start block"); });
        CAPTURE(text);
        CHECK(contains(text, "the start block is not finite"));
        CHECK(contains(text, "row 17"));
        CHECK(contains(text, "column 1"));
    }
}
