// The lower triangle of A − σB, from every storage of A and B.
#include "factorization/shifted_pencil.hpp"

#include <doctest/doctest.h>

#include "operator/sparse_matrices.hpp"
#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

const std::vector<double> kShifts{0.0, 1.75, -3.1};

template <ScalarType S>
bool well_formed(const Sparse<S>& lower) {
    for (Index c = 0; c < lower.cols(); ++c) {
        const int* rows = lower.innerIndexPtr() + lower.outerIndexPtr()[c];
        const Index count = lower.outerIndexPtr()[c + 1] - lower.outerIndexPtr()[c];
        if (count == 0 || rows[0] != c || !std::is_sorted(rows, rows + count)) return false;
        if (std::adjacent_find(rows, rows + count) != rows + count) return false;
    }
    return lower.isCompressed();
}

/// A and B entrywise: one rounding of σB and one of the difference.
template <ScalarType S>
void check_values(ShiftedPencil<S>& pencil, const Matrix<S>& A, const Matrix<S>& B) {
    for (const double sigma : kShifts) {
        CAPTURE(sigma);
        const Sparse<S>& M = pencil.at(sigma);
        CHECK(well_formed(M));
        const Matrix<S> expected = Matrix<S>(A - sigma * B).template triangularView<Eigen::Lower>();
        const Eigen::MatrixXd bound = 2.0 * kEps * (A.cwiseAbs() + std::abs(sigma) * B.cwiseAbs());
        CHECK(((dense(M) - expected).cwiseAbs().array() <= bound.array()).all());
    }
}

/// Calls visit(SparseHermitian) for A in the six storages.
template <ScalarType S, class Visit>
void for_each_storage(const Matrix<S>& A, const Visit& visit) {
    for (const Triangle triangle : {Triangle::lower, Triangle::upper, Triangle::both}) {
        CAPTURE(static_cast<int>(triangle));
        const auto columns = stored<Eigen::ColMajor>(A, triangle);
        const auto rows = stored<Eigen::RowMajor>(A, triangle);
        visit(SparseHermitian<S>(columns));
        visit(SparseHermitian<S>(rows));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("A − σI is right for lower, upper and both triangles, by rows and by columns", S, double, Complex) {
    const Matrix<S> A = random_sparse_hermitian<S>(40, 5.0, 1);
    const Matrix<S> I = Matrix<S>::Identity(40, 40);
    for_each_storage<S>(A, [&](const SparseHermitian<S>& view) {
        ShiftedPencil<S> pencil(view);
        check_values<S>(pencil, A, I);
    });
}

TEST_CASE_TEMPLATE("A − σB lies on the union of the patterns, whichever of A and B is denser", S, double, Complex) {
    const Matrix<S> sparse = random_sparse_hermitian<S>(40, 3.0, 2), denser = random_sparse_hermitian<S>(40, 12.0, 3);
    const Matrix<S> diagonal = Matrix<S>(Eigen::VectorXd::LinSpaced(40, -1.0, 2.0).cast<S>().asDiagonal());
    Matrix<S> singular = Matrix<S>::Zero(40, 40);
    singular.topLeftCorner(9, 9) = random_hermitian<S>(9, 4);
    for (const Matrix<S>& B : {denser, diagonal, singular}) {
        for_each_storage<S>(B, [&](const SparseHermitian<S>& view_b) {
            for_each_storage<S>(sparse, [&](const SparseHermitian<S>& view_a) {
                ShiftedPencil<S> pencil(view_a, &view_b);
                check_values<S>(pencil, sparse, B);
            });
        });
    }
}

TEST_CASE_TEMPLATE("update: new values on the same pattern, in whatever storage, are the same pattern", S, double,
                   Complex) {
    const Matrix<S> A = random_sparse_hermitian<S>(40, 5.0, 5), B = random_sparse_hermitian<S>(40, 3.0, 6);
    const auto a = stored(A, Triangle::lower), b = stored(B, Triangle::both);
    const SparseHermitian<S> view_a(a), view_b(b);
    ShiftedPencil<S> pencil(view_a, &view_b);
    const auto pattern = pencil.at(1.0).nonZeros();
    const Matrix<S> A2 = S{-2.5} * A, B2 = S{0.5} * B;
    for_each_storage<S>(A2, [&](const SparseHermitian<S>& new_a) {
        for_each_storage<S>(B2, [&](const SparseHermitian<S>& new_b) {
            CHECK(pencil.update(new_a, &new_b));
            check_values<S>(pencil, A2, B2);
        });
    });
    CHECK(pencil.at(1.0).nonZeros() == pattern);
}

TEST_CASE_TEMPLATE("update: one entry more, or fewer rows, is another pattern", S, double, Complex) {
    Matrix<S> A = random_sparse_hermitian<S>(40, 5.0, 7);
    A(33, 2) = A(2, 33) = S{0};
    const auto a = stored(A, Triangle::lower);
    ShiftedPencil<S> pencil{SparseHermitian<S>(a)};
    A(33, 2) = A(2, 33) = S{0.25};
    const auto more = stored(A, Triangle::lower);
    CHECK_FALSE(pencil.update(SparseHermitian<S>(more)));
    check_values<S>(pencil, A, Matrix<S>::Identity(40, 40));
    CHECK(pencil.update(SparseHermitian<S>(more)));

    const Matrix<S> smaller = A.topLeftCorner(30, 30);
    const auto few = stored(smaller, Triangle::upper);
    CHECK_FALSE(pencil.update(SparseHermitian<S>(few)));
    CHECK(pencil.rows() == 30);
    check_values<S>(pencil, smaller, Matrix<S>::Identity(30, 30));
}

TEST_CASE("misuse is refused: sizes that differ, no rows, a shift that is no number") {
    const auto a = stored<Eigen::ColMajor>(random_sparse_hermitian<double>(20, 5.0, 8), Triangle::lower);
    const auto b = stored<Eigen::ColMajor>(random_sparse_hermitian<double>(21, 5.0, 9), Triangle::lower);
    const SparseHermitian<double> A(a), B(b);
    const std::string sizes = message_of<std::invalid_argument>([&] { ShiftedPencil<double>(A, &B); });
    CHECK(contains(sizes, "20×20"));
    CHECK(contains(sizes, "21×21"));
    const Sparse<double> nothing(0, 0);
    CHECK_THROWS_AS(ShiftedPencil<double>{SparseHermitian<double>(nothing)}, std::invalid_argument);
    ShiftedPencil<double> pencil(A);
    CHECK(contains(message_of<std::invalid_argument>([&] { pencil.at(kNaN); }), "nan"));
    CHECK_THROWS_AS(pencil.at(kInfinity), std::invalid_argument);
}
