// Adjoint systems by a Chebyshev polynomial of the operator, against the solver without one and the dense formula.
#include "general_pairs.hpp"
#include "projected_solver/polynomial_krylov.hpp"
#include "singular_systems.hpp"

#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/projected_solver/projected_gmres.hpp>

#include <doctest/doctest.h>
#include <omp.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Wanted: 0.5 ± 2i, 1, 1 − gap; the rest −0.05 … −100 and a pair −20 ± 40i, upper triangular couplings of size
/// `coupling` make it non-normal.
template <ScalarType S>
Sparse<S> staircase(Index n, double gap, double coupling) {
    std::vector<Eigen::Triplet<S>> entries;
    const auto pair = [&](Index i, Complex z) {
        entries.emplace_back(i, i, z.real());
        entries.emplace_back(i + 1, i + 1, z.real());
        entries.emplace_back(i, i + 1, z.imag());
        entries.emplace_back(i + 1, i, -z.imag());
    };
    pair(0, {0.5, 2.0});
    entries.emplace_back(2, 2, 1.0);
    entries.emplace_back(3, 3, 1.0 - gap);
    pair(4, {-20.0, 40.0});
    for (Index i = 6; i < n; ++i)
        entries.emplace_back(i, i, -0.05 - 99.95 * static_cast<double>(i - 6) / static_cast<double>(n - 7));
    for (Index i = 0; i + 7 < n; ++i) entries.emplace_back(i, i + 7, coupling);
    Sparse<S> A(n, n);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

template <ScalarType T>
FusedProduct<T> product_with(const Matrix<T>& C) {
    return [&C](In<T> X, Complex shift, double scale, double beta, Out<T> Y) {
        T own;
        if constexpr (std::same_as<T, double>) {
            own = shift.real();
        } else {
            own = shift;
        }
        const Block<T> image = scale * (C * X - own * X);
        if (beta == 0.0) {
            Y = image;
        } else {
            Y = image - beta * Y;
        }
    };
}

}  // namespace

TEST_CASE_TEMPLATE("Chebyshev polynomial: (C − s) applied to the quotient is p(C) − p(s), for foci on either axis", T,
                   double, Complex) {
    const Index n = 40, c = 2;
    const Matrix<T> C = random_matrix<T>(n, n, 3) / 4.0;
    for (const double focal_square : {3.0, -2.0, 0.0}) {
        const ChebyshevPolynomial p{
            .ellipse = {.center = -0.5, .focal_square = focal_square}, .unit_growth = 1.5, .degree = 9};
        Eigen::VectorXcd shifts(c);
        shifts << Complex(2.0, 1.0), Complex(2.5, -0.5);
        const Block<Complex> Y = random_matrix<Complex>(n, c, 4);
        Block<T> image = parts_of<T>(Y), quotient = image;
        apply_polynomial<T>(p, product_with<T>(C), image);
        apply_quotient<T>(p, product_with<T>(C), shifts, quotient);
        const Block<Complex> D = whole_of<T>(quotient);
        Block<Complex> expected = whole_of<T>(image);
        for (Index i = 0; i < c; ++i) expected.col(i) -= p.at(shifts(i)) * Y.col(i);
        const Block<Complex> product = C.template cast<Complex>() * D - D * shifts.asDiagonal();
        CHECK((product - expected).norm() <= 1e-12 * expected.norm());
    }
}

