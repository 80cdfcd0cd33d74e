// Reference problem 7: the transverse-field Ising ring H(g) = −Σ σᶻ_i σᶻ_{i+1} − g Σ σˣ_i, matrix-free, against its
// Jordan–Wigner solution (Pfeuty, Ann. Phys. 57, 1970): antiperiodic momenta κ = (2m + 1)π/N and
// ε = √(1 + g² − 2g cos κ) give
//
//     E₀ = −Σ ε,   E₀′ = −Σ (g − cos κ)/ε,   E₀″ = −Σ sin²κ/ε³,   χ_F = ¼ Σ_{κ>0} sin²κ/ε⁴.
#include <lambdabar/lambdabar.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

using namespace lambdabar;

namespace {

constexpr int kSpins = 10;
constexpr Index kStates = Index{1} << kSpins;

struct ClosedForm {
    double energy = 0.0, slope = 0.0, curvature = 0.0, susceptibility = 0.0;
};

ClosedForm jordan_wigner(double g) {
    ClosedForm exact;
    for (int m = 0; m < kSpins; ++m) {
        const double kappa = (2 * m + 1) * std::numbers::pi / kSpins;
        const double epsilon = std::sqrt(1.0 + g * g - 2.0 * g * std::cos(kappa));
        const double sine = std::sin(kappa);
        exact.energy -= epsilon;
        exact.slope -= (g - std::cos(kappa)) / epsilon;
        exact.curvature -= sine * sine / std::pow(epsilon, 3);
        if (2 * m + 1 < kSpins) exact.susceptibility += 0.25 * sine * sine / std::pow(epsilon, 4);
    }
    return exact;
}

/// −Σ σˣ_i X, the derivative of H in g.
Block<double> flips(In<double> X) {
    Block<double> Y = Block<double>::Zero(X.rows(), X.cols());
    for (Index s = 0; s < kStates; ++s) {
        for (int i = 0; i < kSpins; ++i) Y.row(s) -= X.row(s ^ (Index{1} << i));
    }
    return Y;
}

Eigen::VectorXd bonds() {
    Eigen::VectorXd d = Eigen::VectorXd::Zero(kStates);
    for (Index s = 0; s < kStates; ++s) {
        for (int i = 0; i < kSpins; ++i) d(s) -= ((s >> i) & 1) == ((s >> ((i + 1) % kSpins)) & 1) ? 1.0 : -1.0;
    }
    return d;
}

CallbackOperator<double> ising(double g) {
    return {.n = kStates,
            .params = 1,
            .apply = [g, d = bonds()](In<double> X, Out<double> Y) { Y = d.asDiagonal() * X + g * flips(X); },
            .vjp = [](In<double> V, In<double> W, GradientRef p_bar) { p_bar(0) += V.cwiseProduct(flips(W)).sum(); }};
}

}  // namespace

TEST_CASE("transverse Ising ring: energy, slope, curvature and fidelity susceptibility match Jordan-Wigner") {
    for (const double g : {0.5, 0.8, 1.0, 1.2, 1.5}) {
        CAPTURE(g);
        const ClosedForm exact = jordan_wigner(g);
        const auto H = ising(g);
        const auto pairs = eigsh(H, {.k = 1, .tol = 1e-13});
        REQUIRE(pairs.converged);
        const double gap = pairs.guard_value - pairs.values(0);
        const double angle = pairs.residuals(0) / gap;  // error of the eigenvector
        const double rounding = 1e-14 * pairs.norm_A;

        CHECK(std::abs(pairs.values(0) - exact.energy) <= pairs.residuals(0) * angle + rounding);

        const auto bar = pullback(H, pairs, {.values = Eigen::VectorXd::Ones(1)});
        const double slope = gradient(H, bar.A)(0);
        CHECK(std::abs(slope - exact.slope) <= 2.0 * kSpins * angle + rounding);

        // (H − E₀) w = −P H₁ x is the first-order change of the ground state.
        const Block<double> x = pairs.vectors, rhs = -flips(x), none(kStates, 0);
        const Deflation<double> deflation{.X = x, .extra = none, .extra_values = {}};
        const auto tangent =
            projected_solve(H, pairs.values, deflation, rhs, {.tol = Eigen::VectorXd::Constant(1, 1e-12)});
        REQUIRE(tangent.converged);
        const double curvature = 2.0 * (flips(x).array() * tangent.W.array()).sum();
        const double solve_error = (tangent.residuals(0) + kSpins * angle) / gap;
        CHECK(std::abs(curvature - exact.curvature) <= 4.0 * kSpins * solve_error + rounding);
        CHECK(std::abs(tangent.W.squaredNorm() - exact.susceptibility) <=
              4.0 * tangent.W.norm() * solve_error + rounding);
    }
}
