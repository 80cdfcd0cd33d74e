// The gradient in parameters that both operators of a pencil share.
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/operator/affine.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 60, kK = 3, kTerms = 5;

/// A(p) = A₀ + Σ p_l A_l and B(p) = B₀ + Σ p_l B_l with B(p) positive definite near p.
template <ScalarType S>
struct SharedPencil {
    Sparse<S> A0 = sparse_with_spectrum<S>(spectrum(), 301),
              B0 = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(kN, 1.0, 2.0), 302);
    std::vector<Sparse<S>> A_terms, B_terms;
    Eigen::VectorXd p = 0.1 * random_matrix<double>(kTerms, 1, 303), c = random_matrix<double>(kK, 1, 304);
    Matrix<S> H = random_hermitian<S>(kN, 305);

    static Eigen::VectorXd spectrum() {
        Eigen::VectorXd values(kN);
        values << 1.0, 2.0, 3.0, Eigen::VectorXd::LinSpaced(kN - 3, 6.0, 30.0);
        return values;
    }
    SharedPencil() {
        for (unsigned l = 0; l < kTerms; ++l) {
            A_terms.push_back(0.1 * sparse_with_spectrum<S>(random_matrix<double>(kN, 1, 310 + l), 320 + l, 2));
            B_terms.push_back(0.1 * sparse_with_spectrum<S>(random_matrix<double>(kN, 1, 330 + l), 340 + l, 2));
        }
    }

    /// φ = Σ c_i λ_i + Σ x_iᴴHx_i by a dense solve.
    double phi(const Eigen::VectorXd& at) const {
        Matrix<S> A = A0, B = B0;
        for (Index l = 0; l < kTerms; ++l) {
            A += at(l) * Matrix<S>(A_terms[static_cast<std::size_t>(l)]);
            B += at(l) * Matrix<S>(B_terms[static_cast<std::size_t>(l)]);
        }
        const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>> solver(A, B);
        double sum = c.dot(solver.eigenvalues().head(kK));
        for (Index i = 0; i < kK; ++i) {
            const auto x = solver.eigenvectors().col(i);
            sum += std::real(x.dot(H * x));
        }
        return sum;
    }

    template <class OpA, class OpB>
    Eigen::VectorXd gradient_of(const OpA& A, const OpB& B) const {
        const auto pairs = eigsh(A, B, {.k = kK, .tol = 1e-13});
        const auto bar = pullback(A, B, pairs, {.values = c, .vectors = 2.0 * H * pairs.vectors}, {.tol = 1e-12});
        return gradient(A, B, bar.A, bar.B);
    }
};

}  // namespace

TEST_CASE_TEMPLATE("gradient: parameters shared by A and B agree with central differences", S, double, Complex) {
    const SharedPencil<S> problem;
    const AffineOperator<S> A(problem.A0, problem.A_terms, problem.p), B(problem.B0, problem.B_terms, problem.p);
    const Eigen::VectorXd g = problem.gradient_of(A, B);
    REQUIRE(g.size() == kTerms);
    constexpr double h = 1e-4;
    for (Index l = 0; l < kTerms; ++l) {
        const auto at = [&](double t) { return problem.phi(problem.p + t * Eigen::VectorXd::Unit(kTerms, l)); };
        // Fourth order; φ is known to about 1e3 eps, its fifth derivative is of order ‖A_l‖⁵/gap⁴ < 1.
        const double difference = (8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h);
        CHECK(g(l) == doctest::Approx(difference).epsilon(0.0).scale(1.0).epsilon(1e4 * kEps / h));
    }
}

TEST_CASE_TEMPLATE("gradient: affine operators and callbacks with the same vjp agree", S, double, Complex) {
    const SharedPencil<S> problem;
    const AffineOperator<S> A(problem.A0, problem.A_terms, problem.p), B(problem.B0, problem.B_terms, problem.p);
    const auto callback = [](const AffineOperator<S>& op) {
        return CallbackOperator<S>{.n = kN,
                                   .params = kTerms,
                                   .apply = [&op](In<S> X, Out<S> Y) { op.apply(X, Y); },
                                   .vjp = [&op](In<S> V, In<S> W, GradientRef g) { op.vjp(V, W, g); }};
    };
    const Eigen::VectorXd by_factor = problem.gradient_of(A, B);
    const Eigen::VectorXd by_products = problem.gradient_of(callback(A), callback(B));
    // Eigenvectors good to tol·‖A‖/gap, adjoints to 1e-12 relative.
    CHECK((by_factor - by_products).norm() <= 1e-9 * by_factor.norm());
}

TEST_CASE("gradient: A and B with different numbers of parameters share none") {
    const SharedPencil<double> problem;
    const AffineOperator<double> A(problem.A0, problem.A_terms, problem.p);
    const AffineOperator<double> B(problem.B0, {problem.B_terms[0]}, problem.p.head(1));
    const auto pairs = eigsh(A, B, {.k = kK});
    const auto bar = pullback(A, B, pairs, {.values = problem.c});
    CHECK_THROWS_WITH_AS((void)gradient(A, B, bar.A, bar.B), doctest::Contains("A has 5 parameters and B has 1"),
                         std::invalid_argument);
}
