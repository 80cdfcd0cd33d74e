// Ā and B̄ of A x = λ B x against the dense formulas, exact invariances and differences.
#include <doctest/doctest.h>

#include "derivative/pencil_fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;
constexpr oracle::Exponential kExp{0.3};
double difference(double a, double b) { return kExp.difference(a, b); }

const Eigen::VectorXd kSimple = numbers({1.0, 2.2, 3.1, 4.0});
const Eigen::VectorXd kDoublet = numbers({1.0, 2.0, 2.0, 4.0});
const Eigen::VectorXd kTriplet = numbers({1.0, 3.0, 3.0, 3.0});

template <ScalarType S>
SpectralFunction<S> exponential(const Matrix<S>& F_bar_X) {
    return {.f = kExp, .f_prime = [](double t) { return kExp.slope(t); }, .bar_times_X = F_bar_X};
}

/// How the pairs were found and the adjoint is solved.
struct Way {
    UseFactor factor;
    LinearMethod method, used;
    bool use_extra = false;
};

std::vector<Way> ways(Which which) {
    using enum LinearMethod;
    if (which == Which::nearest)  // indefinite: no CG
        return {{UseFactor::automatic, automatic, shift_invert}, {UseFactor::automatic, minres, minres}};
    std::vector<Way> all{{UseFactor::never, automatic, cg},
                         {UseFactor::never, automatic, cg, true},
                         {UseFactor::never, minres, minres},
                         {UseFactor::automatic, cg, cg}};
    if (which == Which::smallest) {
        all.push_back({UseFactor::automatic, automatic, shift_invert});
        all.push_back({UseFactor::automatic, shift_invert, shift_invert});
        all.push_back({UseFactor::automatic, minres, minres, true});
    }
    return all;
}

}  // namespace

