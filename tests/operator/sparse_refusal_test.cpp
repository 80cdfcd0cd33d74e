// Each kind of matrix that is not a sparse Hermitian one is refused with a sentence that names the entry.
#include <doctest/doctest.h>

#include "sparse_matrices.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S, int Order = Eigen::ColMajor>
std::string refusal(const Matrix<S>& A, Triangle triangle, double tolerance = 1e-14) {
    const auto M = stored<Order>(A, triangle);
    return message_of<std::invalid_argument>([&] { SparseHermitian<S>(M, tolerance); });
}

}  // namespace

TEST_CASE_TEMPLATE("SparseHermitian: a matrix that is not square is refused with its size", S, double, Complex) {
    const Eigen::SparseMatrix<S> M(3, 4);
    const std::string text = message_of<std::invalid_argument>([&] { SparseHermitian<S>{M}; });
    CHECK(contains(text, "3×4"));
    CHECK(contains(text, "not square"));
}

TEST_CASE_TEMPLATE("SparseHermitian: a matrix that is not compressed is refused", S, double, Complex) {
    Eigen::SparseMatrix<S> M(4, 4);
    M.insert(3, 3) = S{1};
    M.insert(0, 0) = S{1};
    CHECK(contains(message_of<std::invalid_argument>([&] { SparseHermitian<S>{M}; }), "makeCompressed"));
    M.makeCompressed();
    CHECK(SparseHermitian<S>(M).rows() == 4);
}

TEST_CASE_TEMPLATE("SparseHermitian: rows with unsorted or repeated indices are refused", S, double, Complex) {
    Eigen::SparseMatrix<S> M(3, 3);
    M.insert(0, 0) = M.insert(1, 0) = M.insert(2, 0) = S{1};
    M.makeCompressed();
    const auto refusal_with = [&](int first, int second) {
        M.innerIndexPtr()[1] = first;
        M.innerIndexPtr()[2] = second;
        return message_of<std::invalid_argument>([&] { SparseHermitian<S>{M}; });
    };
    CHECK(contains(refusal_with(2, 1), "column 0"));
    CHECK(contains(refusal_with(2, 2), "repeat index 2"));
    CHECK(refusal_with(1, 2).empty());
}

TEST_CASE_TEMPLATE("SparseHermitian: an entry that is not finite is refused by name", S, double, Complex) {
    for (const Triangle triangle : {Triangle::lower, Triangle::both}) {
        for (const double bad : {kNaN, kInfinity, -kInfinity}) {
            CAPTURE(bad);
            Matrix<S> A = random_hermitian<S>(6, 1);
            A(4, 2) = S{bad};
            A(2, 4) = S{bad};
            const std::string text = refusal<S>(A, triangle);
            CAPTURE(text);
            CHECK((contains(text, "entry (4, 2)") || (triangle == Triangle::both && contains(text, "entry (2, 4)"))));
            CHECK((contains(text, "nan") || contains(text, "inf")));
        }
    }
    if constexpr (std::same_as<S, Complex>) {
        Matrix<S> A = random_hermitian<S>(6, 1);
        A(3, 3) = Complex{1.0, kNaN};
        CHECK(contains(refusal<S>(A, Triangle::upper), "entry (3, 3)"));
    }
}

TEST_CASE_TEMPLATE("SparseHermitian: triangles that are not conjugates are refused with both entries", S, double,
                   Complex) {
    const Matrix<S> hermitian = random_hermitian<S>(9, 1);
    const auto check = [](const std::string& text) {
        CAPTURE(text);
        CHECK(contains(text, std::same_as<S, double> ? "not symmetric" : "not Hermitian"));
        CHECK(!contains(text, "complex symmetric"));
        CHECK(contains(text, "(7, 3)"));
        CHECK(contains(text, "(3, 7)"));
    };
    Matrix<S> A = hermitian;
    A(7, 3) += S{1e-10};
    check(refusal<S>(A, Triangle::both));
    check(refusal<S, Eigen::RowMajor>(A, Triangle::both));
    A = hermitian;
    A(7, 3) = S{0};  // not stored at all
    check(refusal<S>(A, Triangle::both));
    check(refusal<S, Eigen::RowMajor>(A, Triangle::both));
    A = hermitian;
    A(3, 7) = S{0};
    check(refusal<S>(A, Triangle::both));
}

TEST_CASE_TEMPLATE("SparseHermitian: the tolerance is relative to the largest entry", S, double, Complex) {
    Matrix<S> A = random_hermitian<S>(9, 1);
    const double largest = A.cwiseAbs().maxCoeff();
    A(7, 3) += S{1e-6 * largest};
    for (const double scale : {1e-200, 1.0, 1e200}) {
        CAPTURE(scale);
        const Matrix<S> scaled = S{scale} * A;
        CHECK(!refusal<S>(scaled, Triangle::both, 0.9e-6).empty());
        CHECK(refusal<S>(scaled, Triangle::both, 1.1e-6).empty());
        CHECK(refusal<S>(scaled, Triangle::lower).empty());  // the triangle alone says all
    }
}

TEST_CASE("SparseHermitian: complex symmetric data is refused, saying so") {
    const Matrix<Complex> B = random_matrix<Complex>(8, 8, 1);
    const Matrix<Complex> symmetric = B + B.transpose();
    std::string text = refusal<Complex>(symmetric, Triangle::both);
    CHECK(contains(text, "complex symmetric, not Hermitian"));
    // Off-diagonal only: the diagonal is real, the rest still gives it away.
    Matrix<Complex> real_diagonal = symmetric;
    real_diagonal.diagonal() = symmetric.diagonal().real().cast<Complex>();
    text = refusal<Complex>(real_diagonal, Triangle::both);
    CHECK(contains(text, "complex symmetric, not Hermitian"));
    // Neither symmetric nor Hermitian: not called complex symmetric.
    text = refusal<Complex>(B, Triangle::both);
    CHECK(contains(text, "not Hermitian"));
    CHECK(!contains(text, "complex symmetric"));
    // A real matrix in complex storage is both, hence fine.
    const Matrix<double> real = random_hermitian<double>(8, 2);
    CHECK(refusal<Complex>(real.cast<Complex>(), Triangle::both).empty());
}

TEST_CASE("SparseHermitian: a diagonal that is not real is refused by name, in any storage") {
    for (const Triangle triangle : {Triangle::lower, Triangle::upper, Triangle::both}) {
        CAPTURE(static_cast<int>(triangle));
        Matrix<Complex> A = random_hermitian<Complex>(6, 1);
        A(4, 4) += Complex{0.0, 1e-3};
        const std::string text = refusal<Complex>(A, triangle);
        CAPTURE(text);
        CHECK(contains(text, "not Hermitian"));
        CHECK(contains(text, "diagonal entry 4"));
    }
}

TEST_CASE("SparseHermitian: a diagonal matrix with complex entries is refused") {
    Matrix<Complex> A = Matrix<Complex>::Identity(4, 4);
    A(2, 2) = Complex{1.0, 0.5};
    CHECK(contains(refusal<Complex>(A, Triangle::both), "diagonal entry 2"));
}
