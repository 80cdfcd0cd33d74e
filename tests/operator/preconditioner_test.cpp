#include <lambdabar/operator/preconditioner.hpp>

#include <Eigen/IterativeLinearSolvers>
#include <doctest/doctest.h>

#include "operator/modified_cholesky.hpp"
#include "sparse_matrices.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Matrix<S> preconditioned(const Preconditioner<S>& M, const Matrix<S>& R) {
    const Block<S> block = R;
    Block<S> Z = Block<S>::Constant(R.rows(), R.cols(), S{kNaN});
    M(block, Z);
    return Z;
}

/// M⁻¹ column by column.
template <ScalarType S>
Matrix<S> inverse(const Preconditioner<S>& M, Index n) {
    return preconditioned<S>(M, Matrix<S>::Identity(n, n));
}

/// M⁻¹ is Hermitian to rounding and positive definite, and applies to a block as to its columns.
template <ScalarType S>
void check_positive_definite(const Preconditioner<S>& M, Index n) {
    const Matrix<S> Z = inverse(M, n);
    CHECK((Z - Z.adjoint()).norm() <= 100.0 * static_cast<double>(n) * kEps * Z.norm());
    CHECK(reference_eigh<S>(hermitian_part<S>(Z)).values.minCoeff() > 0.0);
    const auto R = random_matrix<S>(n, 3, 9);
    const Matrix<S> together = preconditioned(M, R);
    for (Index j = 0; j < 3; ++j) {
        const Matrix<S> alone = preconditioned<S>(M, R.col(j));
        CHECK((together.col(j) - alone).norm() <= 10.0 * kEps * Z.norm() * R.norm());
    }
    CHECK((together - Z * R).norm() <= 100.0 * static_cast<double>(n) * kEps * Z.norm() * R.norm());
}

/// Iterations of preconditioned CG (Hestenes & Stiefel) to a residual of 1e-8.
template <ScalarType S>
int cg_iterations(const Sparse<S>& A, const Preconditioner<S>& M) {
    Matrix<S> r = random_matrix<S>(A.rows(), 1, 5);
    const double start = r.norm();
    Matrix<S> z = preconditioned(M, r), p = z;
    double rho = inner(r, z);
    int iterations = 0;
    while (r.norm() > 1e-8 * start && iterations < 10'000) {
        const Matrix<S> q = A * p;
        r -= S{rho / inner(p, q)} * q;
        z = preconditioned(M, r);
        const double next = inner(r, z);
        p = z + S{next / rho} * p;
        rho = next;
        ++iterations;
    }
    return iterations;
}

template <ScalarType S>
Preconditioner<S> identity() {
    return [](In<S> R, Out<S> Z) { Z = R; };
}

/// A − Laplacian on a 20×20 grid whose hopping picks up phases (complex) and whose rows are scaled by 1 … 1000.
template <ScalarType S>
Sparse<S> badly_scaled() {
    Sparse<S> A = laplacian<S>({20, 20});
    for (Index c = 0; c < A.cols(); ++c) {
        for (typename Sparse<S>::InnerIterator it(A, c); it; ++it) {
            if constexpr (!std::same_as<S, double>)
                it.valueRef() *= std::polar(1.0, 0.3 * static_cast<double>(it.row() - c));
            const auto scale = [](Index i) { return std::pow(10.0, 3.0 * static_cast<double>(i % 20) / 19.0); };
            it.valueRef() *= scale(it.row()) * scale(c);
        }
    }
    return A;
}

template <ScalarType S>
Sparse<S> lower(const Sparse<S>& A) {
    return A.template triangularView<Eigen::Lower>();
}

template <ScalarType S>
Sparse<S> rows_shuffled(const Sparse<S>& A) {
    Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int> order(A.rows());
    order.setIdentity();
    std::shuffle(order.indices().begin(), order.indices().end(), std::mt19937_64(3));
    Sparse<S> shuffled(A.rows(), A.cols());
    shuffled = A.twistedBy(order);
    return shuffled;
}

