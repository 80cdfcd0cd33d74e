// eigsh with a preconditioner: block Davidson for A x = λ x.
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "expectations.hpp"
#include "same_bits.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// M = I: no help at all.
template <ScalarType S>
Preconditioner<S> identity() {
    return [](In<S> R, Out<S> Z) { Z = R; };
}

/// (sign·(A − σ))⁻¹ by a dense inverse.
template <ScalarType S>
Preconditioner<S> exact_inverse(const Matrix<S>& A, double sigma, double sign = 1.0) {
    Matrix<S> M = A;
    M.diagonal().array() -= sigma;
    const Matrix<S> inverse = hermitian_part<S>(sign * M.inverse());
    return [inverse](In<S> R, Out<S> Z) { Z.noalias() = inverse * R; };
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh, preconditioned: both ends of dense spectra with clusters, by exact and useless inverses", S,
                   double, Complex) {
    Eigen::VectorXd spectrum(40);
    for (Index i = 0; i < 40; ++i) spectrum(i) = static_cast<double>(i / 3) - 2.0;
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 3)};
    for (const Which which : {Which::smallest, Which::largest}) {
        const double sigma = which == Which::smallest ? -2.3 : spectrum(39) + 0.2;
        const double sign = which == Which::smallest ? 1.0 : -1.0;
        for (const Index k : {1, 2, 3, 7, 20}) {
            CAPTURE(k);
            const auto good = solve_and_check(
                A, spectrum,
                EigshOptions<S>{.k = k, .which = which, .preconditioner = exact_inverse<S>(A.A, sigma, sign)});
            CHECK(good.engine == "block_davidson");
            CHECK(good.preconditioned > 0);
            (void)solve_and_check(A, spectrum,
                                  EigshOptions<S>{.k = k, .which = which, .preconditioner = identity<S>()});
        }
    }
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: incomplete Cholesky finds all copies on a square and a cube", S, double,
                   Complex) {
    for (const std::vector<Index>& points : {std::vector<Index>{24, 24}, std::vector<Index>{9, 9, 9}}) {
        const SparseHermitian<S> A(laplacian<S>(points));
        const auto spectrum = laplacian_spectrum(points);
        for (const Index k : {1, 4, 7, 10}) {
            CAPTURE(k);
            const auto exact = multiplicities(spectrum.head(k));
            EigshOptions<S> options{.k = k, .tol = 1e-11, .preconditioner = incomplete_cholesky(A)};
            options.cluster_tol = 1e-9;
            const auto pairs = eigsh(A, options);
            REQUIRE(pairs.converged);
            CHECK(pairs.probed);
            check_pairs(A, spectrum(spectrum.size() - 1), pairs);
            CHECK((pairs.values - spectrum.head(k)).cwiseAbs().maxCoeff() <=
                  pairs.residuals.norm() + rounding(A.rows(), 12.0));
        }
    }
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: a single start vector's missed copies are found by the search", S, double,
                   Complex) {
    // A start that is orthogonal to one copy of λ_1 = λ_2 = 1, in an operator and preconditioner that both respect it.
    const Index n = 300;
    Eigen::VectorXd diagonal = Eigen::VectorXd::LinSpaced(n, 2.0, 50.0);
    diagonal(0) = diagonal(n - 1) = 1.0;
    const DenseOperator<S> A{Matrix<S>(diagonal.template cast<S>().asDiagonal())};
    const Preconditioner<S> jacobi = [diagonal](In<S> R, Out<S> Z) {
        Z = (diagonal.array() - 0.5).inverse().matrix().template cast<S>().asDiagonal() * R;
    };
    Eigen::VectorXd spectrum = diagonal;
    std::sort(spectrum.data(), spectrum.data() + n);
    Warm<S> warm;
    warm.vectors = Matrix<S>::Identity(n, 3);  // e_1, e_2, e_3: exact, but for e_n
    warm.values = diagonal.head(3);
    warm.norm_A = 50.0;
    const auto pairs = eigsh(A, EigshOptions<S>{.k = 2, .preconditioner = jacobi, .warm = &warm});
    check_converged(A, spectrum, pairs, EigshOptions<S>{.k = 2});
    CHECK(pairs.probed);
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: levels of forty copies are seen to be cut, from any random block", S, double,
                   Complex) {
    Eigen::VectorXd spectrum(160);
    for (Index i = 0; i < 160; ++i) spectrum(i) = static_cast<double>(i / 40);
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 5)};
    const Preconditioner<S> good = exact_inverse<S>(A.A, -0.2), useless = identity<S>();
    for (const auto& M : {good, useless}) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            for (const Index k : {1, 2, 6}) {
                CAPTURE(seed);
                CAPTURE(k);
                const auto pairs =
                    solve_and_check(A, spectrum, EigshOptions<S>{.k = k, .preconditioner = M, .seed = seed});
                CHECK(pairs.cuts_cluster);
            }
        }
    }
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: the smallest problems, the zero operator and k = n − 1", S, double,
                   Complex) {
    for (const Index n : {2, 3, 5}) {
        const Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(n, 1.0, 3.0);
        const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
        for (Index k = 1; k < n; ++k) {
            (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = k, .preconditioner = exact_inverse<S>(A.A, 0.5)});
            (void)solve_and_check(A, spectrum,
                                  EigshOptions<S>{.k = k, .which = Which::largest, .preconditioner = identity<S>()});
        }
    }
    for (const Index n : {2, 5, 300}) {
        const DenseOperator<S> zero{Matrix<S>(Matrix<S>::Zero(n, n))};
        (void)solve_and_check(zero, Eigen::VectorXd::Zero(n), EigshOptions<S>{.k = 1, .preconditioner = identity<S>()});
    }
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: options of size are honoured or cut to size", S, double, Complex) {
    const Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(150, 0.0, 3.0).array().square();
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
    const auto M = exact_inverse<S>(A.A, -0.01);
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .preconditioner = M, .block_size = 1000});
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .preconditioner = M, .block_size = 1});
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .preconditioner = M, .basis_size = 4});
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .preconditioner = M, .basis_size = 100'000});
    CHECK(solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .preconditioner = M, .extra = 0}).extra.cols() == 0);
    CHECK(solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .preconditioner = M, .extra = 9}).extra.cols() == 9);
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: a product for each new vector, the k + 1 last residuals and the norm", S,
                   double, Complex) {
    const SparseHermitian<S> A(laplacian<S>({30, 31}));
    const auto pairs = eigsh(A, EigshOptions<S>{.k = 3, .preconditioner = incomplete_cholesky(A), .probe = false});
    REQUIRE(pairs.converged);
    CHECK(pairs.products <= pairs.preconditioned + 3 + 1 + 6 + 4);
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: an exact start costs one block product", S, double, Complex) {
    const auto L = laplacian<S>({20, 21});
    const SparseHermitian<S> A(L);
    EigshOptions<S> options{.k = 3, .preconditioner = incomplete_cholesky(A)};
    options.start = reference_eigh<S>(dense(L)).vectors.leftCols(6);
    const auto pairs = eigsh(A, options);
    CHECK(pairs.converged);
    CHECK(pairs.products == 6 + 4);  // and the final residuals
    CHECK(pairs.preconditioned == 0);
    Warm<S> warm;
    options.start.resize(0, 0);
    options.warm = &warm;
    const auto first = eigsh(A, options), second = eigsh(A, options);
    CHECK(second.converged);
    CHECK(second.products < first.products);
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: 1 and 2 threads give the same bits", S, double, Complex) {
    const SparseHermitian<S> A(laplacian<S>({60, 61}));  // several partitions of the reductions
    (void)same_bits_with_two_threads(
        [&] { return eigsh(A, EigshOptions<S>{.k = 4, .tol = 1e-8, .preconditioner = incomplete_cholesky(A)}); });
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: 3 processes find the pairs of one, and agree to the bit", S, double,
                   Complex) {
    const auto spectrum = laplacian_spectrum({20, 21});
    const auto L = laplacian<S>({20, 21});
    const SparseHermitian<S> A(L);
    const Preconditioner<S> M = [](In<S> R, Out<S> Z) { Z = R / S{4}; };  // Jacobi's
    const auto whole = eigsh(A, EigshOptions<S>{.k = 5, .preconditioner = M});
    const FakeRanks ranks(420);
    const auto parts = ranks.run([&](const FakeRank& rank) {
        return eigsh(rank.local(A), EigshOptions<S>{.k = 5, .preconditioner = M, .sum = rank.sum});
    });
    REQUIRE(whole.converged);
    check_agreement(parts);
    CHECK(std::abs(parts[0].products - whole.products) <= whole.products / 4);
    auto joined = parts[0];
    joined.vectors = FakeRanks::stack(parts, [](const Eigenpairs<S>& pairs) { return pairs.vectors; });
    joined.extra = FakeRanks::stack(parts, [](const Eigenpairs<S>& pairs) { return pairs.extra; });
    check_converged(A, spectrum, joined, EigshOptions<S>{.k = 5});
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: limits and the monitor stop it, with residuals that are true", S, double,
                   Complex) {
    const auto L = laplacian<S>({40, 41});
    const SparseHermitian<S> A(L);
    EigshOptions<S> options{.k = 3, .preconditioner = identity<S>(), .max_products = 60};
    const auto limited = eigsh(A, options);
    CHECK(!limited.converged);
    CHECK(limited.reason == StopReason::iteration_limit);
    CHECK(limited.products < 80);
    Index steps = 0;
    options.max_products = 0;
    options.monitor = [&](const Progress& progress) {
        CHECK(progress.iteration == ++steps);
        CHECK(progress.wanted == 3);
        return steps < 7;
    };
    const auto stopped = eigsh(A, options);
    CHECK(stopped.reason == StopReason::stopped_by_monitor);
    CHECK(!stopped.converged);
    CHECK(steps == 7);
}

