// The start block is tested before anything else: what is already known costs nothing more.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// The 5-point Laplacian on a 16×17 grid with a smooth potential of the given strength: simple eigenvalues.
template <ScalarType S>
Sparse<S> with_potential(double strength) {
    Sparse<S> A = laplacian<S>({16, 17});
    for (Index i = 0; i < A.rows(); ++i) {
        const double x = static_cast<double>(i % 16) / 16.0, y = static_cast<double>(i / 16) / 17.0;
        A.coeffRef(i, i) += S{strength * (std::sin(5.0 * x) + 0.4 * x * y)};
    }
    return A;
}

template <ScalarType S>
Matrix<S> joined(const Matrix<S>& X, const Matrix<S>& Y) {
    Matrix<S> all(X.rows(), X.cols() + Y.cols());
    all << X, Y;
    return all;
}

/// The exact lowest `columns` eigenvectors, by the dense solver.
template <ScalarType S>
Matrix<S> exact_vectors(const Sparse<S>& A, Index columns) {
    return reference_eigh<S>(dense(A)).vectors.leftCols(columns);
}

}  // namespace

TEST_CASE_TEMPLATE("start block: exact vectors and a guard cost one block product and no iteration", S, double,
                   Complex) {
    const auto A = with_potential<S>(0.2);
    const SparseHermitian<S> op(A);
    const auto spectrum = reference_eigh<S>(dense(A)).values;
    const auto exact = exact_vectors<S>(A, 10);
    for (const Index k : {1, 4, 6}) {
        for (const Index columns : {k + 1, k + 3}) {
            CAPTURE(k);
            CAPTURE(columns);
            EigshOptions<S> options{.k = k, .start = exact.leftCols(columns)};
            const auto pairs = solve_and_check(op, spectrum, options);
            CHECK(pairs.products == columns);
            CHECK(pairs.iterations == 0);
            // Any basis of the same space will do.
            options.start = exact.leftCols(columns) * random_matrix<S>(columns, columns, 1);
            const auto rotated = solve_and_check(op, spectrum, options);
            CHECK(rotated.products == columns);
            CHECK(rotated.iterations == 0);
        }
    }
}

TEST_CASE_TEMPLATE("warm start: the second solve of the same operator costs one block product", S, double, Complex) {
    const auto A = with_potential<S>(0.2);
    const SparseHermitian<S> op(A);
    for (const Which which : {Which::smallest, Which::largest}) {
        Warm<S> warm;
        const EigshOptions<S> options{.k = 4, .which = which, .warm = &warm};
        const auto first = eigsh(op, options);
        REQUIRE(first.converged);
        CHECK(warm.vectors.cols() == first.size() + first.extra.cols());
        CHECK(warm.norm_A == first.norm_A);
        const auto columns = warm.vectors.cols();
        const auto second = eigsh(op, options);
        CHECK(second.converged);
        CHECK(second.products == columns);
        CHECK(second.iterations == 0);
        CHECK((first.values - second.values).cwiseAbs().maxCoeff() <= rounding(272, first.norm_A));
    }
}

TEST_CASE_TEMPLATE("warm start: nearby operators cost the less the nearer they are", S, double, Complex) {
    Index before = 0;
    for (const double change : {1e-6, 1e-4, 1e-2}) {
        CAPTURE(change);
        Warm<S> warm;
        const auto A = with_potential<S>(0.2), next = with_potential<S>(0.2 + change);
        const SparseHermitian<S> op(A), next_op(next);
        REQUIRE(eigsh(op, {.k = 4, .warm = &warm}).converged);
        const auto spectrum = reference_eigh<S>(dense(next)).values;
        const auto cold = solve_and_check(next_op, spectrum, {.k = 4});
        const auto warmed = solve_and_check(next_op, spectrum, {.k = 4, .warm = &warm});
        CAPTURE(warmed.products);
        CHECK(warmed.products < cold.products);
        CHECK(warmed.products > 0.9 * static_cast<double>(before));
        before = warmed.products;
    }
}

TEST_CASE_TEMPLATE("warm start: along a smooth path two solves before save more than one, and one more than none", S,
                   double, Complex) {
    const auto strength = [](int step) { return 0.2 + 1e-3 * step + 1e-5 * step * step; };
    Warm<S> warm;
    for (int step = 0; step < 3; ++step) {
        const auto A = with_potential<S>(strength(step));
        REQUIRE(eigsh(SparseHermitian<S>(A), {.k = 4, .tol = 1e-12, .warm = &warm}).converged);
    }
    const Index columns = warm.vectors.cols();
    CHECK(warm.previous.cols() == columns + 4);
    const auto next = with_potential<S>(strength(3));
    const auto spectrum = reference_eigh<S>(dense(next)).values;
    Index before = 0;
    for (const Index kept : {columns + 4, columns, Index{0}}) {
        CAPTURE(kept);
        auto shorter = warm;
        shorter.previous = warm.previous.leftCols(kept).eval();
        const auto pairs = solve_and_check(SparseHermitian<S>(next), spectrum, {.k = 4, .tol = 1e-8, .warm = &shorter});
        CHECK(pairs.products > before);
        before = pairs.products;
    }
}

