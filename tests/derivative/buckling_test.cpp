// Pencils A x = λ B x with A positive definite and B indefinite, as buckling poses them: pairs by the reciprocal
// problem and gradients of both operators mapped back, against dense eigendecompositions and central differences.
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "oracle.hpp"
#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 50, kK = 4;
constexpr double kTol = 1e-12;

/// A = Q diag(1 … 3) Qᴴ, B indefinite with half of its spectrum on either side of zero.
template <ScalarType S>
struct Buckling {
    Which which;
    Matrix<S> A = hermitian_with_spectrum<S>(Eigen::VectorXd::LinSpaced(kN, 1.0, 3.0), 901);
    Matrix<S> B = hermitian_with_spectrum<S>(Eigen::VectorXd::LinSpaced(kN, -1.0, 1.1), 902);
    Matrix<S> H = random_hermitian<S>(kN, 903);

    struct Dense {
        Eigen::VectorXd values;  // ascending
        Matrix<S> vectors;       // A-orthonormal
    };

    /// The wanted pairs of A + t dA, B + t dB, from B x = ν A x.
    Dense pairs(double t = 0.0, const Matrix<S>& dA = Matrix<S>::Zero(kN, kN),
                const Matrix<S>& dB = Matrix<S>::Zero(kN, kN)) const {
        const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>> solver(Matrix<S>(B + t * dB), Matrix<S>(A + t * dA));
        const Eigen::VectorXd nu = solver.eigenvalues();
        std::vector<Index> order(kN);
        for (Index i = 0; i < kN; ++i) order[static_cast<std::size_t>(i)] = i;
        std::sort(order.begin(), order.end(), [&](Index i, Index j) {
            return which == Which::smallest ? nu(i) > nu(j) : std::abs(nu(i)) > std::abs(nu(j));
        });
        order.resize(kK);
        std::sort(order.begin(), order.end(), [&](Index i, Index j) { return 1.0 / nu(i) < 1.0 / nu(j); });
        return {Eigen::VectorXd(nu(order).cwiseInverse()), Matrix<S>(solver.eigenvectors()(Eigen::all, order))};
    }

    EigshOptions<S> options() const {
        EigshOptions<S> result{.k = kK, .which = which, .definite = Definite::A, .tol = kTol};
        if (which == Which::nearest) result.sigma = 0.0;
        return result;
    }
};

template <ScalarType S>
double contraction(const Cotangent<S>& bar, const Matrix<S>& direction) {
    return inner(Matrix<S>(bar.V), Matrix<S>(direction * bar.W));
}

/// Rounding of φ, a sum of terms of size `scale` from eigenvectors good to kN·eps·cond.
double noise(double scale) { return 100.0 * static_cast<double>(kN) * kEps * scale; }

}  // namespace

TEST_CASE_TEMPLATE("buckling: the smallest positive and the smallest in modulus are found and certified", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::nearest}) {
        const Buckling<S> problem{which};
        const Sparse<S> A_entries = problem.A.sparseView(), B_entries = problem.B.sparseView();
        const SparseHermitian<S> A(A_entries, 1e-12), B(B_entries, 1e-12);
        const auto pairs = eigsh(A, B, problem.options());
        const auto exact = problem.pairs();
        REQUIRE(pairs.converged);
        CHECK(pairs.certified);
        CHECK((pairs.values - exact.values).cwiseAbs().maxCoeff() <=
              100.0 * kN * kEps * exact.values.cwiseAbs().maxCoeff());
        if (which == Which::smallest) CHECK(pairs.values.minCoeff() > 0.0);
        if (which == Which::nearest) CHECK(pairs.values(0) * pairs.values(kK - 1) < 0.0);
        const Matrix<S> gram = pairs.vectors.adjoint() * problem.A * pairs.vectors;
        CHECK((gram - Matrix<S>::Identity(kK, kK)).norm() <= 100.0 * kN * kEps);
    }
}

