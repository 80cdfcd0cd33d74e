// A x = λ B x with a regular B: every way to the pairs, both ends, the interior, multiplicities.
#include <lambdabar/operator/affine.hpp>

#include <Eigen/LU>
#include <doctest/doctest.h>

#include "pencil_expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Doublet at 2, triplet at 6; more than one block and not the whole space of the basis.
Eigen::VectorXd low_spectrum(Index n) {
    return spectrum_above(numbers({1.0, 2.0, 2.0, 3.5, 6.0, 6.0, 6.0}), n, 9.0, 0.5);
}

/// The caller's (A − σB)⁻¹, dense.
template <ScalarType S>
BlockSolve<S> dense_solve(const TestPencil<S>& pencil, double sigma) {
    const Eigen::PartialPivLU<Matrix<S>> lu(dense(pencil.A) - sigma * dense(pencil.B));
    return [lu](In<S> R, Out<S> X) { X = lu.solve(R); };
}

/// M as an operator with a parameter, M = M₀ + p M₁ with M₀ = M − M₁, p = 1.
template <ScalarType S>
AffineOperator<S> affine(const Sparse<S>& M) {
    const Sparse<S> M1 = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(M.rows(), 0.1, 0.3), 77, 1);
    const Sparse<S> M0 = lambdabar::test::exactly_hermitian<S>(Sparse<S>(M - M1));
    return AffineOperator<S>(M0, {M1}, numbers({1.0}));
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh: every way to the lowest pairs of a pencil finds what Eigen's dense solver finds", S, double,
                   Complex) {
    for (const Index n : {60, 260}) {
        const auto pencil = test_pencil<S>(low_spectrum(n), 11);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const Index k = 4;
        const Eigen::VectorXd wanted = pencil.spectrum.head(k);
        const double next = pencil.spectrum(k);
        const auto reference = reference_eigh<S>(dense(pencil.A), dense(pencil.B));
        REQUIRE((reference.values - pencil.spectrum).cwiseAbs().maxCoeff() <= pencil.noise());
        const auto check = [&](const Eigenpairs<S>& pairs, const std::string& engine, bool certified) {
            CAPTURE(n);
            CAPTURE(pairs.engine);
            check_pencil(pencil, wanted, next, 1e-11, pairs);
            CHECK((pairs.values - reference.values.head(k)).cwiseAbs().maxCoeff() <=
                  pairs.residuals.norm() + 2.0 * pencil.noise(pairs.sigma));
            // The same space: the overlaps of the bases, in the inner product of B, have singular values one.
            const Matrix<S> overlap = reference.vectors.leftCols(k).adjoint() * (pencil.B * pairs.vectors);
            const double angle = (pairs.residuals.norm() + pencil.noise(pairs.sigma)) / (next - wanted(k - 1));
            CHECK((overlap.adjoint() * overlap - Matrix<S>::Identity(k, k)).norm() <= 1e2 * angle);
            CHECK(contains(pairs.engine, engine));
            CHECK(pairs.certified == certified);
            CHECK_FALSE(pairs.singular_B);
        };
        const EigshOptions<S> options{.k = k, .tol = 1e-11};
        const auto with = [&](auto change) {
            EigshOptions<S> changed = options;
            change(changed);
            return changed;
        };
        const auto by_factor = eigsh(A, B, options);
        check(by_factor, "LDLT", true);
        CHECK(by_factor.sigma == 0.0);  // A is positive definite
        CHECK(by_factor.products == 0);
        CHECK(by_factor.factorizations == 2);
        check(eigsh(A, B, with([](auto& o) { o.factorizer = eigen_ldlt<S>(); })), "LDLT (Eigen)", true);
        // LU has no inertia: a σ below the spectrum is the caller's word
        check(eigsh(A, B, with([](auto& o) {
                        o.factorizer = eigen_lu<S>();
                        o.sigma = -0.5;
                    })),
              "LU (Eigen)", false);
        check(eigsh(A, B, with([](auto& o) { o.certify = false; })), "LDLT", false);
        const auto by_caller = eigsh(A, B, with([&](auto& o) {
                                         o.solve = dense_solve(pencil, -0.5);
                                         o.sigma = -0.5;
                                     }));
        check(by_caller, "the caller's solve", false);
        CHECK(by_caller.sigma == -0.5);
        CHECK(by_caller.factorizations == 0);
        check(eigsh(A, B, with([](auto& o) { o.factor = UseFactor::never; })), "block_davidson", false);
        check(eigsh(A, B, with([](auto& o) {
                        o.factor = UseFactor::never;
                        o.engine = Engine::block_lanczos;
                    })),
              "inner CG", false);
        const DenseOperator<S> A_callback{dense(pencil.A)}, B_callback{dense(pencil.B)};
        check(eigsh(A_callback, B_callback, options), "block_davidson", false);
        check(eigsh(A, B_callback, options), "block_davidson", false);
        check(eigsh(A_callback, B_callback, with([](auto& o) { o.engine = Engine::block_lanczos; })), "inner CG",
              false);
        check(eigsh(A_callback, B, options), "B factorized", false);
        check(eigsh(A_callback, B_callback, with([&](auto& o) {
                        o.solve = dense_solve(pencil, -0.5);
                        o.sigma = -0.5;
                    })),
              "the caller's solve", false);
        const AffineOperator<S> A_of_p = affine<S>(pencil.A), B_of_p = affine<S>(pencil.B);
        check(eigsh(A_of_p, B_of_p, options), "LDLT", true);
        check(eigsh(A_of_p, B, options), "LDLT", true);
        check(eigsh(A, B_of_p, options), "LDLT", true);
    }
}