TEST_CASE_TEMPLATE("projected GMRES: a polynomial solves what restarted GMRES solves, in both directions", S, double,
                   Complex) {
    const Index n = 900, k = 4;
    for (const std::pair<double, double>& hard : {std::pair{0.2, 0.1}, {1e-3, 0.1}, {0.2, 2.0}}) {
        const double gap = hard.first, coupling = hard.second;
        const Sparse<S> M = staircase<S>(n, gap, coupling);
        const SparseGeneral<S> A(M);
        const auto pairs = eigs(A, {.k = k, .which = Which::rightmost, .tol = 1e-13});
        REQUIRE(pairs.converged);
        for (const bool adjoint : {true, false}) {
            CAPTURE(gap);
            CAPTURE(coupling);
            CAPTURE(adjoint);
            const Block<Complex> rhs = random_matrix<Complex>(n, k, 2);
            const Eigen::VectorXd tol = Eigen::VectorXd::Constant(1, 1e-10);
            const auto fast = projected_gmres(A, pairs, systems_of(adjoint, k), rhs, {.tol = tol});
            const auto plain = projected_gmres(A, pairs, systems_of(adjoint, k), rhs, {.tol = tol, .basis_size = 60});
            CHECK(contains(fast.method, "Chebyshev"));
            CHECK_FALSE(contains(plain.method, "Chebyshev"));
            REQUIRE(fast.converged);
            REQUIRE(plain.converged);
            CHECK((fast.W - plain.W).norm() <= 1e-6 * plain.W.norm());
            const Matrix<Complex>&null = adjoint ? pairs.vectors : pairs.left,
                  &own = adjoint ? pairs.left : pairs.vectors;
            for (Index i = 0; i < k; ++i) {
                const Vector<Complex> w = fast.W.col(i);
                const Complex lambda = adjoint ? std::conj(pairs.values(i)) : pairs.values(i);
                Vector<Complex> r =
                    rhs.col(i) - own.col(i) * (null.col(i).dot(rhs.col(i)) / null.col(i).dot(own.col(i)));
                r += lambda * w;
                if (adjoint) {
                    r -= M.adjoint() * w;
                } else {
                    r -= M * w;
                }
                CHECK(r.norm() <= 1e-8 * rhs.col(i).norm());
                CHECK(std::abs(null.col(i).dot(w)) <= 1e-9 * null.col(i).norm() * w.norm());
            }
        }
    }
}

TEST_CASE("projected GMRES: shifts inside the spectrum's hull, and a polynomial that may not be paid, go without it") {
    const Index n = 400;
    Sparse<double> M = staircase<double>(n, 0.2, 0.1);
    M.coeffRef(n - 1, n - 1) = 60.0;  // largest but one in modulus; the shift −100 sees values on both sides
    M.coeffRef(n - 2, n - 2) = -150.0;
    M.coeffRef(n - 3, n - 3) = 140.0;
    M.makeCompressed();
    const SparseGeneral<double> A(M);
    const auto pairs = eigs(A, {.k = 1, .which = Which::rightmost, .tol = 1e-12});
    REQUIRE(pairs.converged);
    const Block<Complex> rhs = random_matrix<Complex>(n, 1, 2);
    const auto end = projected_gmres(A, pairs, systems_of(true, 1), rhs);
    CHECK(end.converged);
    const auto poor = projected_gmres(A, pairs, systems_of(true, 1), rhs, {.max_products = 30});
    CHECK_FALSE(contains(poor.method, "Chebyshev"));
    CHECK(poor.converged == (poor.residuals(0) <= 1e-10));

    auto inner = pairs;  // an eigenvalue amid the others, with its vectors
    const DensePairs all = dense_pairs<double>(Matrix<double>(M), Matrix<double>::Identity(n, n), rightmost);
    const Index middle = n / 2;
    inner.values(0) = all.values(middle);
    inner.vectors = all.X.col(middle), inner.left = all.Y.col(middle);
    inner.guard_value = std::numeric_limits<double>::quiet_NaN();
    const auto amid = projected_gmres(A, inner, systems_of(true, 1), rhs, {.tol = Eigen::VectorXd::Constant(1, 1e-8)});
    CHECK_FALSE(contains(amid.method, "Chebyshev"));
}

TEST_CASE(
    "projected GMRES: a given preconditioner is used instead of a polynomial, the bits do not depend on threads") {
    const Index n = 900, k = 4;
    const Sparse<double> M = staircase<double>(n, 0.2, 0.1);
    const SparseGeneral<double> A(M);
    const auto pairs = eigs(A, {.k = k, .which = Which::rightmost, .tol = 1e-12});
    const Block<Complex> rhs = random_matrix<Complex>(n, k, 2);
    const Eigen::VectorXcd inverse = (M.diagonal().array().cast<Complex>() - Complex(1.2)).inverse();
    GmresOptions options;
    options.tol = Eigen::VectorXd::Constant(1, 1e-8);
    options.preconditioner.solve = [&](In<Complex> X, Out<Complex> Y) { Y = inverse.asDiagonal() * X; };
    options.preconditioner.solve_adjoint = [&](In<Complex> X, Out<Complex> Y) {
        Y = inverse.conjugate().asDiagonal() * X;
    };
    CHECK(projected_gmres(A, pairs, systems_of(true, k), rhs, options).method == "flexible GMRES");
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = projected_gmres(A, pairs, systems_of(true, k), rhs);
    omp_set_num_threads(2);
    const auto two = projected_gmres(A, pairs, systems_of(true, k), rhs);
    omp_set_num_threads(before);
    CHECK(contains(one.method, "Chebyshev"));
    CHECK(one.W == two.W);
}