/// Definite, yet the incomplete factor on its pattern has the pivot −5 (Kershaw, J. Comput. Phys. 26, 1978).
template <ScalarType S>
Sparse<S> kershaw() {
    Matrix<S> A(4, 4);
    A << 3, -2, 0, 2, -2, 3, -2, 0, 0, -2, 3, -2, 2, 0, -2, 3;
    return A.sparseView();
}

}  // namespace

TEST_CASE_TEMPLATE("jacobi: divides by |diag(A) − shift|, and by one where that vanishes", S, double, Complex) {
    const Matrix<S> A = numbers({2.0, -4.0, 0.0, 0.5, 3.0}).cast<S>().asDiagonal();
    const SparseHermitian<S> op(stored(A, Triangle::both));
    CHECK(inverse(jacobi(op), 5).diagonal().real() == numbers({0.5, 0.25, 1.0, 2.0, 1.0 / 3.0}));
    CHECK(inverse(jacobi(op, 0.5), 5).diagonal().real() == numbers({1.0 / 1.5, 1.0 / 4.5, 2.0, 1.0, 0.4}));
    check_positive_definite(jacobi(SparseHermitian<S>(stored(random_sparse_hermitian<S>(40, 5.0, 1), Triangle::lower))),
                            40);
}

TEST_CASE_TEMPLATE("incomplete_cholesky: is exact where no fill is dropped, for every storage", S, double, Complex) {
    const Index n = 25;  // tridiagonal, dominant diagonal
    Matrix<S> A = Matrix<S>::Zero(n, n);
    std::mt19937_64 random(3);
    for (Index i = 0; i < n; ++i) {
        A(i, i) = S{4.0 + std::abs(std::real(random_normal<S>(random)))};
        if (i == 0) continue;
        A(i, i - 1) = random_normal<S>(random) / 2.0;
        A(i - 1, i) = Eigen::numext::conj(A(i, i - 1));
    }
    const double shift = 0.7;
    const Matrix<S> shifted = A - shift * Matrix<S>::Identity(n, n);
    for (const Triangle triangle : {Triangle::lower, Triangle::upper, Triangle::both}) {
        CAPTURE(static_cast<int>(triangle));
        const auto M = incomplete_cholesky(SparseHermitian<S>(stored<Eigen::RowMajor>(A, triangle)), shift);
        const Matrix<S> Z = inverse(M, n);
        CHECK((Z * shifted - Matrix<S>::Identity(n, n)).norm() <=
              100.0 * static_cast<double>(n) * kEps * Z.norm() * shifted.norm());
        check_positive_definite(M, n);
    }
}

TEST_CASE_TEMPLATE("incomplete_cholesky: every column alike at any width", S, double, Complex) {
    const Sparse<S> A = laplacian<S>({90, 50});  // more rows than are ordered together
    const auto M = incomplete_cholesky(SparseHermitian<S>(A));
    const auto R = random_matrix<S>(A.rows(), 11, 8);
    const Matrix<S> together = preconditioned(M, R);
    for (const Index width : {1, 2, 4, 8}) {
        CAPTURE(width);
        CHECK(preconditioned<S>(M, R.leftCols(width)) == together.leftCols(width));
    }
}

TEST_CASE_TEMPLATE("incomplete_cholesky: modified if it can be, else plain, else Eigen's", S, double, Complex) {
    const auto solves_like = [](const Sparse<S>& A, const auto& factor) {
        const auto R = random_matrix<S>(A.rows(), 3, 8);
        const Matrix<S> mine = preconditioned(incomplete_cholesky(SparseHermitian<S>(A)), R),
                        expected = factor.solve(R);
        CHECK((mine - expected).norm() <= 1e-12 * expected.norm());
    };
    const auto product = [](const Sparse<S>& A, double relaxation) {
        const auto L = modified_cholesky<S>(lower(A), relaxation, 0.0);
        REQUIRE(L.has_value());
        return Eigen::LLT<Matrix<S>>(Matrix<S>(Matrix<S>(*L) * Matrix<S>(*L).adjoint()));
    };
    const auto grid = laplacian<S>({9, 8});
    solves_like(grid, product(grid, 0.95));
    const Sparse<S> shuffled = rows_shuffled(grid);
    REQUIRE_FALSE(modified_cholesky<S>(lower(shuffled), 0.95, 0.4).has_value());
    solves_like(shuffled, product(shuffled, 0.0));
    REQUIRE_FALSE(modified_cholesky<S>(lower(kershaw<S>()), 0.0, 0.0).has_value());
    solves_like(kershaw<S>(), Eigen::IncompleteCholesky<S, Eigen::Lower, Eigen::NaturalOrdering<int>>(kershaw<S>()));
}