TEST_CASE_TEMPLATE("buckling: gradients of both operators agree with central differences", S, double, Complex) {
    for (const Which which : {Which::smallest, Which::nearest}) {
        const Buckling<S> problem{which};
        const Sparse<S> A_entries = problem.A.sparseView(), B_entries = problem.B.sparseView();
        const SparseHermitian<S> A(A_entries, 1e-12), B(B_entries, 1e-12);
        const auto pairs = eigsh(A, B, problem.options());
        const Matrix<S> HX = problem.H * pairs.vectors;

        // φ₁ = Σ λ_i²/2 + Σ q_i², q_i = x_iᴴHx_i;   φ₂ = Σ f(λ_i) q_i with f(λ) = exp(−0.3 λ)
        Eigen::VectorXd q(kK);
        for (Index i = 0; i < kK; ++i) q(i) = std::real(pairs.vectors.col(i).dot(HX.col(i)));
        const PairCotangent<S> by_pairs{.values = pairs.values,
                                        .vectors = HX * (4.0 * q).template cast<S>().asDiagonal()};
        const SpectralFunction<S> by_function{.f = [](double t) { return std::exp(-0.3 * t); },
                                              .f_prime = [](double t) { return -0.3 * std::exp(-0.3 * t); },
                                              .bar_times_X = HX};
        const auto phi_1 = [&](const typename Buckling<S>::Dense& dense) {
            double sum = 0.5 * dense.values.squaredNorm();
            for (Index i = 0; i < kK; ++i) {
                const auto x = dense.vectors.col(i);
                const double value = std::real(x.dot(problem.H * x));
                sum += value * value;
            }
            return sum;
        };
        const auto phi_2 = [&](const typename Buckling<S>::Dense& dense) {
            double sum = 0.0;
            for (Index i = 0; i < kK; ++i) {
                const auto x = dense.vectors.col(i);
                sum += std::exp(-0.3 * dense.values(i)) * std::real(x.dot(problem.H * x));
            }
            return sum;
        };
        for (unsigned seed = 910; seed < 914; seed += 2) {
            const Matrix<S> dA = random_hermitian<S>(kN, seed) / std::sqrt(static_cast<double>(kN));
            const Matrix<S> dB = random_hermitian<S>(kN, seed + 1) / std::sqrt(static_cast<double>(kN));
            const auto compare = [&](const Pullback<S>& bar, const auto& phi) {
                const double got = contraction(bar.A, dA) + contraction(bar.B, dB);
                const oracle::Estimate expected =
                    oracle::central_difference([&](double t) { return phi(problem.pairs(t, dA, dB)); }, 1e-4,
                                               noise(1.0 + std::abs(phi(problem.pairs()))));
                CAPTURE(expected.error);
                CHECK(std::abs(got - expected.value) <= 10.0 * expected.error + 1e-9 * std::abs(expected.value));
                CHECK(expected.error <= 1e-6 * std::abs(expected.value));  // the difference says something
            };
            compare(pullback(A, B, pairs, by_pairs, {.tol = kTol}), phi_1);
            compare(pullback(A, B, pairs, by_function, {.tol = kTol}), phi_2);
        }
    }
}

TEST_CASE("buckling: an A that is not definite, and questions without an answer, are refused") {
    const Buckling<double> problem{Which::smallest};
    const Sparse<double> A_entries = problem.A.sparseView(), B_entries = problem.B.sparseView();
    const SparseHermitian<double> A(A_entries, 1e-12), B(B_entries, 1e-12);
    CHECK_THROWS_WITH_AS((void)eigsh(B, A, {.k = 2, .definite = Definite::A}),
                         doctest::Contains("A must be positive definite"), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)eigsh(A, B, {.k = 2, .which = Which::largest, .definite = Definite::A}),
                         doctest::Contains("`smallest` or `nearest`"), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)eigsh(A, B, {.k = 2, .sigma = 0.5, .definite = Definite::A}),
                         doctest::Contains("sigma must be 0, not 0.5"), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)eigsh(A, B, {.k = 2}), doctest::Contains("definite = Definite::A"),
                         std::invalid_argument);
}
