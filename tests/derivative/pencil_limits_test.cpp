// Where B is singular, clusters split or are cut, and the smallest pencil with two clusters (reference problem 10).
#include <doctest/doctest.h>

#include "derivative/pencil_fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;
constexpr oracle::Exponential kExp{0.3};
double difference(double a, double b) { return kExp.difference(a, b); }

template <ScalarType S>
SpectralFunction<S> exponential(const Matrix<S>& F_bar_X) {
    return {.f = kExp, .f_prime = [](double t) { return kExp.slope(t); }, .bar_times_X = F_bar_X};
}

/// Eigenvalues 1, 2, 2, 3, 3; the k at one end.
template <ScalarType S>
PencilSet<S> five(Which which, Index k) {
    const Eigen::VectorXd spectrum = numbers({1.0, 2.0, 2.0, 3.0, 3.0});
    const Index first = which == Which::smallest ? 0 : 5 - k;
    return {.pencil = test_pencil<S>(spectrum, 521),
            .which = which,
            .first = first,
            .groups = find_clusters(spectrum.segment(first, k), Eigen::VectorXd::Zero(k), 1e-9)};
}

template <ScalarType S>
struct Direction {
    Matrix<S> A, B;
};

/// To first order a congruence, which keeps all eigenvalues, and a move of whole clusters: A + dA, B + dB with the
/// same multiplicities.
template <ScalarType S>
Direction<S> keeping_direction(const PencilSet<S>& problem, unsigned seed) {
    const Matrix<S> A = problem.dense_A(), B = problem.dense_B();
    const auto exact = reference_eigh<S>(A, B);
    const Matrix<S> G = random_matrix<S>(5, 5, seed), BX = B * exact.vectors;
    const Eigen::VectorXd moves = numbers({0.3, -0.5, -0.5, 0.8, 0.8});
    Direction<S> d{G.adjoint() * A + A * G + BX * moves.cast<S>().asDiagonal() * BX.adjoint(), G.adjoint() * B + B * G};
    d = {hermitian_part<S>(d.A), hermitian_part<S>(d.B)};
    const double norm = d.A.norm() + d.B.norm();
    return {d.A / norm, d.B / norm};
}

}  // namespace