TEST_CASE_TEMPLATE("modified_cholesky: A on its pattern, and its row sums", S, double, Complex) {
    const auto A = laplacian<S>({7, 6, 5});
    const Matrix<S> ones = Matrix<S>::Ones(A.rows(), 1);
    for (const double relaxation : {0.0, 0.5, 1.0}) {
        CAPTURE(relaxation);
        const auto L = modified_cholesky<S>(lower(A), relaxation, 0.0);
        REQUIRE(L.has_value());
        const Matrix<S> M = Matrix<S>(*L) * Matrix<S>(*L).adjoint(), E = M - Matrix<S>(A);
        double fill = 0.0;
        for (Index i = 0; i < A.rows(); ++i) {
            for (Index j = 0; j < A.rows(); ++j) {
                if (i == j) continue;
                if (A.coeff(i, j) != S{0.0}) CHECK(std::abs(E(i, j)) <= 1e-14);
                fill += std::real(E(i, j));
            }
        }
        CHECK(fill > 1.0);
        CHECK(std::abs(std::real(E.diagonal().sum()) + relaxation * fill) <= 1e-12 * fill);
        if (relaxation == 1.0) CHECK((E * ones).norm() <= 1e-13 * ones.norm());
    }
}

TEST_CASE("modified_cholesky: halves the iterations on a grid") {
    const auto A = laplacian<double>({60, 60});
    const auto solve_with = [&](double relaxation) {
        const auto L = modified_cholesky<double>(lower(A), relaxation, 0.0);
        return cg_iterations<double>(A, [L = *L](In<double> R, Out<double> Z) {
            const Eigen::MatrixXd half = L.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd(R));
            Z = L.adjoint().triangularView<Eigen::Upper>().solve(half);
        });
    };
    const int plain = solve_with(0.0), modified = solve_with(0.95);
    CAPTURE(plain);
    CAPTURE(modified);
    CHECK(5 * modified <= 3 * plain);
}

TEST_CASE_TEMPLATE(
    "incomplete_cholesky: is positive definite even if A − shift is not quite, and far inside it is refused", S, double,
    Complex) {
    const auto A = laplacian<S>({7, 6});  // eigenvalues 0.35 … 7.65
    const SparseHermitian<S> op(A);
    for (const double shift : {-1.0, 0.0, 0.3, 0.6}) {
        CAPTURE(shift);
        check_positive_definite(incomplete_cholesky(op, shift), 42);
    }
    const std::string text = message_of<std::invalid_argument>([&] { (void)incomplete_cholesky(op, 3.0); });
    CHECK(contains(text, "A − 3·I"));
    CHECK(contains(text, "n = 42"));
}

TEST_CASE_TEMPLATE("preconditioners: CG needs fewer products with jacobi, and fewer still with incomplete_cholesky", S,
                   double, Complex) {
    const auto A = badly_scaled<S>();
    const SparseHermitian<S> op(A);
    const int plain = cg_iterations<S>(A, identity<S>());
    const int scaled = cg_iterations<S>(A, jacobi(op));
    const int factored = cg_iterations<S>(A, incomplete_cholesky(op));
    CAPTURE(plain);
    CAPTURE(scaled);
    CAPTURE(factored);
    // The scaling by up to 1e3 makes A's condition 1e6 times that of the grid, which Jacobi undoes; the factor without
    // fill of a grid in its natural order divides the condition by about 8.
    CHECK(10 * scaled < plain);
    CHECK(5 * factored < 2 * scaled);
}