TEST_CASE_TEMPLATE("eigsh: the largest pairs of a pencil", S, double, Complex) {
    for (const Index n : {60, 260}) {
        const auto pencil = test_pencil<S>(-low_spectrum(n), 12);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const DenseOperator<S> A_callback{dense(pencil.A)}, B_callback{dense(pencil.B)};
        const EigshOptions<S> options{.k = 4, .which = Which::largest, .tol = 1e-11};
        EigshOptions<S> without = options;
        without.factor = UseFactor::never;
        for (const auto& pairs : {eigsh(A, B, options), eigsh(A, B, without), eigsh(A_callback, B_callback, options),
                                  eigsh(A_callback, B, options)}) {
            CAPTURE(n);
            CAPTURE(pairs.engine);
            check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.tail(4)), pencil.spectrum(n - 5), 1e-11, pairs);
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: the pairs nearest to a shift, on both sides of it", S, double, Complex) {
    for (const Index n : {60, 260}) {
        Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(n, -20.0, 0.7 * static_cast<double>(n));
        const Index first = n / 2 - 2;
        const double step = spectrum(1) - spectrum(0), centre = spectrum(first + 2);
        spectrum(first + 1) = spectrum(first + 2);  // a doublet inside the set
        const auto pencil = test_pencil<S>(spectrum, 13);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const Eigen::VectorXd wanted = pencil.spectrum.segment(first, 5);
        // distances of first − 1, first, first + 1 (2×), first + 3, first + 4, first + 5 in steps:
        // 3.1, 2.1, 0.1, 0.9, 1.9, 2.9
        const double sigma = centre + 0.1 * step, next = spectrum(first + 5);
        const DenseOperator<S> A_callback{dense(pencil.A)}, B_callback{dense(pencil.B)};
        EigshOptions<S> options{.k = 5, .which = Which::nearest, .sigma = sigma, .tol = 1e-11};
        const auto by_factor = eigsh(A, B, options);
        options.factorizer = eigen_lu<S>();
        const auto by_lu = eigsh(A, B, options);
        options.factorizer = {};
        options.solve = dense_solve(pencil, sigma);
        for (const auto& pairs : {by_factor, by_lu, eigsh(A, B, options), eigsh(A_callback, B_callback, options)}) {
            CAPTURE(n);
            CAPTURE(pairs.engine);
            check_pencil(pencil, wanted, next, 1e-11, pairs);
            CHECK(pairs.sigma == sigma);
            CHECK(pairs.which == Which::nearest);
        }
        CHECK(by_factor.certified);
        CHECK_FALSE(by_lu.certified);
    }
}

