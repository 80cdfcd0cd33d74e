#include "general_pairs.hpp"

#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/gradient/gradient_general.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kSize = 30;

/// A real vector-valued objective that sees no phase: Σ_i Re xᴴ H x + Re(conj(c_i) λ_i) + ½|λ_i|², i < k.
struct Objective {
    Matrix<Complex> H;
    Eigen::VectorXcd c;

    double operator()(const Eigen::VectorXcd& values, const Matrix<Complex>& X) const {
        double sum = 0.0;
        for (Index i = 0; i < c.size(); ++i) {
            sum += std::real(X.col(i).dot(H * X.col(i))) + std::real(std::conj(c(i)) * values(i)) +
                   0.5 * std::norm(values(i));
        }
        return sum;
    }
    template <ScalarType S>
    GeneralPairCotangent bar(const GeneralEigenpairs<S>& pairs) const {
        return {.values = c + pairs.values, .vectors = 2.0 * H * pairs.vectors, .left = {}};
    }
};

Objective objective(Index n, Index k, unsigned seed) {
    return {random_hermitian<Complex>(n, seed), random_matrix<Complex>(k, 1, seed + 1).col(0)};
}

}  // namespace

TEST_CASE_TEMPLATE("general pullback: gradients of values and vectors equal the dense formula to 1e-8", S, double,
                   Complex) {
    const Matrix<S> A = random_matrix<S>(kSize, kSize, 5);
    const Sparse<S> M = full<S>(A);
    const SparseGeneral<S> op(M);
    const Index k = 3;
    const auto pairs = eigs(op, {.k = k, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    const Objective phi = objective(kSize, k, 9);
    const GeneralPairCotangent cotangent = phi.bar(pairs);
    const auto bar = pullback(op, pairs, cotangent, {.tol = 1e-13});

    const DensePairs all = dense_pairs<S>(A, Matrix<S>::Identity(kSize, kSize), rightmost);
    Matrix<Complex> expected = Matrix<Complex>::Zero(kSize, kSize);
    for (Index i = 0; i < k; ++i) {
        CHECK(std::abs(all.values(i) - pairs.values(i)) <= 1e-11);
        const Vector<Complex> x = all.X.col(i), x_bar = 2.0 * phi.H * x;
        const Vector<Complex> r = x_bar - std::real(x.dot(x_bar)) * x;
        expected += (cotangent.values(i) * all.Y.col(i) + dense_adjoint(all, i, r)) * x.adjoint();
    }
    Matrix<S> wanted(kSize, kSize);
    if constexpr (std::same_as<S, double>) {
        wanted = expected.real();
    } else {
        wanted = expected;
    }
    CHECK((dense(bar.A) - wanted).norm() <= 1e-8 * wanted.norm());
    CHECK(bar.report.error_estimate <= 1e-8);

    // The gradient on stored entries is that matrix, in the order of the values.
    const Vector<S> g = gradient(op, bar.A);
    const Eigen::Map<const Matrix<S>> entries(g.data(), kSize, kSize);
    CHECK((entries - wanted).norm() <= 1e-8 * wanted.norm());

    // And it is the slope in a random direction.
    const Matrix<S> D = random_matrix<S>(kSize, kSize, 77);
    const auto along = [&](double h) {
        const DensePairs moved = dense_pairs<S>(A + h * D, Matrix<S>::Identity(kSize, kSize), rightmost);
        return phi(moved.values, moved.X);
    };
    CHECK(inner(wanted, D) == doctest::Approx(central_difference(along, 1e-4)).epsilon(1e-7));
}

TEST_CASE("general pullback: for a complex matrix the eigenvalue obeys Cauchy and Riemann") {
    const Matrix<Complex> A = random_matrix<Complex>(kSize, kSize, 11);
    const SparseGeneral<Complex> op(full<Complex>(A));
    const auto pairs = eigs(op, {.k = 1, .tol = 1e-13});
    const auto real_part = pullback(op, pairs, {.values = Eigen::VectorXcd::Constant(1, 1.0)});
    const auto imaginary_part = pullback(op, pairs, {.values = Eigen::VectorXcd::Constant(1, Complex(0, 1))});
    // dRe λ = Re tr(Gᴴ dA) and dIm λ = Re tr((iG)ᴴ dA): λ is a holomorphic function of the entries.
    CHECK((dense(imaginary_part.A) - Complex(0, 1) * dense(real_part.A)).norm() <= 1e-14);
    const Matrix<Complex> D = random_matrix<Complex>(kSize, kSize, 12);
    for (const Complex turn : {Complex(1, 0), Complex(0, 1)}) {
        const auto value = [&](double h) {
            return dense_pairs<Complex>(A + h * turn * D, Matrix<Complex>::Identity(kSize, kSize),
                                        [](Complex z) { return std::abs(z); })
                .values(0);
        };
        const double re = central_difference([&](double h) { return value(h).real(); }, 1e-3);
        const double im = central_difference([&](double h) { return value(h).imag(); }, 1e-3);
        CHECK(inner(dense(real_part.A), Matrix<Complex>(turn * D)) == doctest::Approx(re).epsilon(1e-8));
        CHECK(inner(dense(imaginary_part.A), Matrix<Complex>(turn * D)) == doctest::Approx(im).epsilon(1e-8));
    }
}

TEST_CASE("general pullback: both members of a conjugate pair give the same real gradient, bit for bit") {
    Eigen::VectorXcd spectrum = Eigen::VectorXcd::LinSpaced(kSize, -9.0, -2.0);
    spectrum(0) = {1.0, 2.0}, spectrum(1) = {1.0, -2.0};
    const Matrix<double> A = with_general_spectrum<double>(spectrum, 3);
    const SparseGeneral<double> op(full<double>(A));
    const auto pairs = eigs(op, {.k = 2, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    CHECK(pairs.values(1) == std::conj(pairs.values(0)));
    CHECK(pairs.vectors.col(1) == pairs.vectors.col(0).conjugate());
    CHECK(pairs.left.col(1) == pairs.left.col(0).conjugate());
    Eigen::VectorXcd first = Eigen::VectorXcd::Zero(2), second = first;
    first(0) = 2.0 * pairs.values(0);  // |λ|²
    second(1) = 2.0 * pairs.values(1);
    const Matrix<double> g1 = dense(pullback(op, pairs, {.values = first}).A),
                         g2 = dense(pullback(op, pairs, {.values = second}).A);
    CHECK((g1 - g2).norm() <= 4.0 * kEps * g1.norm());
    const Matrix<double> D = random_matrix<double>(kSize, kSize, 4);
    const auto modulus = [&](double h) {
        return std::norm(dense_pairs<double>(A + h * D, Matrix<double>::Identity(kSize, kSize), rightmost).values(0));
    };
    CHECK(inner(g1, D) == doctest::Approx(central_difference(modulus, 1e-4)).epsilon(1e-7));
}

TEST_CASE("general pullback: one value of a conjugate pair is enough for the spectral abscissa") {
    Eigen::VectorXcd spectrum = Eigen::VectorXcd::LinSpaced(kSize, -9.0, -2.0);
    spectrum(0) = {1.0, 2.0}, spectrum(1) = {1.0, -2.0};
    const Matrix<double> A = with_general_spectrum<double>(spectrum, 8);
    const SparseGeneral<double> op(full<double>(A));
    const auto pairs = eigs(op, {.k = 1, .which = Which::rightmost, .tol = 1e-13});
    CHECK(pairs.cuts_conjugate_pair);
    CHECK_FALSE(pairs.cuts_cluster);
    CHECK(pairs.values(0).imag() > 0.0);
    const auto bar = pullback(op, pairs, {.values = Eigen::VectorXcd::Ones(1)});
    const Matrix<double> D = random_matrix<double>(kSize, kSize, 4);
    const auto abscissa = [&](double h) {
        return dense_pairs<double>(A + h * D, Matrix<double>::Identity(kSize, kSize), rightmost).values(0).real();
    };
    CHECK(inner(dense(bar.A), D) == doctest::Approx(central_difference(abscissa, 1e-4)).epsilon(1e-7));
}

TEST_CASE_TEMPLATE("general pullback: cotangents of left vectors agree with differences, with B and without", S, double,
                   Complex) {
    const Index n = 18, k = 2;
    Eigen::VectorXcd spectrum = Eigen::VectorXcd::LinSpaced(n, -6.0, -1.0);
    spectrum(0) = 2.0, spectrum(1) = 1.0;
    for (const bool pencil : {false, true}) {
        CAPTURE(pencil);
        const Matrix<S> B = pencil ? Matrix<S>(Matrix<S>::Identity(n, n) * 2.0 + 0.2 * random_matrix<S>(n, n, 30))
                                   : Matrix<S>::Identity(n, n);
        const Matrix<S> A = B * with_general_spectrum<S>(spectrum, 21);
        const SparseGeneral<S> op_A(full<S>(A)), op_B(full<S>(B));
        const EigsOptions<S> options{.k = k, .which = Which::rightmost, .tol = 1e-13};
        const auto pairs = pencil ? eigs(op_A, op_B, options) : eigs(op_A, options);
        REQUIRE(pairs.converged);
        // φ = Σ Re (yᴴ K x) + Re xᴴ H x + Re yᴴ H y: x and y share one phase, which it does not see.
        const Matrix<Complex> K = random_matrix<Complex>(n, n, 31), H = random_hermitian<Complex>(n, 32);
        const auto value = [&](const Matrix<Complex>& X, const Matrix<Complex>& Y) {
            double sum = 0.0;
            for (Index i = 0; i < k; ++i) {
                sum += std::real(Y.col(i).dot(K * X.col(i)) + X.col(i).dot(H * X.col(i)) + Y.col(i).dot(H * Y.col(i)));
            }
            return sum;
        };
        const GeneralPairCotangent cotangent{.values = {},
                                             .vectors = K.adjoint() * pairs.left + 2.0 * H * pairs.vectors,
                                             .left = K * pairs.vectors + 2.0 * H * pairs.left};
        const auto bar = pencil ? pullback(op_A, op_B, pairs, cotangent, {.tol = 1e-13})
                                : pullback(op_A, pairs, cotangent, {.tol = 1e-13});
        const Matrix<S> dA = random_matrix<S>(n, n, 33), dB = random_matrix<S>(n, n, 34) * (pencil ? 1.0 : 0.0);
        const auto along = [&](double h) {
            const DensePairs moved = dense_pairs<S>(A + h * dA, B + h * dB, rightmost);
            return value(moved.X, moved.Y);
        };
        const double slope = inner(dense(bar.A), dA) + (pencil ? inner(dense(bar.B), dB) : 0.0);
        CHECK(slope == doctest::Approx(central_difference(along, 1e-4)).epsilon(1e-7));
    }
}

TEST_CASE_TEMPLATE("general pullback: invariances are exact, and what sees the phase is refused", S, double, Complex) {
    const SparseGeneral<S> op(full<S>(random_matrix<S>(kSize, kSize, 41)));
    const auto pairs = eigs(op, {.k = 2, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    // ‖x‖² and yᴴx are constants.
    CHECK(dense(pullback(op, pairs, {.vectors = pairs.vectors}).A).norm() <= 1e-12);
    const auto constant = pullback(op, pairs, {.vectors = pairs.left, .left = pairs.vectors});
    CHECK(dense(constant.A).norm() <= 1e-9 * pairs.left.norm());
    const std::string sentence =
        message_of<NotDifferentiable>([&] { (void)pullback(op, pairs, {.vectors = Complex(0, 1) * pairs.vectors}); });
    CHECK(contains(sentence, "phase of eigenvector 1"));
    const auto projected = pullback(op, pairs, {.vectors = Complex(0, 1) * pairs.vectors}, {.gauge = Gauge::project});
    CHECK(projected.report.gauge_residual == doctest::Approx(1.0));
}

TEST_CASE_TEMPLATE("general pullback: a factorization and a preconditioner give the gradient that products give", S,
                   double, Complex) {
    const Index n = 60;
    Eigen::VectorXcd spectrum = Eigen::VectorXcd::LinSpaced(n, -20.0, -1.0);
    spectrum(0) = 3.0, spectrum(1) = 2.0;
    const Matrix<S> A = with_general_spectrum<S>(spectrum, 50);
    const SparseGeneral<S> op(full<S>(A));
    const Objective phi = objective(n, 2, 51);
    const auto by_products = eigs(op, {.k = 2, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(by_products.converged);
    const Matrix<S> reference = dense(pullback(op, by_products, phi.bar(by_products), {.tol = 1e-12}).A);
    for (const Complex sigma : {Complex(2.8, 0.0), Complex(2.8, 0.3)}) {
        CAPTURE(sigma);
        auto by_solves = eigs(op, {.k = 2, .which = Which::nearest, .sigma = sigma, .tol = 1e-13});
        REQUIRE(by_solves.converged);
        REQUIRE(std::abs(by_solves.values(0) - by_products.values(0)) <= 1e-9);
        const auto bar = pullback(op, by_solves, phi.bar(by_solves), {.tol = 1e-12});
        CHECK(bar.report.solves > 0);
        CHECK((dense(bar.A) - reference).norm() <= 1e-8 * reference.norm());
    }
    // A preconditioner that is a poor inverse.
    const Matrix<Complex> M = A.template cast<Complex>() - Complex(2.6, 0.5) * Matrix<Complex>::Identity(n, n);
    const Eigen::PartialPivLU<Matrix<Complex>> lu(M), lu_adjoint(M.adjoint());
    GeneralSolve<Complex> rough;
    rough.solve = [&](In<Complex> R, Out<Complex> X) { X = lu.solve(R); };
    rough.solve_adjoint = [&](In<Complex> R, Out<Complex> X) { X = lu_adjoint.solve(R); };
    const auto bar = pullback(op, by_products, phi.bar(by_products), {.tol = 1e-12, .preconditioner = rough});
    CHECK(bar.report.method == "flexible GMRES");
    CHECK(bar.report.products < 100);
    CHECK((dense(bar.A) - reference).norm() <= 1e-8 * reference.norm());
}
