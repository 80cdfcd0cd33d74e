// Larger sparse operators whose whole spectrum is known: grids with doublets and triples, high multiplicities,
// outliers, extreme scales and shifts, and the operators at which a Krylov method breaks down.
#include <lambdabar/operator/callback.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// The spectrum of a grid with the copies of each value made equal to the last bit.
Eigen::VectorXd grid_spectrum(const std::vector<Index>& points) {
    Eigen::VectorXd values = laplacian_spectrum(points);
    for (Index i = 1; i < values.size(); ++i) {
        if (values(i) - values(i - 1) < 1e-12) values(i) = values(i - 1);
    }
    return values;
}

/// n ascending values: `copies` times −1, the rest evenly spread over [0, 10].
Eigen::VectorXd with_multiple(Index n, Index copies) {
    Eigen::VectorXd values(n);
    values.head(copies).setConstant(-1.0);
    values.tail(n - copies) = Eigen::VectorXd::LinSpaced(n - copies, 0.0, 10.0);
    return values;
}

template <ScalarType S>
Sparse<S> diagonal_matrix(const Eigen::VectorXd& values) {
    const Eigen::Matrix<S, Eigen::Dynamic, 1> diagonal = values.cast<S>();
    Sparse<S> A(values.size(), values.size());
    A = diagonal.asDiagonal();
    A.makeCompressed();
    return A;
}

template <ScalarType S>
CallbackOperator<S> identity_plus_rank_one(const Vector<S>& v) {
    return {.n = v.size(), .params = 0, .apply = [v](In<S> X, Out<S> Y) {
                Y = X;
                Y.noalias() += v * (v.adjoint() * X);
            }};
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh: 5-point Laplacian, doublets counted at both ends", S, double, Complex) {
    const auto A = laplacian<S>({40, 40});
    const SparseHermitian<S> op(A);
    const auto spectrum = grid_spectrum({40, 40});
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Index k : {1, 2, 8}) {  // 1 | 2 2 | 1 | 2 2 | 2 2 …: k = 2 cuts the first doublet
            CAPTURE(k);
            const auto pairs = solve_and_check(op, spectrum, {.k = k, .which = which});
            CHECK(pairs.probed);
            CHECK(pairs.engine == "block_lanczos");
        }
    }
}

TEST_CASE("eigsh: 7-point Laplacian, triples counted") {
    const auto A = laplacian({12, 12, 12});
    const SparseHermitian<double> op(A);
    const auto spectrum = grid_spectrum({12, 12, 12});
    for (const Index k : {4, 8, 10}) {
        CAPTURE(k);
        (void)solve_and_check(op, spectrum, {.k = k});
        (void)solve_and_check(op, spectrum, {.k = k, .which = Which::largest, .tol = 1e-8});
    }
}

TEST_CASE("eigsh: 1-D Laplacian, 2000 points: gaps of 1e-6 ‖A‖ are resolved") {
    const auto A = laplacian({2000});
    const SparseHermitian<double> op(A);
    (void)solve_and_check(op, grid_spectrum({2000}), {.k = 4, .tol = 1e-11, .cluster_tol = 1e-9});
}

TEST_CASE_TEMPLATE("eigsh: a 10-fold eigenvalue is counted with blocks of 1, 2 and 4", S, double, Complex) {
    const auto spectrum = with_multiple(600, 10);
    const auto A = sparse_with_spectrum<S>(spectrum, 1);
    const SparseHermitian<S> op(A);
    for (const Index block : {1, 2, 4}) {
        for (const Index k : {3, 10, 12}) {
            CAPTURE(block);
            CAPTURE(k);
            (void)solve_and_check(op, spectrum, {.k = k, .block_size = block});
        }
    }
}

TEST_CASE("eigsh: a copy hidden from every Krylov vector of the start is found by the probe") {
    // The start block and all its images have no component in e_0: block Lanczos alone cannot see λ = −1 twice.
    const Index n = 400;
    Eigen::VectorXd spectrum = with_multiple(n, 2);
    const auto A = diagonal_matrix<double>(spectrum);
    const SparseHermitian<double> op(A);
    Matrix<double> start = random_matrix<double>(n, 6, 1);
    start.row(0).setZero();
    EigshOptions<double> options{.k = 3, .filter_degree = 10, .start = start};
    (void)solve_and_check(op, spectrum, options);
}

