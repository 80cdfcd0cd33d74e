#include "general_pairs.hpp"

#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/general_callback.hpp>

#include <doctest/doctest.h>
#include <omp.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// The wanted values lie outside a disc of radius 4 around −2: conjugate pairs, a double and a single one.
Eigen::VectorXcd spectrum(Index n) {
    Eigen::VectorXcd values(n);
    for (Index i = 0; i < n; ++i) values(i) = -2.0 + 2.0 * std::cos(0.7 * static_cast<double>(i));
    values(0) = {3.0, 4.0}, values(1) = {3.0, -4.0};
    values(2) = values(3) = 2.5;
    values(4) = {2.0, 1.0}, values(5) = {2.0, -1.0};
    values(6) = 1.5;
    values(7) = -9.0;
    return values;
}

template <ScalarType S>
void check_pairs(const Matrix<S>& A, const Matrix<S>& B, const GeneralEigenpairs<S>& pairs, double tolerance) {
    const Index k = pairs.size();
    const Matrix<Complex> A_c = A.template cast<Complex>(), B_c = B.template cast<Complex>();
    const Matrix<Complex>&X = pairs.vectors, &Y = pairs.left;
    CHECK((A_c * X - B_c * X * pairs.values.asDiagonal()).norm() <= tolerance);
    CHECK((A_c.adjoint() * Y - B_c.adjoint() * Y * pairs.values.conjugate().asDiagonal()).norm() <=
          tolerance * Y.norm());
    CHECK((Y.adjoint() * B_c * X - Matrix<Complex>::Identity(k, k)).norm() <= 1e-11);
    CHECK((X.colwise().norm().array() - 1.0).abs().maxCoeff() <= 1e-13);
}

}  // namespace

TEST_CASE_TEMPLATE("eigs: every order finds its values, double ones twice, with bi-orthonormal vectors", S, double,
                   Complex) {
    const Index n = 120;
    const Matrix<S> A = with_general_spectrum<S>(spectrum(n), 1), I = Matrix<S>::Identity(n, n);
    const Sparse<S> M = full<S>(A);
    const SparseGeneral<S> op(M);
    const double tolerance = 1e-9 * A.norm();
    struct Case {
        Which which;
        Complex sigma;
        std::vector<Complex> expected;
    };
    const std::vector<Case> cases{
        {Which::rightmost, kNaN, {{3, 4}, {3, -4}, 2.5, 2.5, {2, 1}, {2, -1}, 1.5}},
        {Which::leftmost, kNaN, {-9.0}},
        {Which::largest_magnitude, kNaN, {-9.0, {3, 4}, {3, -4}}},
        {Which::nearest, 2.6, {2.5, 2.5, 1.5}},
        {Which::nearest, Complex(2.9, 3.5), {{3, 4}, {2, 1}, 2.5, 2.5}},
    };
    for (const Case& c : cases) {
        CAPTURE(static_cast<int>(c.which));
        const auto k = static_cast<Index>(c.expected.size());
        const auto pairs = eigs(op, {.k = k, .which = c.which, .sigma = c.sigma, .tol = 1e-12});
        REQUIRE(pairs.converged);
        CHECK(pairs.probed);
        std::vector<Complex> missing = c.expected;
        for (const Complex value : pairs.values) {
            const auto near =
                std::find_if(missing.begin(), missing.end(), [&](Complex z) { return std::abs(z - value) <= 1e-8; });
            CHECK_MESSAGE(near != missing.end(), "unexpected value ", value.real(), " + ", value.imag(), "i");
            if (near != missing.end()) missing.erase(near);
        }
        CHECK(missing.empty());
        check_pairs<S>(A, I, pairs, tolerance);
    }
}

