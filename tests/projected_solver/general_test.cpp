#include "general_pairs.hpp"
#include "singular_systems.hpp"

#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/projected_solver/projected_gmres.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kSize = 300;

/// Rightmost 3 ± 4i, 2.5 and 2; the rest in [−60, 0], so that one cycle of 60 vectors is not enough.
Eigen::VectorXcd spectrum() {
    Eigen::VectorXcd values = Eigen::VectorXcd::LinSpaced(kSize, -60.0, 0.0);
    values(0) = {3.0, 4.0}, values(1) = {3.0, -4.0};
    values(2) = 2.5, values(3) = 2.0;
    return values;
}

}  // namespace

TEST_CASE_TEMPLATE("projected GMRES: forward and adjoint systems of all pairs are solved in one Krylov space", S,
                   double, Complex) {
    const Matrix<S> A = with_general_spectrum<S>(spectrum(), 1);
    const SparseGeneral<S> op(full<S>(A));
    const Index k = 4;
    const auto pairs = eigs(op, {.k = k, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    const Matrix<Complex> A_c = A.template cast<Complex>();
    for (const bool adjoint : {true, false}) {
        CAPTURE(adjoint);
        const Matrix<Complex>&null = adjoint ? pairs.vectors : pairs.left, &own = adjoint ? pairs.left : pairs.vectors;
        Block<Complex> rhs = random_matrix<Complex>(kSize, k, 2);
        for (Index i = 0; i < k; ++i)  // consistent: no part along the null vector of the other side
            rhs.col(i) -= own.col(i) * (null.col(i).dot(rhs.col(i)) / null.col(i).dot(own.col(i)));
        const auto solution =
            projected_gmres(op, pairs, systems_of(adjoint, k), rhs, {.tol = Eigen::VectorXd::Constant(1, 1e-11)});
        CHECK(solution.converged);
        for (Index i = 0; i < k; ++i) {
            const Matrix<Complex> M = A_c - pairs.values(i) * Matrix<Complex>::Identity(kSize, kSize);
            const Vector<Complex> w = solution.W.col(i);
            const Vector<Complex> r =
                (adjoint ? Vector<Complex>(M.adjoint() * w) : Vector<Complex>(M * w)) - rhs.col(i);
            CHECK(r.norm() <= 1e-9 * rhs.col(i).norm());
            CHECK(std::abs(null.col(i).dot(w)) <= 1e-10 * null.col(i).norm() * w.norm());
        }
    }
}

TEST_CASE("projected GMRES: a column without a part outside the pairs costs nothing, misuse is refused") {
    const Matrix<double> A = with_general_spectrum<double>(spectrum(), 4);
    const SparseGeneral<double> op(full<double>(A));
    const auto pairs = eigs(op, {.k = 2, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    Block<Complex> inside(kSize, 2);
    inside.col(0) = pairs.left.col(1), inside.col(1).setZero();
    const auto solution = projected_gmres(op, pairs, systems_of(true, 2), inside);
    CHECK(solution.converged);
    CHECK(solution.products == 0);
    // (A − λ_0)ᴴ y_1 = conj(λ_1 − λ_0) y_1
    const Vector<Complex> expected = pairs.left.col(1) / std::conj(pairs.values(1) - pairs.values(0));
    CHECK((solution.W.col(0) - expected).norm() <= 1e-11 * expected.norm());
    const auto refusal = [&](const SingularSystems& systems, const Block<Complex>& rhs) {
        return message_of<std::invalid_argument>([&] { (void)projected_gmres(op, pairs, systems, rhs); });
    };
    CHECK(contains(refusal(systems_of(true, 2), Block<Complex>::Ones(7, 2)), "the right side has 7 rows"));
    CHECK(contains(refusal(systems_of(true, 1), inside), "1 indices"));
    CHECK(contains(refusal({.adjoint = true, .index = {0, 5}, .excluded = {{0}, {5}}}, inside), "pair 5 of 2"));
    CHECK(contains(refusal({.adjoint = true, .index = {0, 1}, .excluded = {{0}, {0}}}, inside), "among its excluded"));
}

TEST_CASE("projected GMRES: 3 processes solve what one solves") {
    const Matrix<double> A = with_general_spectrum<double>(spectrum(), 5);
    const SparseGeneral<double> op(full<double>(A));
    const auto pairs = eigs(op, {.k = 4, .which = Which::rightmost, .tol = 1e-13});
    Block<Complex> rhs = random_matrix<Complex>(kSize, 4, 6);
    const GmresOptions options{.tol = Eigen::VectorXd::Constant(1, 1e-10)};
    const auto whole = projected_gmres(op, pairs, systems_of(true, 4), rhs, options);
    const auto parts = FakeRanks(kSize).run([&](const FakeRank& rank) {
        auto mine = pairs;
        mine.vectors = rank.mine(pairs.vectors);
        mine.left = rank.mine(pairs.left);
        GmresOptions here = options;
        here.sum = rank.sum;
        return projected_gmres(rank.local(op), mine, systems_of(true, 4), Block<Complex>(rank.mine(rhs)), here);
    });
    const Block<Complex> W = FakeRanks::stack(parts, [](const GmresSolution& part) { return part.W; });
    CHECK(whole.converged);
    CHECK((W - whole.W).norm() <= 1e-7 * whole.W.norm());
}