TEST_CASE_TEMPLATE("pullback: both cotangents of arbitrary pair cotangents are the dense formula's", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::largest, Which::nearest}) {
        for (const Eigen::VectorXd& set : {kSimple, kDoublet, kTriplet}) {
            const auto problem = pencil_set<S>(set, which, 501);
            for (const Way& way : ways(which)) {
                CAPTURE(static_cast<int>(which));
                CAPTURE(set.transpose());
                CAPTURE(static_cast<int>(way.factor));
                CAPTURE(static_cast<int>(way.method));
                CAPTURE(way.use_extra);
                const auto pairs = problem.pairs(way.factor);
                REQUIRE(pairs.clusters.size() == problem.groups.size());
                auto d = problem.decomposition();
                oracle::align<S>(d, pairs.vectors, problem.groups);
                const auto cotangent = random_cotangent(problem, pairs, 502);
                const auto bar = pullback(problem.A, problem.B, pairs, cotangent,
                                          {.tol = kTol, .method = way.method, .use_extra = way.use_extra});
                const auto wanted = oracle::pullback_pairs<S>(d, cotangent.values, cotangent.vectors, 1e-9);
                const double tolerance = expected_pencil_error(problem, kTol, 0.8);
                REQUIRE(tolerance < 1e-9);
                CHECK(relative_error(dense(bar.A), wanted.A) <= tolerance);
                CHECK(relative_error(dense(bar.B), wanted.B) <= tolerance);
                CHECK(relative_error(bar.adjoints, wanted.W) <= tolerance);
                CHECK((pairs.vectors.adjoint() * (problem.pencil.B * bar.adjoints)).norm() <=
                      1e3 * kEps * problem.pencil.condition * bar.adjoints.norm());
                CHECK(bar.report.converged);
                CHECK(bar.report.method == way.used);
                CHECK((bar.report.solves > 0) == (way.used == LinearMethod::shift_invert));
                CHECK((bar.report.products == 0) == (way.used == LinearMethod::shift_invert));
                CHECK(bar.report.gauge_residual <= 1e2 * kEps * static_cast<double>(problem.n()));
                CHECK((bar.report.adjoint_residuals.array() <= bar.report.adjoint_tolerances.array()).all());
                CHECK(bar.report.error_estimate <= 1e-9);
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: both cotangents of a spectral function are the dense formula's at any gap", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::largest, Which::nearest}) {
        for (const Eigen::VectorXd& set : {kSimple, kDoublet, numbers({1.0, 3.0, 3.0 + 1e-7, 3.0 + 2e-7})}) {
            const auto problem = pencil_set<S>(set, which, 503);
            const auto d = problem.decomposition();
            const Matrix<S> F_bar = random_hermitian<S>(problem.n(), 504);
            const auto wanted = oracle::pullback_spectral<S>(d, kExp, difference, F_bar);
            const double tolerance = expected_pencil_error(problem, kTol, d.gap());
            REQUIRE(tolerance < 1e-9);
            for (const Way& way : ways(which)) {
                CAPTURE(static_cast<int>(which));
                CAPTURE(set.transpose());
                CAPTURE(static_cast<int>(way.factor));
                CAPTURE(static_cast<int>(way.method));
                const auto pairs = problem.pairs(way.factor);
                const auto bar = pullback(problem.A, problem.B, pairs, exponential<S>(F_bar * pairs.vectors),
                                          {.tol = kTol, .method = way.method, .use_extra = way.use_extra});
                CHECK(relative_error(dense(bar.A), wanted.A) <= tolerance);
                CHECK(relative_error(dense(bar.B), wanted.B) <= tolerance);
                CHECK(bar.report.method == way.used);
                CHECK(bar.report.converged);
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: agrees with differences in A and B, in directions that split clusters too", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::largest, Which::nearest}) {
        for (const Eigen::VectorXd& set : {kSimple, kDoublet, kTriplet}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(set.transpose());
            const auto problem = pencil_set<S>(set, which, 505);
            const Index n = problem.n();
            const auto pairs = problem.pairs();
            const GroupObjective<S> phi(n, problem.groups, 506);
            const auto bar =
                pullback(problem.A, problem.B, pairs, phi.cotangent(pairs.values, pairs.vectors), {.tol = kTol});
            const Matrix<S> A_bar = dense(bar.A), B_bar = dense(bar.B);
            const double scale = A_bar.norm() + B_bar.norm();
            const double error = expected_pencil_error(problem, kTol, 0.8) * scale;
            for (const unsigned seed : {507u, 508u, 509u}) {
                Matrix<S> dA = unit_direction<S>(n, seed), dB = unit_direction<S>(n, seed + 10);
                if (seed == 508u) dA.setZero();
                if (seed == 509u) dB.setZero();
                const auto wanted = difference_of<S>(problem, dA, dB, 3e-3, phi);
                CHECK(std::abs(inner(A_bar, dA) + inner(B_bar, dB) - wanted.value) <= wanted.error + error);
                CHECK(wanted.error <= 1e-6 * scale);
                CHECK(std::abs(dot(bar.B, DenseOperator<S>{dB}) - inner(B_bar, dB)) <= 100.0 * kEps * scale);
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: tr XᴴBX is constant: zero in A, and what undoes the explicit B in B", S, double,
                   Complex) {
    // φ(B, X) = tr XᴴBX = k: X̄ = 2BX, ∂φ/∂B = XXᴴ at fixed X, so Ā = 0 and B̄ = −XXᴴ, by either route.
    for (const Which which : {Which::smallest, Which::largest, Which::nearest}) {
        for (const Eigen::VectorXd& set : {kSimple, kDoublet, kTriplet}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(set.transpose());
            const auto problem = pencil_set<S>(set, which, 510);
            const auto pairs = problem.pairs();
            const Matrix<S> X = pairs.vectors, BX = problem.pencil.B * X, XX = X * X.adjoint();
            const auto one = [](double) { return 1.0; };
            const auto none = [](double) { return 0.0; };
            const auto of_pairs = pullback(problem.A, problem.B, pairs, {.vectors = 2.0 * BX});
            const auto of_function =
                pullback(problem.A, problem.B, pairs, {.f = one, .f_prime = none, .bar_times_X = BX});
            // M = 2XᴴBX = 2I and P^H BX = 0 to rounding; K and W divide what is left by gaps of 0.9 at least.
            const double tolerance = 1e3 * kEps * problem.pencil.condition;
            for (const auto& bar : {of_pairs, of_function}) {
                CHECK(dense(bar.A).norm() <= tolerance * XX.norm());
                CHECK((dense(bar.B) + XX).norm() <= tolerance * 12.0 * XX.norm());  // |λ| ≤ 12 multiplies W
                CHECK(bar.report.gauge_residual <= tolerance);
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: the cotangent of an eigenvalue of a pencil is x xᴴ and −λ x xᴴ, without a solve", S,
                   double, Complex) {
    const auto problem = pencil_set<S>(kDoublet, Which::nearest, 511);
    const auto pairs = problem.pairs();
    const Eigen::VectorXd values_bar = numbers({0.5, -2.0, -2.0, 3.0});
    const auto bar = pullback(problem.A, problem.B, pairs, {.values = values_bar});
    CHECK(bar.report.solves == 0);
    CHECK(bar.report.products == 0);
    const Matrix<S> X = pairs.vectors;
    const Eigen::VectorXd product = values_bar.cwiseProduct(pairs.values);
    const Matrix<S> of_A = X * values_bar.cast<S>().asDiagonal() * X.adjoint();
    const Matrix<S> of_B = -X * product.cast<S>().asDiagonal() * X.adjoint();
    CHECK((dense(bar.A) - of_A).norm() <= 100.0 * kEps * of_A.norm());
    CHECK((dense(bar.B) - of_B).norm() <= 100.0 * kEps * of_B.norm());
    // Scaling laws: λ(sA, B) = sλ, λ(A, sB) = λ/s.
    CHECK(inner(dense(bar.A), problem.dense_A()) == doctest::Approx(product.sum()).epsilon(1e-10));
    CHECK(inner(dense(bar.B), problem.dense_B()) == doctest::Approx(-product.sum()).epsilon(1e-10));
}

TEST_CASE_TEMPLATE("pullback: scaling B scales the vectors, whatever the objective", S, double, Complex) {
    // X(A, sB) = s^(−1/2) X, λ = λ/s; X(sA, B) = X: so ⟨Ā, A⟩ = Σ λ̄λ and ⟨B̄, B⟩ = −Σ λ̄λ − ½ Re tr XᴴX̄.
    for (const Which which : {Which::smallest, Which::largest, Which::nearest}) {
        CAPTURE(static_cast<int>(which));
        const auto problem = pencil_set<S>(kDoublet, which, 512);
        const auto pairs = problem.pairs();
        const auto cotangent = random_cotangent(problem, pairs, 513);
        const auto bar = pullback(problem.A, problem.B, pairs, cotangent, {.tol = kTol});
        const double of_values = cotangent.values.dot(pairs.values);
        const double of_vectors = inner(pairs.vectors, cotangent.vectors);
        const double error = expected_pencil_error(problem, kTol, 0.8) * problem.pencil.size *
                             (dense(bar.A).norm() + dense(bar.B).norm());
        CHECK(std::abs(inner(dense(bar.A), problem.dense_A()) - of_values) <= error);
        CHECK(std::abs(inner(dense(bar.B), problem.dense_B()) + of_values + 0.5 * of_vectors) <= error);
    }
}

TEST_CASE_TEMPLATE("pullback: a phase-invariant loss of a pencil has zero gauge residual", S, double, Complex) {
    const auto problem = pencil_set<S>(kSimple, Which::nearest, 514);
    const auto pairs = problem.pairs();
    // φ = Σ |x_iᴴ c|⁴
    const Matrix<S> c = random_matrix<S>(problem.n(), 1, 515);
    Matrix<S> X_bar(problem.n(), 4);
    for (Index i = 0; i < 4; ++i) {
        const S overlap = c.col(0).dot(pairs.vectors.col(i));
        X_bar.col(i) = 4.0 * std::norm(overlap) * overlap * c;
    }
    const auto bar = pullback(problem.A, problem.B, pairs, {.vectors = X_bar}, {.tol = kTol});
    CHECK(bar.report.gauge_residual <= 10.0 * kEps);
    // The phase itself is seen, and refused.
    if constexpr (!std::same_as<S, double>) {
        Matrix<S> phase = Matrix<S>::Zero(problem.n(), 4);
        phase.col(2) = Complex(0.0, 1.0) * (problem.pencil.B * pairs.vectors.col(2));
        const auto message =
            message_of<NotDifferentiable>([&] { (void)pullback(problem.A, problem.B, pairs, {.vectors = phase}); });
        CHECK(contains(message, "pair 3"));
    }
}