TEST_CASE("eigs: conjugate pairs of a real operator are conjugates to the last bit, real ones real") {
    const Index n = 100;
    const Matrix<double> A = with_general_spectrum<double>(spectrum(n), 5);
    const SparseGeneral<double> op(full<double>(A));
    const auto pairs = eigs(op, {.k = 7, .which = Which::rightmost});
    REQUIRE(pairs.converged);
    CHECK(pairs.values(0).imag() > 0.0);
    for (const Index i : {0, 4}) {
        CHECK(pairs.values(i + 1) == std::conj(pairs.values(i)));
        CHECK(pairs.vectors.col(i + 1) == pairs.vectors.col(i).conjugate());
        CHECK(pairs.left.col(i + 1) == pairs.left.col(i).conjugate());
    }
    CHECK(pairs.values(6).imag() == 0.0);
    CHECK(pairs.vectors.col(6).imag().norm() == 0.0);
    CHECK(pairs.left.col(6).imag().norm() == 0.0);
    CHECK_FALSE(pairs.cuts_conjugate_pair);
    CHECK(pairs.clusters.size() == 6);
}

TEST_CASE_TEMPLATE("eigs: pencils by B⁻¹A and by A − σB, the condition is that of the dense problem", S, double,
                   Complex) {
    const Index n = 60;
    const Matrix<S> B = Matrix<S>::Identity(n, n) * 3.0 + 0.2 * random_matrix<S>(n, n, 11);
    const Matrix<S> A = B * with_general_spectrum<S>(spectrum(n), 12);
    const SparseGeneral<S> op_A(full<S>(A)), op_B(full<S>(B));
    for (const bool nearest : {false, true}) {
        CAPTURE(nearest);
        EigsOptions<S> options{.k = 2, .which = Which::rightmost, .tol = 1e-12};
        if (nearest) options.which = Which::nearest, options.sigma = Complex(3.0, std::same_as<S, double> ? 3.0 : 3.9);
        if (nearest) options.k = 1;
        const auto pairs = eigs(op_A, op_B, options);
        REQUIRE(pairs.converged);
        CHECK(std::abs(pairs.values(0) - Complex(3, 4)) <= 1e-8);
        check_pairs<S>(A, B, pairs, 1e-9 * A.norm());
        const DensePairs all = dense_pairs<S>(A, B, rightmost);
        Index same = 0;
        (all.values.array() - pairs.values(0)).abs().minCoeff(&same);
        const double condition = (B.adjoint().template cast<Complex>() * all.Y.col(same)).norm();
        CHECK(pairs.conditions(0) == doctest::Approx(condition).epsilon(1e-6));
        CHECK(pairs.solves > 0);
    }
}

TEST_CASE("eigs: a singular B is refused by the orders and served by nearest, a shift on an eigenvalue moves") {
    const Index n = 40;
    Matrix<double> B = Matrix<double>::Identity(n, n);
    B(n - 1, n - 1) = B(n - 2, n - 2) = 0.0;
    const Matrix<double> A = with_general_spectrum<double>(Eigen::VectorXcd::LinSpaced(n, 1.0, 5.0), 14);
    const SparseGeneral<double> op_A(full<double>(A)), op_B(full<double>(B));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)eigs(op_A, op_B, {.which = Which::rightmost}); }),
                   "B is singular"));
    const auto pairs = eigs(op_A, op_B, {.k = 2, .which = Which::nearest, .sigma = 0.0});
    CHECK(pairs.converged);
    check_pairs<double>(A, B, pairs, 1e-9 * A.norm());

    const Matrix<double> diagonal = Eigen::VectorXd::LinSpaced(n, 1.0, n).asDiagonal();
    const SparseGeneral<double> op_D(full<double>(diagonal));
    const auto moved = eigs(op_D, {.k = 1, .which = Which::nearest, .sigma = 7.0});
    CHECK(moved.converged);
    CHECK(moved.sigma != 7.0);
    CHECK(std::abs(moved.values(0) - 7.0) <= 1e-10);
}

