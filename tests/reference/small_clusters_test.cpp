// Reference problem 10: n = 5, spectrum (1, 2, 2, 3, 3), real and complex, in directions that keep the clusters and in
// directions that split them. Projector objectives are differentiable in all of them; Σ|X|⁴ in none.
#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;

struct Set {
    Which which;
    Index k;
    std::vector<Cluster> groups;
};

/// Every set that does not cut a cluster.
std::vector<Set> whole_sets() {
    return {{Which::smallest, 1, {{0, 1}}},
            {Which::smallest, 3, {{0, 1}, {1, 2}}},
            {Which::largest, 2, {{0, 2}}},
            {Which::largest, 4, {{0, 2}, {2, 2}}}};
}

template <ScalarType S>
struct Problem {
    Matrix<S> Q = random_orthonormal<S>(5, 5, 871);
    DenseOperator<S> A{hermitian_part<S>(Q * numbers({1, 2, 2, 3, 3}).cast<S>().asDiagonal() * Q.adjoint())};

    /// [A, K] turns the eigenspaces, Q diag Qᴴ moves their eigenvalues: both keep equal ones equal, to first order.
    Matrix<S> keeping(unsigned seed) const {
        const Matrix<S> M = random_matrix<S>(5, 5, seed), K = M - M.adjoint();
        const Matrix<S> moves = Q * numbers({0.3, -0.2, -0.2, 0.5, 0.5}).cast<S>().asDiagonal() * Q.adjoint();
        return hermitian_part<S>(A.A * K - K * A.A + moves);
    }
    std::vector<Matrix<S>> directions() const {
        return {keeping(872), keeping(873), random_hermitian<S>(5, 874), random_hermitian<S>(5, 875)};
    }
};

}  // namespace

TEST_CASE_TEMPLATE("clusters of five: they are found, and every set that cuts one is refused", S, double, Complex) {
    const Problem<S> problem;
    const Matrix<S> D = random_hermitian<S>(5, 876);
    const auto projector = [&](const Eigenpairs<S>& pairs) {
        return SpectralFunction<S>{
            .f = [](double) { return 1.0; }, .f_prime = [](double) { return 0.0; }, .bar_times_X = D * pairs.vectors};
    };
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Index k : {1, 2, 3, 4}) {
            CAPTURE(static_cast<int>(which));
            CAPTURE(k);
            const auto pairs = tight_pairs(problem.A, k, which);
            const bool cuts = which == Which::smallest ? k == 2 || k == 4 : k == 1 || k == 3;
            CHECK(pairs.cuts_cluster == cuts);
            if (cuts) {
                CHECK_THROWS_AS((void)pullback(problem.A, pairs, projector(pairs)), NotDifferentiable);
            } else {
                CHECK_NOTHROW((void)pullback(problem.A, pairs, projector(pairs)));
            }
        }
    }
}

TEST_CASE_TEMPLATE("clusters of five: projector objectives pass differences, keeping and splitting", S, double,
                   Complex) {
    const Problem<S> problem;
    const Matrix<S> D = random_hermitian<S>(5, 877);
    for (const Set& set : whole_sets()) {
        CAPTURE(static_cast<int>(set.which));
        CAPTURE(set.k);
        const auto pairs = tight_pairs(problem.A, set.k, set.which);
        // φ = tr(P D P D) of the whole set; F̄ = 2 D P D
        const auto phi = [&](const Eigen::VectorXd&, const Matrix<S>& X) {
            const Matrix<S> PD = X * X.adjoint() * D;
            return std::real((PD * PD).trace());
        };
        const Matrix<S> X = pairs.vectors;
        const auto bar = pullback(problem.A, pairs,
                                  SpectralFunction<S>{.f = [](double) { return 1.0; },
                                                      .f_prime = [](double) { return 0.0; },
                                                      .bar_times_X = 2.0 * D * X * (X.adjoint() * D * X)},
                                  {.tol = kTol});
        // The same for the projector of each cluster, and with eigenvalues, by pair cotangents.
        const GroupObjective<S> by_group(5, set.groups, 878);
        const auto of_pairs = pullback(problem.A, pairs, by_group.cotangent(pairs.values, X), {.tol = kTol});
        for (Matrix<S> dA : problem.directions()) {
            dA /= dA.norm();
            for (const bool whole : {true, false}) {
                CAPTURE(whole);
                const Matrix<S> A_bar = dense(whole ? bar.A : of_pairs.A);
                const auto wanted = whole ? difference_of<S>(problem.A.A, dA, set.k, set.which, 0.005, phi)
                                          : difference_of<S>(problem.A.A, dA, set.k, set.which, 0.005, by_group);
                const double size = A_bar.norm() + D.norm() * D.norm();  // φ's own scale where Ā vanishes
                CHECK(std::abs(inner(A_bar, dA) - wanted.value) <=
                      wanted.error + expected_error(kTol, 3.0, 1.0) * size);
                CHECK(wanted.error <= 1e-7 * size);
            }
        }
    }
}

TEST_CASE_TEMPLATE("clusters of five: the sum of |X|⁴ is refused where it sees a cluster's basis", S, double, Complex) {
    const Problem<S> problem;
    for (const Set& set : whole_sets()) {
        CAPTURE(static_cast<int>(set.which));
        CAPTURE(set.k);
        const auto pairs = tight_pairs(problem.A, set.k, set.which);
        const Matrix<S> X_bar = 4.0 * pairs.vectors.cwiseAbs2().template cast<S>().cwiseProduct(pairs.vectors);
        const PairCotangent<S> bar{.vectors = X_bar};
        if (set.k == 1) {
            CHECK_NOTHROW((void)pullback(problem.A, pairs, bar));  // a simple eigenvalue: only its phase is free
        } else {
            const std::string message = message_of<NotDifferentiable>([&] { (void)pullback(problem.A, pairs, bar); });
            CHECK(contains(message, "one cluster"));
        }
    }
}
