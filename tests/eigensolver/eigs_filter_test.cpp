#include "general_pairs.hpp"

#include <lambdabar/eigensolver/eigs.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Known {
    Sparse<Complex> A;
    std::vector<Complex> wanted;  // the six rightmost
};

/// Block triangular: 1 (twice, with two vectors), 0.8, 0.5 ± 2i and 0.3 in front of −100 … −0.05, with couplings that
/// make it non-normal; `outlier` ± of it is an unwanted conjugate pair.
Known staircase(Index n, Complex outlier) {
    std::vector<Eigen::Triplet<Complex>> entries;
    const auto pair = [&](Index i, Complex z) {
        entries.emplace_back(i, i, z.real());
        entries.emplace_back(i + 1, i + 1, z.real());
        entries.emplace_back(i, i + 1, z.imag());
        entries.emplace_back(i + 1, i, -z.imag());
    };
    entries.emplace_back(0, 0, 1.0);
    entries.emplace_back(1, 1, 1.0);
    pair(2, {0.5, 2.0});
    entries.emplace_back(4, 4, 0.8);
    entries.emplace_back(5, 5, 0.3);
    pair(6, outlier);
    for (Index i = 8; i < n; ++i)
        entries.emplace_back(i, i, -0.05 - 99.95 * static_cast<double>(i - 8) / static_cast<double>(n - 9));
    for (Index i = 0; i + 7 < n; ++i) entries.emplace_back(i, i + 7, i == 0 ? 0.0 : 0.1);
    Sparse<Complex> A(n, n);
    A.setFromTriplets(entries.begin(), entries.end());
    return {A, {1.0, 1.0, 0.8, {0.5, 2.0}, {0.5, -2.0}, 0.3}};
}

template <ScalarType S>
Sparse<S> in(const Sparse<Complex>& A) {
    if constexpr (std::same_as<S, double>) {
        return A.real();
    } else {
        return A;
    }
}

void check_values(std::vector<Complex> missing, const Eigen::VectorXcd& values, double tolerance) {
    for (const Complex value : values) {
        const auto near =
            std::find_if(missing.begin(), missing.end(), [&](Complex z) { return std::abs(z - value) <= tolerance; });
        CHECK_MESSAGE(near != missing.end(), "unexpected value ", value.real(), " + ", value.imag(), "i");
        if (near != missing.end()) missing.erase(near);
    }
    CHECK(missing.empty());
}

}  // namespace

TEST_CASE_TEMPLATE("eigs: ends of a spectrum by filtered blocks, copies and conjugate pairs complete, from both sides",
                   S, double, Complex) {
    const Index n = 1200;
    for (const bool right_end : {true, false}) {
        for (const Complex outlier : {Complex(-50.0, 1.0), Complex(-20.0, 150.0)}) {
            CAPTURE(right_end);
            CAPTURE(outlier.imag());
            Known known = staircase(n, outlier);
            if constexpr (std::same_as<S, Complex>) {  // the imaginary direction has no symmetry
                Sparse<Complex> I(n, n);
                I.setIdentity();
                known.A += Complex(0.0, 7.0) * I;
                for (Complex& z : known.wanted) z += Complex(0.0, 7.0);
            }
            if (!right_end) {
                known.A = -known.A;
                for (Complex& z : known.wanted) z = -z;
            }
            const Sparse<S> M = in<S>(known.A);
            const SparseGeneral<S> A(M);
            const auto pairs = eigs(A, {.k = 6, .which = right_end ? Which::rightmost : Which::leftmost, .tol = 1e-11});
            REQUIRE(pairs.converged);
            CHECK(contains(pairs.engine, "filter"));
            CHECK(pairs.probed);
            CHECK(pairs.warning.empty());
            check_values(known.wanted, pairs.values, 1e-8);
            const Matrix<Complex>&X = pairs.vectors, &Y = pairs.left;
            const double allowed = pairs.tol * pairs.norm_A;
            CHECK((known.A * X - X * pairs.values.asDiagonal()).colwise().norm().maxCoeff() <= 1.001 * allowed);
            CHECK(pairs.residuals.maxCoeff() <= allowed);
            CHECK((known.A.adjoint() * Y - Y * pairs.values.conjugate().asDiagonal()).norm() <= 6 * allowed * Y.norm());
            CHECK((Y.adjoint() * X - Matrix<Complex>::Identity(6, 6)).norm() <= 1e-11);
            if constexpr (std::same_as<S, double>) {
                for (Index i = 0; i + 1 < 6; ++i) {
                    if (pairs.values(i).imag() <= 0.0) continue;
                    CHECK(pairs.values(i + 1) == std::conj(pairs.values(i)));
                    CHECK(pairs.vectors.col(i + 1) == pairs.vectors.col(i).conjugate());
                    CHECK(pairs.left.col(i + 1) == pairs.left.col(i).conjugate());
                }
            }
        }
    }
}