TEST_CASE("eigs: an operator that is code gives what its matrix gives, and a good start costs less") {
    const Index n = 150;
    const Matrix<double> A = with_general_spectrum<double>(spectrum(n), 15);
    const GeneralCallbackOperator<double> op{
        .n = n,
        .apply = [&](In<double> X, Out<double> Y) { Y = A * X; },
        .apply_adjoint = [&](In<double> X, Out<double> Y) { Y = A.transpose() * X; }};
    const auto pairs = eigs(op, {.k = 2, .which = Which::largest_imaginary});
    REQUIRE(pairs.converged);
    CHECK(std::abs(pairs.values(0) - Complex(3, 4)) <= 1e-8);
    CHECK(std::abs(pairs.values(1) - Complex(3, -4)) <= 1e-8);
    const auto again = eigs(op, {.k = 2, .which = Which::largest_imaginary, .start = pairs.vectors});
    CHECK(again.converged);
    CHECK(again.products <= pairs.products);
    CHECK(contains(
        message_of<std::invalid_argument>([&] { (void)eigs(op, {.k = 1, .which = Which::nearest, .sigma = 1.0}); }),
        "cannot be factorized"));
}

TEST_CASE("eigs: 3 processes find the pairs of one, 1 and 2 threads give the same bits") {
    const Index n = 90;
    const Matrix<double> A = with_general_spectrum<double>(spectrum(n), 16);
    const SparseGeneral<double> op(full<double>(A));
    const EigsOptions<double> options{.k = 3, .which = Which::rightmost, .tol = 1e-12};
    const auto whole = eigs(op, options);
    const auto parts = FakeRanks(n).run([&](const FakeRank& rank) {
        EigsOptions<double> mine = options;
        mine.sum = rank.sum;
        return eigs(rank.local(op), mine);
    });
    for (const auto& part : parts) {
        CHECK(part.converged);
        CHECK((part.values - whole.values).norm() <= 1e-9);
        CHECK(part.values == parts[0].values);
    }
    const int before = omp_get_max_threads();
    for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        const auto again = eigs(op, options);
        CHECK(again.vectors == whole.vectors);
        CHECK(again.left == whole.left);
    }
    omp_set_num_threads(before);
}

TEST_CASE("eigs: misuse is refused in one sentence") {
    const SparseGeneral<double> op(full<double>(random_matrix<double>(10, 10, 17)));
    const auto refusal = [&](const EigsOptions<double>& options) {
        return message_of<std::invalid_argument>([&] { (void)eigs(op, options); });
    };
    CHECK(contains(refusal({.k = 0}), "k = 0 must lie between 1 and n − 1 = 9"));
    CHECK(contains(refusal({.k = 10}), "k = 10 must lie"));
    CHECK(contains(refusal({.which = Which::smallest}), "leftmost, rightmost"));
    CHECK(contains(refusal({.which = Which::nearest}), "needs a finite sigma"));
    CHECK(contains(refusal({.which = Which::rightmost, .sigma = 1.0}), "`nearest` only"));
    CHECK(contains(refusal({.tol = -1.0}), "tol = -1"));
    CHECK(contains(refusal({.start = Matrix<Complex>::Ones(4, 1)}), "4 rows"));
    const GeneralCallbackOperator<double> broken{
        .n = 10,
        .apply = [](In<double>, Out<double> Y) { Y.setConstant(kNaN); },
        .apply_adjoint = [](In<double>, Out<double> Y) { Y.setConstant(kNaN); }};
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)eigs(broken, {.which = Which::rightmost}); }),
                   "the operator's product"));
}

TEST_CASE("eigs: a limit on products ends in a result that says not converged") {
    const Index n = 400;
    Eigen::VectorXcd values = Eigen::VectorXcd::LinSpaced(n, -1.0, 0.0);
    const SparseGeneral<double> op(full<double>(with_general_spectrum<double>(values, 18, 0.1)));
    const auto pairs = eigs(op, {.k = 4, .which = Which::rightmost, .tol = 1e-13, .max_products = 60});
    CHECK_FALSE(pairs.converged);
    CHECK(pairs.reason == StopReason::iteration_limit);
    int calls = 0;
    const auto stopped = eigs(
        op, {.k = 4, .which = Which::rightmost, .tol = 1e-13, .monitor = [&](const Progress&) { return ++calls < 2; }});
    CHECK(stopped.reason == StopReason::stopped_by_monitor);
}
