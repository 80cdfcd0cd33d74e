// The blocks G_l of a cluster, and what they say about directions.
#include <lambdabar/crossing/cluster_derivatives.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include "crossing/fixtures.hpp"
#include "pencils.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("hermitian coordinates: an isometry that is inverted exactly", S, double, Complex) {
    const Matrix<S> U = random_hermitian<S>(5, 1), G = random_hermitian<S>(5, 2);
    CHECK(to_coordinates<S>(U).size() == coordinate_count<S>(5));
    CHECK(std::abs(to_coordinates<S>(U).dot(to_coordinates<S>(G)) - inner(U, G)) <= 50.0 * kEps);
    CHECK((from_coordinates<S>(to_coordinates<S>(U), 5) - U).norm() <= 4.0 * kEps * U.norm());
}

TEST_CASE_TEMPLATE("cluster_derivatives: G_l is Qᴴ(A_l − λB_l)Q of an affine pencil", S, double, Complex) {
    for (const bool with_B : {false, true}) {
        CAPTURE(with_B);
        const Family<S> family(multiple(3, 14), 4, with_B, 11);
        const auto pairs = family.pairs(4);
        REQUIRE(pairs.clusters.front().count == 3);
        const auto G = family.derivatives(pairs, pairs.clusters.front());
        const Matrix<S>& Q = G.basis;
        for (Index l = 0; l < 4; ++l) {
            const auto term = static_cast<std::size_t>(l + 1);
            const Matrix<S> wanted = Q.adjoint() * (family.A_terms[term] - family.B_terms[term]) * Q;  // λ = 1
            CHECK((G.block(l) - wanted).norm() <= 1e-12);
        }
        const Eigen::VectorXd p_dot = unit(4, 12);
        Matrix<S> sum = Matrix<S>::Zero(3, 3);
        for (Index l = 0; l < 4; ++l) sum += p_dot(l) * G.block(l);
        CHECK((G.along(p_dot) - sum).norm() <= 1e-14);
        const Matrix<S> U = random_hermitian<S>(3, 13);
        CHECK(std::abs(G.contract(U)(2) - inner(U, G.block(2))) <= 1e-14 * U.norm());
    }
}

TEST_CASE_TEMPLATE("cluster_derivatives: stored entries and callbacks give the blocks of the same operator", S, double,
                   Complex) {
    const Index n = 14;
    const Matrix<S> dense_A = hermitian_with_spectrum<S>(multiple(2, n), 21);
    const Matrix<S> lower = dense_A.template triangularView<Eigen::Lower>();
    const Sparse<S> stored = sparse<S>(lower);
    const SparseHermitian<S> A(stored);
    const auto pairs = eigsh(A, {.k = 3, .tol = 1e-13});
    const auto G = cluster_derivatives(A, pairs, pairs.clusters.front());
    const Index per_entry = std::same_as<S, double> ? 1 : 2;
    REQUIRE(G.parameters() == per_entry * stored.nonZeros());
    // Along dA = Σ ṗ_e E_e, with E_e the Hermitian matrix of entry e.
    const Eigen::VectorXd p_dot = unit(G.parameters(), 22);
    Sparse<S> direction = stored;
    for (Index e = 0; e < stored.nonZeros(); ++e) {
        if constexpr (std::same_as<S, double>) {
            direction.valuePtr()[e] = p_dot(e);
        } else {
            direction.valuePtr()[e] = {p_dot(2 * e), p_dot(2 * e + 1)};
        }
    }
    Matrix<S> dA = Matrix<S>(direction).template selfadjointView<Eigen::Lower>();
    dA.diagonal() = dA.diagonal().real().template cast<S>().eval();
    const Matrix<S> wanted = G.basis.adjoint() * dA * G.basis;
    CHECK((G.along(p_dot) - wanted).norm() <= 1e-13);

    // Diagonal parameters by a callback.
    const CallbackOperator<S> H{
        .n = n,
        .params = n,
        .apply = [&](In<S> X, Out<S> Y) { Y = dense_A * X; },
        .vjp = [](In<S> V, In<S> W, GradientRef g) { g += V.conjugate().cwiseProduct(W).real().rowwise().sum(); }};
    const auto D = cluster_derivatives(H, pairs, pairs.clusters.front());
    const Eigen::VectorXd d = unit(n, 23);
    CHECK((D.along(d) - G.basis.adjoint() * d.template cast<S>().asDiagonal() * G.basis).norm() <= 1e-13);
}

TEST_CASE_TEMPLATE("directional derivatives: one-sided differences at m-fold eigenvalues, 50 directions each", S,
                   double, Complex) {
    for (const bool with_B : {false, true}) {
        for (Index m = 2; m <= 6; ++m) {
            CAPTURE(with_B);
            CAPTURE(m);
            const Index n = 14, parameters = 5;
            const Family<S> family(multiple(m, n), parameters, with_B, 100 + static_cast<unsigned>(m));
            const auto pairs = family.pairs(m);
            REQUIRE(!pairs.cuts_cluster);
            const auto G = family.derivatives(pairs, pairs.clusters.front());
            double worst = 0.0, worst_by_action = 0.0;
            for (unsigned direction = 0; direction < 50; ++direction) {
                const Eigen::VectorXd p_dot = unit(parameters, 1000 + direction);
                const auto split = directional_derivatives(G, p_dot);
                worst = std::max(worst, (split.values - family.slopes(p_dot, 0, m, 1.0)).cwiseAbs().maxCoeff());
                if (direction % 10 != 0) continue;
                const Matrix<S> dA = Family<S>::at(family.A_terms, p_dot) - family.A_terms[0];
                const Matrix<S> dB = Family<S>::at(family.B_terms, p_dot) - family.B_terms[0];
                const auto by_action =
                    directional_derivatives(pairs, pairs.clusters.front(), DenseOperator<S>{dA}, DenseOperator<S>{dB});
                worst_by_action = std::max(worst_by_action, (by_action.values - split.values).norm());
            }
            CHECK(worst <= 1e-6);
            CHECK(worst_by_action <= 1e-12);
        }
    }
}