TEST_CASE_TEMPLATE("pullback: with n = 5 and values 1, 2, 2, 3, 3 projectors pass in keeping and splitting directions",
                   S, double, Complex) {
    struct Set {
        Which which;
        Index k;
    };
    for (const Set set :
         {Set{Which::smallest, 1}, Set{Which::smallest, 3}, Set{Which::largest, 2}, Set{Which::largest, 4}}) {
        for (const UseFactor factor : {UseFactor::automatic, UseFactor::never}) {
            CAPTURE(static_cast<int>(set.which));
            CAPTURE(set.k);
            CAPTURE(static_cast<int>(factor));
            const auto problem = five<S>(set.which, set.k);
            const auto pairs = problem.pairs(factor);
            REQUIRE(pairs.clusters.size() == problem.groups.size());
            const GroupObjective<S> phi(5, problem.groups, 522);
            const auto bar =
                pullback(problem.A, problem.B, pairs, phi.cotangent(pairs.values, pairs.vectors), {.tol = kTol});
            const Matrix<S> A_bar = dense(bar.A), B_bar = dense(bar.B);
            const double scale = A_bar.norm() + B_bar.norm();
            const double error = expected_pencil_error(problem, kTol, 1.0) * scale;
            for (const unsigned seed : {523u, 524u, 525u}) {
                for (const bool keeping : {true, false}) {
                    CAPTURE(keeping);
                    const auto d = keeping ? keeping_direction(problem, seed)
                                           : Direction<S>{unit_direction<S>(5, seed), unit_direction<S>(5, seed + 9)};
                    const auto wanted = difference_of<S>(problem, d.A, d.B, 3e-3, phi);
                    CHECK(std::abs(inner(A_bar, d.A) + inner(B_bar, d.B) - wanted.value) <= wanted.error + error);
                    CHECK(wanted.error <= 1e-6 * scale);
                }
            }
            // Σ|X|⁴ depends on the basis inside a cluster.
            const Matrix<S> X = pairs.vectors;
            const Matrix<S> fourth_power = 4.0 * X.cwiseAbs2().template cast<S>().cwiseProduct(X);
            const auto act = [&] { (void)pullback(problem.A, problem.B, pairs, {.vectors = fourth_power}); };
            if (set.k == 1) {
                CHECK_NOTHROW(act());
            } else {
                const auto message = message_of<NotDifferentiable>(act);
                CHECK(contains(message, "depends on the basis inside"));
                CHECK(contains(message, set.which == Which::smallest ? "pairs 2 to 3" : "pairs 1 to 2"));
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: with n = 5 a set that cuts one of the doublets is refused", S, double, Complex) {
    const auto problem = five<S>(Which::smallest, 3);
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Index k : {2, 4}) {
            if (which == Which::largest && k != 2) continue;
            const Index cut = which == Which::largest ? 3 : k;
            const auto pairs = eigsh(problem.A, problem.B, {.k = cut, .which = which, .tol = 1e-12});
            CAPTURE(static_cast<int>(which));
            CAPTURE(cut);
            REQUIRE(pairs.converged);
            CHECK(pairs.cuts_cluster);
            const auto message = message_of<NotDifferentiable>(
                [&] { (void)pullback(problem.A, problem.B, pairs, exponential<S>(pairs.vectors)); });
            CHECK(contains(message, "cuts a cluster"));
        }
    }
}

TEST_CASE_TEMPLATE("pullback: a singular mass has cotangents like any other", S, double, Complex) {
    for (const Mass mass : {Mass::lumped, Mass::consistent, Mass::hidden}) {
        for (const Index massive : {45, 200}) {
            for (const Which which : {Which::smallest, Which::nearest}) {
                const Eigen::VectorXd set = numbers({1.0, 2.0, 2.0, 4.0});
                CAPTURE(massive);
                CAPTURE(static_cast<int>(mass));
                CAPTURE(static_cast<int>(which));
                const auto problem = pencil_set<S>(set, which, 531, massive, mass);
                REQUIRE(problem.n() > massive);
                const auto pairs = problem.pairs();
                auto d = problem.decomposition();
                oracle::align<S>(d, pairs.vectors, problem.groups);
                const auto cotangent = random_cotangent(problem, pairs, 532);
                const Matrix<S> F_bar = random_hermitian<S>(problem.n(), 533);
                const double tolerance = expected_pencil_error(problem, kTol, 0.8);
                REQUIRE(tolerance < 1e-9);
                const auto wanted = oracle::pullback_pairs<S>(d, cotangent.values, cotangent.vectors, 1e-9);
                const auto wanted_F = oracle::pullback_spectral<S>(d, kExp, difference, F_bar);
                for (const LinearMethod method : {LinearMethod::automatic, LinearMethod::minres}) {
                    CAPTURE(static_cast<int>(method));
                    const auto bar = pullback(problem.A, problem.B, pairs, cotangent, {.tol = kTol, .method = method});
                    CHECK(relative_error(dense(bar.A), wanted.A) <= tolerance);
                    CHECK(relative_error(dense(bar.B), wanted.B) <= tolerance);
                    CHECK(relative_error(bar.adjoints, wanted.W) <= tolerance);
                    const auto of_F = pullback(problem.A, problem.B, pairs, exponential<S>(F_bar * pairs.vectors),
                                               {.tol = kTol, .method = method});
                    CHECK(relative_error(dense(of_F.A), wanted_F.A) <= tolerance);
                    CHECK(relative_error(dense(of_F.B), wanted_F.B) <= tolerance);
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: a singular mass agrees with differences, also where massless rows gain mass", S, double,
                   Complex) {
    // A positive definite: the lowest λ are the inverses of the largest μ of B x = μ A x, whatever the sign of B.
    for (const Mass mass : {Mass::lumped, Mass::hidden}) {
        CAPTURE(static_cast<int>(mass));
        const auto problem = pencil_set<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::smallest, 534, 30, mass);
        const Index n = problem.n(), k = problem.k();
        const auto pairs = problem.pairs();
        const GroupObjective<S> phi(n, problem.groups, 535);
        const auto bar =
            pullback(problem.A, problem.B, pairs, phi.cotangent(pairs.values, pairs.vectors), {.tol = kTol});
        const Matrix<S> A_bar = dense(bar.A), B_bar = dense(bar.B), A = problem.dense_A(), B = problem.dense_B();
        const double scale = A_bar.norm() + B_bar.norm();
        const double error = expected_pencil_error(problem, kTol, 1.0) * scale;
        for (const unsigned seed : {536u, 537u, 538u}) {
            const Matrix<S> dA = unit_direction<S>(n, seed), dB = unit_direction<S>(n, seed + 10);
            const auto at = [&](double t) {
                const auto inverse = reference_eigh<S>(Matrix<S>(B + t * dB), Matrix<S>(A + t * dA));
                const Eigen::VectorXd values = inverse.values.tail(k).reverse().cwiseInverse();
                const Eigen::VectorXd roots = values.cwiseSqrt();
                const Matrix<S> X =
                    inverse.vectors.rightCols(k).rowwise().reverse() * roots.template cast<S>().asDiagonal();
                return phi(values, X);
            };
            const double noise =
                10.0 * kEps * problem.pencil.condition * static_cast<double>(n) * std::max(1.0, std::abs(at(0.0)));
            const auto wanted = oracle::central_difference(at, 2e-3, noise);
            CHECK(std::abs(inner(A_bar, dA) + inner(B_bar, dB) - wanted.value) <= wanted.error + error);
            CHECK(wanted.error <= 1e-5 * scale);
        }
    }
}

TEST_CASE_TEMPLATE("pullback: a cluster cut at either end of a set in the interior is refused", S, double, Complex) {
    const auto problem = pencil_set<S>(numbers({1.0, 2.0, 2.0, 4.0}), Which::nearest, 541);
    for (const double sigma : {1.2, 3.2}) {  // 1 and one of the 2s; one of the 2s and 4
        CAPTURE(sigma);
        const auto pairs = eigsh(problem.A, problem.B, {.k = 2, .which = Which::nearest, .sigma = sigma, .tol = 1e-12});
        REQUIRE(pairs.converged);
        REQUIRE(pairs.cuts_cluster);
        const Index edge = sigma < 2.0 ? 1 : 0;
        REQUIRE(std::abs(pairs.values(edge) - 2.0) <= 1e-10);
        const auto refused = [&](const auto& bar) {
            const auto message =
                message_of<NotDifferentiable>([&] { (void)pullback(problem.A, problem.B, pairs, bar); });
            CHECK(contains(message, "cuts a cluster"));
            CHECK(contains(message, "λ_k = 2"));
        };
        Eigen::VectorXd values_bar = Eigen::VectorXd::Zero(2);
        values_bar(edge) = 1.0;
        Matrix<S> X_bar = Matrix<S>::Zero(problem.n(), 2);
        X_bar.col(edge) = problem.pencil.A * pairs.vectors.col(edge);
        refused(PairCotangent<S>{.values = values_bar});
        refused(PairCotangent<S>{.vectors = X_bar});
        refused(exponential<S>(pairs.vectors));
    }
}

TEST_CASE("pullback: pencils are refused where sizes do not fit, and pairs of another kind") {
    const auto problem = pencil_set<double>(numbers({1.0, 2.0, 3.0}), Which::smallest, 542);
    const auto pairs = problem.pairs();
    const PairCotangent<double> bar{.vectors = random_matrix<double>(problem.n(), 3, 543)};
    const DenseOperator<double> small{Matrix<double>::Identity(39, 39)};
    CHECK_THROWS_AS((void)pullback(problem.A, small, pairs, bar), std::invalid_argument);
    CHECK_THROWS_AS((void)pullback(small, problem.B, pairs, bar), std::invalid_argument);
    // shift_invert without a solve in the pairs
    auto without = pairs;
    without.solve = {};
    CHECK_THROWS_AS((void)pullback(problem.A, problem.B, without, bar, {.method = LinearMethod::shift_invert}),
                    std::invalid_argument);
}