TEST_CASE_TEMPLATE("start block: a bad one costs little and harms nothing", S, double, Complex) {
    const auto A = with_potential<S>(0.2);
    const SparseHermitian<S> op(A);
    const auto reference = reference_eigh<S>(dense(A));
    const Index n = A.rows();
    const auto cold = solve_and_check(op, reference.values, {.k = 4});
    const auto solve_from = [&](const Matrix<S>& start) {
        const auto pairs = solve_and_check(op, reference.values, EigshOptions<S>{.k = 4, .start = start});
        CHECK(pairs.products <= 2 * cold.products + start.cols());
    };
    solve_from(random_matrix<S>(n, 5, 1));
    solve_from(random_matrix<S>(n, 300, 1));                            // more than the basis holds
    solve_from(Matrix<S>::Zero(n, 6));                                  // rank 0
    solve_from(random_matrix<S>(n, 2, 1) * random_matrix<S>(2, 6, 2));  // rank 2
    solve_from(random_matrix<S>(n, 2, 1));                              // fewer than k
    solve_from(Matrix<S>::Ones(n, 6));
    solve_from(reference.vectors.middleCols(1, 4));  // invariant, without the lowest or a guard
    // Nearly invariant: neither the lowest pair nor what they converge to is anywhere near.
    solve_from(reference.vectors.rightCols(6) + 1e-6 * random_matrix<S>(n, 6, 1));
    solve_from(reference.vectors.middleCols(1, 6) + 1e-6 * random_matrix<S>(n, 6, 1));
}

TEST_CASE_TEMPLATE("start block: an exactly invariant one is taken at its word, and marked as not probed", S, double,
                   Complex) {
    // One block product cannot tell that the lowest vector is missing; iterating from it can.
    const auto A = with_potential<S>(0.2);
    const SparseHermitian<S> op(A);
    const auto reference = reference_eigh<S>(dense(A));
    const Matrix<S> start = joined<S>(reference.vectors.leftCols(2), reference.vectors.middleCols(3, 4));
    const auto pairs = eigsh(op, EigshOptions<S>{.k = 4, .start = start});
    CHECK(pairs.products == 6);
    CHECK(!pairs.probed);
    CHECK(std::abs(pairs.values(2) - reference.values(3)) <= rounding(272, 8.0));
    const auto fewer = solve_and_check(op, reference.values, EigshOptions<S>{.k = 4, .start = start.leftCols(4)});
    CHECK(fewer.probed);
}

TEST_CASE_TEMPLATE("start block: vectors in the null space are found to be eigenvectors", S, double, Complex) {
    Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(300, -1.0, 5.0);
    spectrum.segment(20, 3).setZero();
    std::sort(spectrum.data(), spectrum.data() + 300);
    const auto A = sparse_with_spectrum<S>(spectrum, 1);
    const SparseHermitian<S> op(A);
    const auto reference = reference_eigh<S>(dense(A));
    Index first = 0;
    while (spectrum(first) < 0.0) ++first;
    (void)solve_and_check(op, spectrum, EigshOptions<S>{.k = 3, .start = reference.vectors.middleCols(first, 3)});
    // Positive semidefinite: the null space is what is wanted.
    const Eigen::VectorXd shifted = spectrum.array() - spectrum(0);
    Sparse<S> B = A;
    for (Index i = 0; i < 300; ++i) B.coeffRef(i, i) -= S{spectrum(0)};
    (void)solve_and_check(SparseHermitian<S>(B), shifted,
                          EigshOptions<S>{.k = 1, .start = reference.vectors.leftCols(1)});
}

TEST_CASE_TEMPLATE("warm start: a start that belongs to another end, size or k is no obstacle", S, double, Complex) {
    const auto A = with_potential<S>(0.2);
    const SparseHermitian<S> op(A);
    const auto spectrum = reference_eigh<S>(dense(A)).values;
    Warm<S> warm;
    REQUIRE(eigsh(op, {.k = 2, .warm = &warm}).converged);
    (void)solve_and_check(op, spectrum, {.k = 3, .which = Which::largest, .warm = &warm});
    (void)solve_and_check(op, spectrum, {.k = 7, .which = Which::largest, .warm = &warm});
    (void)solve_and_check(op, spectrum, {.k = 1, .warm = &warm});
    // Without extra vectors everything remembered is exact: only the end it belongs to tells.
    for (const Which next : {Which::smallest, Which::largest}) {
        const Which last = next == Which::smallest ? Which::largest : Which::smallest;
        REQUIRE(eigsh(op, {.k = 4, .which = last, .extra = 0, .warm = &warm}).converged);
        (void)solve_and_check(op, spectrum, {.k = 2, .which = next, .warm = &warm});
    }
    const auto smaller = laplacian<S>({9, 11});
    const auto pairs = eigsh(SparseHermitian<S>(smaller), {.k = 2, .warm = &warm});  // other size: starts anew
    CHECK(pairs.converged);
    CHECK(warm.vectors.rows() == 99);
}

TEST_CASE("warm start: the norm remembered from a much larger operator does not loosen the tolerance") {
    const auto A = with_potential<double>(0.2);
    const Sparse<double> larger = 1e6 * A;
    const SparseHermitian<double> op(A), large_op(larger);
    const auto spectrum = reference_eigh<double>(dense(A)).values;
    Warm<double> warm;
    REQUIRE(eigsh(large_op, {.k = 4, .tol = 1e-6, .warm = &warm}).converged);
    (void)solve_and_check(op, spectrum, {.k = 4, .warm = &warm});
}