TEST_CASE("eigs: more copies than values that are asked for, and a set that cuts them") {
    const Index n = 900;
    Eigen::VectorXd diagonal = Eigen::VectorXd::LinSpaced(n, -200.0, 0.0);
    diagonal.tail(5).setConstant(0.4);
    Sparse<double> M(n, n);
    for (Index i = 0; i < n; ++i) M.insert(i, i) = diagonal(i);
    M.makeCompressed();
    const SparseGeneral<double> A(M);
    for (const Index k : {1, 3, 5}) {
        CAPTURE(k);
        const auto pairs = eigs(A, {.k = k, .which = Which::rightmost, .tol = 1e-11});
        REQUIRE(pairs.converged);
        CHECK(contains(pairs.engine, "filter"));
        check_values(std::vector<Complex>(static_cast<std::size_t>(k), 0.4), pairs.values, 1e-9);
        CHECK(pairs.cuts_cluster == (k < 5));
        CHECK(pairs.clusters.size() == 1);
        CHECK((pairs.left.adjoint() * pairs.vectors - Matrix<Complex>::Identity(k, k)).norm() <= 1e-11);
    }
}

TEST_CASE("eigs: a chosen basis or block asks for Krylov–Schur, and both methods agree") {
    const Known known = staircase(1200, {-50.0, 1.0});
    const Sparse<double> M = in<double>(known.A);
    const SparseGeneral<double> A(M);
    const auto plain = eigs(A, {.k = 6, .which = Which::rightmost, .tol = 1e-11, .basis_size = 60});
    const auto filtered = eigs(A, {.k = 6, .which = Which::rightmost, .tol = 1e-11});
    REQUIRE(plain.converged);
    REQUIRE(filtered.converged);
    CHECK_FALSE(contains(plain.engine, "filter"));
    CHECK(contains(filtered.engine, "filter"));
    CHECK((plain.values - filtered.values).cwiseAbs().maxCoeff() <= 1e-8);
    for (Index i = 0; i < 6; ++i) {  // those of the double value depend on the choice of vectors
        if (plain.values(i).real() < 0.9)
            CHECK(filtered.conditions(i) == doctest::Approx(plain.conditions(i)).epsilon(1e-6));
    }

    Index calls = 0;
    const auto stopped = eigs(
        A, {.k = 6, .which = Which::rightmost, .tol = 1e-11, .monitor = [&](const Progress&) { return ++calls < 4; }});
    CHECK(calls == 4);
    CHECK_FALSE(stopped.converged);
    CHECK(stopped.reason == StopReason::stopped_by_monitor);
}

TEST_CASE_TEMPLATE("SparseGeneral: the shifted product is the product, shifted", S, double, Complex) {
    const Index n = 70;
    const Sparse<S> M = full<S>(random_matrix<S>(n, n, 3));
    const SparseGeneral<S> A(M);
    S shift(0.7);
    if constexpr (std::same_as<S, Complex>) shift = {0.7, -1.3};
    for (const Index b : {1, 3, 8, 11}) {
        const Block<S> X = random_matrix<S>(n, b, 4);
        for (const bool adjoint : {false, true}) {
            Block<S> Y = random_matrix<S>(n, b, 5), AX(n, b);
            adjoint ? A.apply_adjoint(X, AX) : A.apply(X, AX);
            const Block<S> expected = 1.5 * (AX - shift * X) - 0.25 * Y;
            A.apply_shifted(adjoint, X, shift, 1.5, 0.25, Y);
            CHECK((Y - expected).norm() <= 1e-13 * expected.norm());
            Y.setConstant(std::numeric_limits<double>::quiet_NaN());
            A.apply_shifted(adjoint, X, shift, 1.5, 0.0, Y);
            CHECK((Y - 1.5 * (AX - shift * X)).norm() <= 1e-13 * expected.norm());
        }
    }
}