TEST_CASE_TEMPLATE("eigsh: a shift that is an eigenvalue is moved a little and reported", S, double, Complex) {
    const Index n = 120;
    for (const bool standard : {false, true}) {
        CAPTURE(standard);
        Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(n, 1.0, static_cast<double>(n));
        spectrum(51) = spectrum(50);
        auto pencil = test_pencil<S>(spectrum, 14);
        if (standard) {
            pencil.A = sparse_with_spectrum<S>(spectrum, 14);
            pencil.B.setIdentity();
            pencil.condition = 1.0;
        }
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const double sigma = spectrum(50);
        const EigshOptions<S> options{.k = 4, .which = Which::nearest, .sigma = sigma, .tol = 1e-10};
        const auto pairs = standard ? eigsh(A, options) : eigsh(A, B, options);
        REQUIRE(pairs.converged);
        CHECK(std::abs(pairs.sigma - sigma) <= 1e-3);
        // Distances: the doublet, 1, 2 and 2: the set is open at a tie, so only three of the four are certain.
        const Eigen::VectorXd distances = (pairs.values.array() - sigma).abs();
        std::vector<double> sorted(distances.data(), distances.data() + 4);
        std::sort(sorted.begin(), sorted.end());
        const Eigen::Vector4d expected(0.0, 0.0, 1.0, 2.0);
        for (Index i = 0; i < 4; ++i) {
            CHECK(std::abs(sorted[static_cast<std::size_t>(i)] - expected(i)) <=
                  pairs.residuals.norm() + pencil.noise(sigma));
        }
        CHECK(orthonormality_error<S>(pairs.vectors, pencil.B) <= 1e3 * kEps * pencil.condition);
    }
}

TEST_CASE_TEMPLATE("eigsh: the standard problem has interior eigenvalues too", S, double, Complex) {
    const Index n = 260;
    Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(n, -100.0, 159.0);
    spectrum(130) = spectrum(131);  // 31
    TestPencil<S> pencil{sparse_with_spectrum<S>(spectrum, 15), Sparse<S>(n, n), spectrum, 1.0, 159.0};
    pencil.B.setIdentity();
    const SparseHermitian<S> A(pencil.A);
    for (const bool callback : {false, true}) {
        EigshOptions<S> options{.k = 3, .which = Which::nearest, .sigma = 31.2, .tol = 1e-11};
        if (callback) options.solve = dense_solve(pencil, 31.2);
        const auto pairs = eigsh(A, options);
        check_pencil(pencil, numbers({31.0, 31.0, 32.0}), 33.0, 1e-11, pairs);
        CHECK(pairs.certified == !callback);
    }
    const auto lowest = eigsh(A, {.k = 3, .sigma = -101.0, .tol = 1e-11});
    check_pencil(pencil, numbers({-100.0, -99.0, -98.0}), -97.0, 1e-11, lowest);
    CHECK(lowest.certified);
    CHECK(lowest.products == 0);
}

