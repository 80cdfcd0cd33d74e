// Sets extended until they cut no cluster; absolute cluster distances.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"
#include "pencils.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("eigsh: extend grows the set to the end of the cluster that k cuts, and no further", S, double,
                   Complex) {
    Eigen::VectorXd values(60);
    values << 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, Eigen::VectorXd::LinSpaced(52, 3.0, 9.0);
    for (const bool largest : {false, true}) {
        const Sparse<S> M = sparse_with_spectrum<S>(largest ? Eigen::VectorXd(-values) : values, 5);
        const SparseHermitian<S> A(M);
        const Which which = largest ? Which::largest : Which::smallest;
        for (const Index k : {1, 2, 3, 5, 6, 7, 8}) {
            CAPTURE(largest);
            CAPTURE(k);
            const auto pairs = eigsh(A, {.k = k, .which = which, .tol = 1e-12, .extend = 10});
            REQUIRE(pairs.converged);
            CHECK(!pairs.cuts_cluster);
            CHECK(pairs.asked == k);
            const Index wanted = k == 1 ? 1 : k <= 6 ? 6 : 8;
            REQUIRE(pairs.size() == wanted);
            const Eigen::VectorXd expected =
                largest ? Eigen::VectorXd(-values.head(wanted).reverse()) : Eigen::VectorXd(values.head(wanted));
            CHECK((pairs.values - expected).norm() <= 1e-10);
            CHECK(std::abs(std::abs(pairs.guard_value) - values(wanted)) <= pairs.guard_residual + 1e-10);
            CHECK(orthonormality_error(pairs.vectors) <= 1e-12);
            CHECK((M * pairs.vectors - pairs.vectors * pairs.values.template cast<S>().asDiagonal()).norm() <= 1e-10);
            CHECK(pairs.extra.cols() == pairs.extra_values.size());
        }
    }
}

TEST_CASE("eigsh: the extension is bounded, and a set that stays cut says so") {
    Eigen::VectorXd values(40);
    values << Eigen::VectorXd::Ones(6), Eigen::VectorXd::LinSpaced(34, 3.0, 9.0);
    const Sparse<double> M = sparse_with_spectrum<double>(values, 6);
    const SparseHermitian<double> A(M);
    const auto bounded = eigsh(A, {.k = 2, .tol = 1e-12, .extend = 3});
    CHECK(bounded.size() == 2);
    CHECK(bounded.cuts_cluster);
    CHECK(bounded.converged);
    CHECK(eigsh(A, {.k = 2, .tol = 1e-12, .extend = 4}).size() == 6);
    CHECK(eigsh(A, {.k = 2, .tol = 1e-12}).cuts_cluster);
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)eigsh(A, {.k = 2, .extend = -1}); }), "extend = -1"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)eigsh(A, {.k = 2, .cluster_gap = kNaN}); }),
                   "cluster_gap"));
}

TEST_CASE_TEMPLATE("eigsh: extension of pencils by a factor, and around a shift", S, double, Complex) {
    Eigen::VectorXd values(40);
    values << 0.5, 1.0, 1.0, 1.0, Eigen::VectorXd::LinSpaced(36, 3.0, 9.0);
    const auto pencil = test_pencil<S>(values, 7);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const auto low = eigsh(A, B, {.k = 2, .tol = 1e-12, .extend = 5});
    REQUIRE(low.size() == 4);
    CHECK(!low.cuts_cluster);
    CHECK(low.certified);
    CHECK((low.values - values.head(4)).norm() <= 1e-9);
    CHECK((low.vectors.adjoint() * (pencil.B * low.vectors) - Matrix<S>::Identity(4, 4)).norm() <= 1e-10);
    const auto around = eigsh(A, B, {.k = 2, .which = Which::nearest, .sigma = 1.1, .tol = 1e-12, .extend = 5});
    CHECK(!around.cuts_cluster);
    CHECK((around.values.head(3) - Eigen::VectorXd::Ones(3)).norm() <= 1e-9);
}

TEST_CASE("eigsh: cluster_gap joins what lies closer in units of λ, also with the guard") {
    Eigen::VectorXd values(40);
    values << 1.0, 1.05, 1.1, 1.5, Eigen::VectorXd::LinSpaced(36, 3.0, 9.0);
    const Sparse<double> M = sparse_with_spectrum<double>(values, 8);
    const SparseHermitian<double> A(M);
    const auto apart = eigsh(A, {.k = 2, .tol = 1e-12});
    CHECK(apart.clusters.size() == 2);
    CHECK(!apart.cuts_cluster);
    const auto joined = eigsh(A, {.k = 2, .tol = 1e-12, .cluster_gap = 0.06});
    CHECK(joined.clusters.size() == 1);
    CHECK(joined.cuts_cluster);
    const auto whole = eigsh(A, {.k = 2, .tol = 1e-12, .cluster_gap = 0.06, .extend = 4});
    REQUIRE(whole.size() == 3);
    CHECK(whole.clusters.size() == 1);
    CHECK(!whole.cuts_cluster);
    CHECK(eigsh(A, {.k = 3, .tol = 1e-12, .cluster_gap = 0.5, .extend = 4}).size() == 4);
}