TEST_CASE_TEMPLATE("eigsh: a preconditioner that is indefinite, not finite or of another size is refused", S, double,
                   Complex) {
    const auto L = laplacian<S>({12, 13});
    const SparseHermitian<S> A(L);
    const auto refusal = [&](Preconditioner<S> M) {
        return message_of<std::invalid_argument>([&] { (void)eigsh(A, EigshOptions<S>{.k = 2, .preconditioner = M}); });
    };
    const std::string indefinite = refusal([](In<S> R, Out<S> Z) { Z = -R; });
    CHECK(contains(indefinite, "the preconditioner is not positive definite"));
    CHECK(contains(indefinite, "rᴴM⁻¹r = -"));
    CHECK(contains(refusal([](In<S> R, Out<S> Z) { Z = S{0} * R; }), "rᴴM⁻¹r = 0"));
    CHECK(contains(refusal([](In<S> R, Out<S> Z) { Z = S{kNaN} * R; }), "the preconditioner's result"));
    const SparseHermitian<S> other(laplacian<S>({5, 5}));
    CHECK(contains(refusal(jacobi(other)), "25"));
    CHECK(contains(refusal(incomplete_cholesky(other)), "25"));
}

TEST_CASE_TEMPLATE("eigsh: a preconditioner is refused beside options that it does not serve", S, double, Complex) {
    const auto L = laplacian<S>({6, 7});
    const SparseHermitian<S> A(L);
    const auto refusal = [&](EigshOptions<S> options) {
        options.preconditioner = identity<S>();
        return message_of<std::invalid_argument>([&] { (void)eigsh(A, options); });
    };
    CHECK(contains(refusal({.which = Which::nearest, .sigma = 1.0}), "nearest"));
    CHECK(contains(refusal({.sigma = -1.0}), "sigma = -1"));
    CHECK(contains(refusal({.factor = UseFactor::always}), "factor = always"));
    CHECK(contains(refusal({.engine = Engine::block_lanczos}), "engine"));
    CHECK(contains(refusal({.filter_degree = 8}), "filter_degree = 8"));
    CHECK(contains(refusal({.sigma = -1.0, .solve = [](In<S> R, Out<S> X) { X = R; }}), "solve"));
}