TEST_CASE_TEMPLATE("eigsh: a shift below an indefinite or semidefinite A is found by itself", S, double, Complex) {
    for (const Index n : {60, 260}) {
        for (const Eigen::VectorXd& low :
             {numbers({-50.0, -49.0, -49.0, -47.0, -46.0}), numbers({-1e-3, 2.0, 2.0, 3.0, 4.0}),
              numbers({0.0, 0.0, 0.0, 1.0, 2.0}), numbers({0.0, 1.0, 2.0, 2.0, 3.0}),
              numbers({-4000.0, -3900.0, -3800.0, -3800.0, 0.0})}) {
            CAPTURE(n);
            CAPTURE(low.transpose());
            const auto pencil = test_pencil<S>(spectrum_above(low, n, 10.0, 1.0), 16);
            const SparseHermitian<S> A(pencil.A), B(pencil.B);
            const auto pairs = eigsh(A, B, {.k = 4, .tol = 1e-11});
            check_pencil(pencil, Eigen::VectorXd(low.head(4)), low(4), 1e-11, pairs);
            CHECK(pairs.sigma < low(0));
            CHECK(pairs.certified);
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: a triple eigenvalue is found three times and certified, whatever the seed", S, double,
                   Complex) {
    const Index n = 230;
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.0, 2.0, 5.0}), n, 7.0, 0.3), 17);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        for (const Index block_size : {0, 1}) {
            CAPTURE(seed);
            CAPTURE(block_size);
            const auto pairs = eigsh(A, B, {.k = 4, .tol = 1e-11, .block_size = block_size, .seed = seed});
            check_pencil(pencil, numbers({1.0, 2.0, 2.0, 2.0}), 5.0, 1e-11, pairs);
            CHECK(pairs.certified);
            const auto inner = eigsh(
                A, B,
                {.k = 4, .which = Which::nearest, .sigma = 1.9, .tol = 1e-11, .block_size = block_size, .seed = seed});
            check_pencil(pencil, numbers({1.0, 2.0, 2.0, 2.0}), 5.0, 1e-11, inner);
            CHECK(inner.certified);
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: the certificate notices a copy that the start block hides", S, double, Complex) {
    // The start block holds exact eigenvectors, but only two of the three of λ = 2: its test passes at once.
    const Index n = 230, k = 4;
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.0, 2.0, 5.0, 6.0}), n, 8.0, 0.3), 18);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const auto reference = reference_eigh<S>(dense(pencil.A), dense(pencil.B));
    EigshOptions<S> options{.k = k, .tol = 1e-10, .certify = false, .probe = false};
    options.start.resize(n, 5);
    for (const Index j : {0, 1, 2, 3, 4}) options.start.col(j) = reference.vectors.col(j < 3 ? j : j + 1);
    const auto deceived = eigsh(A, B, options);
    REQUIRE((deceived.values - numbers({1.0, 2.0, 2.0, 5.0})).cwiseAbs().maxCoeff() <= 1e-8);
    CHECK_FALSE(deceived.certified);

    options.certify = true;
    const auto pairs = eigsh(A, B, options);
    check_pencil(pencil, numbers({1.0, 2.0, 2.0, 2.0}), 5.0, 1e-10, pairs);
    CHECK(pairs.certified);
    CHECK(pairs.factorizations > deceived.factorizations + 1);  // counted twice: before and after
    CHECK(pairs.solves > deceived.solves);
    options.which = Which::nearest;
    options.sigma = 1.9;
    const auto nearest = eigsh(A, B, options);
    check_pencil(pencil, numbers({1.0, 2.0, 2.0, 2.0}), 5.0, 1e-10, nearest);
    CHECK(nearest.certified);
}

TEST_CASE_TEMPLATE("eigsh: a cluster that the set cuts is flagged, at either open end", S, double, Complex) {
    const Index n = 230;
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 2.0, 2.0, 5.0}), n, 7.0, 0.3), 19);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    for (const Index k : {2, 3}) {
        CAPTURE(k);
        const auto pairs = eigsh(A, B, {.k = k, .tol = 1e-11});
        check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(k)), 2.0, 1e-11, pairs);
        CHECK(pairs.certified);  // any copies are the lowest
    }
    const auto above = eigsh(A, B, {.k = 2, .which = Which::nearest, .sigma = 1.2, .tol = 1e-11});
    check_pencil(pencil, numbers({1.0, 2.0}), 2.0, 1e-11, above);
    const auto below = eigsh(A, B, {.k = 2, .which = Which::nearest, .sigma = 4.0, .tol = 1e-11});
    check_pencil(pencil, numbers({2.0, 5.0}), 2.0, 1e-11, below);
    const auto all_copies = eigsh(A, B, {.k = 3, .which = Which::nearest, .sigma = 2.3, .tol = 1e-11});
    CHECK_FALSE(all_copies.cuts_cluster);
    CHECK(all_copies.certified);
}