TEST_CASE_TEMPLATE("directional derivatives: the rotated basis is the limit of the eigenvectors beside the crossing", S,
                   double, Complex) {
    const Family<S> family(multiple(3, 14), 5, true, 31);
    const auto pairs = family.pairs(3);
    const auto G = family.derivatives(pairs, pairs.clusters.front());
    const Eigen::VectorXd p_dot = unit(5, 32);
    const auto split = directional_derivatives(G, p_dot);
    const double t = 1e-6;
    const Matrix<S> A = Family<S>::at(family.A_terms, t * p_dot), B = Family<S>::at(family.B_terms, t * p_dot);
    const Matrix<S> Y = Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>>(A, B).eigenvectors().leftCols(3);
    const Matrix<S> overlap = split.basis.adjoint() * B * Y;
    CHECK((overlap.cwiseAbs() - Eigen::MatrixXd::Identity(3, 3)).norm() <= 1e-4);  // O(t)
}

TEST_CASE("cluster_derivatives: buckling pencils, where A is the definite operator") {
    // Positive and negative λ; the smallest positive one is double: ν = 1/λ are the eigenvalues of the pencil (B, A).
    Eigen::VectorXd nu(12);
    nu << 0.5, 0.5, Eigen::VectorXd::LinSpaced(10, -0.4, 0.3);
    const Family<double> exchanged(nu, 4, true, 41);  // B x = ν A x: its "A" is our B
    const auto A = Family<double>::assemble(exchanged.B_terms), B = Family<double>::assemble(exchanged.A_terms);
    const auto pairs = eigsh(A, B, {.k = 2, .definite = Definite::A, .tol = 1e-13});
    REQUIRE(pairs.converged);
    REQUIRE(pairs.clusters.front().count == 2);
    const auto G = cluster_derivatives(A, B, pairs, pairs.clusters.front());
    for (unsigned direction = 0; direction < 5; ++direction) {
        const Eigen::VectorXd p_dot = unit(4, 42 + direction);
        // dλ = −λ² dν with λ = 2, which reverses the order.
        const Eigen::VectorXd nu_slopes = exchanged.slopes(p_dot, 10, 2, 0.5);
        const Eigen::VectorXd wanted = -4.0 * nu_slopes.reverse();
        CHECK((directional_derivatives(G, p_dot).values - wanted).cwiseAbs().maxCoeff() <= 1e-6);
    }
}

TEST_CASE("cluster_derivatives: what is not a whole cluster is refused with its numbers") {
    const Family<double> family(multiple(3, 14), 2, false, 51);
    const auto pairs = family.pairs(4);
    const auto part = message_of<NotDifferentiable>([&] { (void)family.derivatives(pairs, {0, 2}); });
    CHECK(contains(part, "pairs 1 to 2"));
    CHECK(contains(part, "pairs 1 to 3"));
    CHECK_NOTHROW((void)family.derivatives(pairs, {0, 4}));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)family.derivatives(pairs, {3, 2}); }), "4 to 5"));
    const auto cut = family.pairs(2);
    REQUIRE(cut.cuts_cluster);
    CHECK(contains(message_of<NotDifferentiable>([&] { (void)family.derivatives(cut, {0, 2}); }), "cuts a cluster"));
    const auto G = family.derivatives(pairs, pairs.clusters.front());
    const Eigen::VectorXd wrong = Eigen::VectorXd::Ones(3), nan = Eigen::VectorXd::Constant(2, kNaN);
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)directional_derivatives(G, wrong); }), "3 entries"));
    CHECK(
        contains(message_of<std::invalid_argument>([&] { (void)directional_derivatives(G, nan); }), "not all finite"));
}

TEST_CASE_TEMPLATE("band_edges: the blocks of the clusters on both sides of the gap", S, double, Complex) {
    Eigen::VectorXd values(14);
    values << 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, Eigen::VectorXd::LinSpaced(8, 4.0, 9.0);
    const Family<S> family(values, 3, false, 61);
    const auto A = family.A();
    const auto pairs = family.pairs(6);
    const auto edges = band_edges(A, pairs, 3);
    CHECK(edges.lower.cluster.first == 1);
    CHECK(edges.lower.cluster.count == 2);
    CHECK(edges.upper.cluster.count == 3);
    CHECK(std::abs(edges.gap - 1.0) <= 1e-11);
    const Eigen::VectorXd p_dot = unit(3, 62);
    const Eigen::VectorXd lower = directional_derivatives(edges.lower, p_dot).values;
    CHECK((lower - family.slopes(p_dot, 1, 2, 1.0)).cwiseAbs().maxCoeff() <= 1e-6);
    const Eigen::VectorXd upper = directional_derivatives(edges.upper, p_dot).values;
    CHECK((upper - family.slopes(p_dot, 3, 3, 2.0)).cwiseAbs().maxCoeff() <= 1e-6);
    CHECK(contains(message_of<NotDifferentiable>([&] { (void)band_edges(A, pairs, 2); }), "pairs 2 and 3"));
}