TEST_CASE_TEMPLATE("eigsh: identity plus rank one: one outlier and an (n − 1)-fold eigenvalue", S, double, Complex) {
    const Index n = 500;
    const Vector<S> v = random_matrix<S>(n, 1, 1);
    const auto op = identity_plus_rank_one<S>(v);
    Eigen::VectorXd spectrum = Eigen::VectorXd::Ones(n);
    spectrum(n - 1) += v.squaredNorm();
    for (const Index k : {1, 3, 7}) {
        for (const Which which : {Which::smallest, Which::largest}) {
            CAPTURE(k);
            const auto pairs = solve_and_check(op, spectrum, {.k = k, .which = which});
            CHECK(pairs.cuts_cluster == (k > 1 || which == Which::smallest));
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: diagonal, identity and zero matrices", S, double, Complex) {
    const Index n = 300;
    const auto solve_diagonal = [&](const Eigen::VectorXd& ascending, bool probe) {
        Eigen::VectorXd shuffled(n);
        for (Index i = 0; i < n; ++i) shuffled(i) = ascending((i * 7) % n);
        const auto A = diagonal_matrix<S>(shuffled);
        const SparseHermitian<S> op(A);
        for (const Index k : {1, 4, 9}) {
            for (const Which which : {Which::smallest, Which::largest}) {
                CAPTURE(k);
                CAPTURE(probe);
                (void)solve_and_check(op, ascending, {.k = k, .which = which, .probe = probe});
            }
        }
    };
    for (const bool probe : {true, false}) {
        solve_diagonal(Eigen::VectorXd::LinSpaced(n, -3.0, 8.0), probe);
        solve_diagonal(Eigen::VectorXd::Ones(n), probe);
        solve_diagonal(Eigen::VectorXd::Zero(n), probe);
    }
    Eigen::VectorXd two_values = Eigen::VectorXd::Ones(n);
    two_values.head(n / 2).setZero();
    solve_diagonal(two_values, true);
}

TEST_CASE_TEMPLATE("eigsh: the result scales with the operator from 1e-150 to 1e150", S, double, Complex) {
    const auto spectrum = grid_spectrum({20, 20});
    const auto A = laplacian<S>({20, 20});
    for (const double scale : {1e-150, 1e-100, 1e100, 1e150}) {
        CAPTURE(scale);
        const Sparse<S> scaled = S{scale} * A;
        const auto pairs = eigsh(SparseHermitian<S>(scaled), {.k = 6});
        REQUIRE(pairs.converged);
        // In the units of A, where squares of residuals neither underflow nor overflow.
        const Matrix<S> R = A * pairs.vectors - pairs.vectors * (pairs.values / scale).template cast<S>().asDiagonal();
        CHECK(R.colwise().norm().maxCoeff() <= pairs.tol * 8.0 + rounding(400, 8.0));
        CHECK((pairs.values / scale - spectrum.head(6)).cwiseAbs().maxCoeff() <= R.norm() + rounding(400, 8.0));
        CHECK(sizes(pairs.clusters) == std::vector<Index>{1, 2, 1, 2});
    }
}

TEST_CASE("eigsh: a shift by 1e8 costs the digits it must and no more") {
    Sparse<double> A = laplacian({30, 30});
    for (Index i = 0; i < 900; ++i) A.coeffRef(i, i) += 1e8;
    const Eigen::VectorXd spectrum = grid_spectrum({30, 30}).array() + 1e8;
    // Gaps of 0.03 are 3e-10 of the norm.
    (void)solve_and_check(SparseHermitian<double>(A), spectrum, {.k = 6, .tol = 1e-13, .cluster_tol = 1e-12});
}

TEST_CASE_TEMPLATE("eigsh: one eigenvalue far away from the wanted end", S, double, Complex) {
    Eigen::VectorXd spectrum = with_multiple(400, 2);
    spectrum(399) = 1e5;
    const auto A = sparse_with_spectrum<S>(spectrum, 1);
    const SparseHermitian<S> op(A);
    (void)solve_and_check(op, spectrum, {.k = 3, .tol = 1e-12});
    (void)solve_and_check(op, spectrum, {.k = 3, .which = Which::largest, .tol = 1e-12});
}

TEST_CASE_TEMPLATE("eigsh: an operator without a fused product gives the same pairs", S, double, Complex) {
    const auto spectrum = grid_spectrum({20, 20});
    const auto A = laplacian<S>({20, 20});
    const SparseHermitian<S> fused(A);
    const CallbackOperator<S> plain{.n = 400, .params = 0, .apply = [&](In<S> X, Out<S> Y) { Y = A * X; }};
    for (const Which which : {Which::smallest, Which::largest}) {
        const EigshOptions<S> options{.k = 5, .which = which, .tol = 1e-11};
        const auto a = solve_and_check(fused, spectrum, options), b = solve_and_check(plain, spectrum, options);
        CHECK((a.values - b.values).cwiseAbs().maxCoeff() <=
              a.residuals.norm() + b.residuals.norm() + rounding(400, 8.0));
    }
}
