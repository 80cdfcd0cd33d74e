// Sequences of pencils, threads and processes.
#include <lambdabar/operator/affine.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include <mutex>

#include "pencil_expectations.hpp"
#include "same_bits.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

Eigen::VectorXd low_spectrum(Index n) { return spectrum_above(numbers({1.0, 2.0, 2.0, 3.5, 6.0}), n, 9.0, 0.5); }

}  // namespace

TEST_CASE_TEMPLATE("eigsh: a warm start on the same pencil is one block solve", S, double, Complex) {
    const Index n = 260, k = 4;
    for (const Which which : {Which::smallest, Which::nearest}) {
        CAPTURE(static_cast<int>(which));
        const auto pencil = test_pencil<S>(low_spectrum(n), 51);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        Warm<S> warm;
        EigshOptions<S> options{.k = k, .which = which, .tol = 1e-10, .warm = &warm};
        if (which == Which::nearest) options.sigma = 1.9;
        Index first_solves = 0;
        {
            const auto first = eigsh(A, B, options);
            check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(k)), 6.0, 1e-10, first);
            first_solves = first.solves;
        }  // the pairs hold the factor: as long as they live it is not reused
        REQUIRE(warm.factor);
        CHECK(warm.factor->analyses() == 1);
        const Index remembered = warm.vectors.cols();
        const auto second = eigsh(A, B, options);
        check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(k)), 6.0, 1e-10, second);
        CHECK(second.certified);
        CHECK(second.solves <= remembered);
        CHECK(second.solves < first_solves);
        CHECK(second.iterations == 0);
        CHECK(warm.factor->analyses() == 1);
    }
}

TEST_CASE_TEMPLATE("eigsh: along a sequence of pencils the pattern is analysed once", S, double, Complex) {
    const Index n = 260, k = 4;
    const auto pencil = test_pencil<S>(low_spectrum(n), 52);
    const Sparse<S> dA = lambdabar::test::exactly_hermitian<S>(
        Sparse<S>(pencil.A.cwiseProduct(Sparse<S>(pencil.A.cwiseAbs().template cast<S>()))));
    AffineOperator<S> A(pencil.A, {dA}, numbers({0.0}));
    const SparseHermitian<S> B(pencil.B);
    Warm<S> warm;
    Index cold = 0;
    for (const double p : {0.0, 1e-5, 2e-5, 3e-5}) {
        CAPTURE(p);
        A.set_parameters(numbers({p}));
        const auto pairs = eigsh(A, B, {.k = k, .tol = 1e-10, .warm = &warm});
        const auto exact = reference_eigh<S>(dense(A.matrix()), dense(pencil.B));
        CHECK((pairs.values - exact.values.head(k)).cwiseAbs().maxCoeff() <=
              pairs.residuals.norm() + pencil.noise(pairs.sigma));
        CHECK(pairs.converged);
        CHECK(pairs.certified);
        CHECK(warm.factor->analyses() == 1);
        if (p == 0.0) {
            cold = pairs.solves;
        } else {
            CHECK(pairs.solves < cold);
        }
    }
    // Pairs that still hold the factor keep it: the next solve makes another one.
    const auto kept = eigsh(A, B, {.k = k, .warm = &warm});
    const auto* const factor = warm.factor.get();
    const auto next = eigsh(A, B, {.k = k, .warm = &warm});
    CHECK(warm.factor.get() != factor);
    Block<S> R = random_matrix<S>(n, 2, 53), X(n, 2);
    kept.solve(R, X);
    CHECK((dense(A.matrix()) * X - kept.sigma * (pencil.B * X) - R).norm() <= pencil.noise() * X.norm());
}

TEST_CASE_TEMPLATE("eigsh: a warm start survives another pattern, another size and another end", S, double, Complex) {
    Warm<S> warm;
    const auto check = [&](Index n, unsigned seed, Mass mass, Which which) {
        const auto pencil = test_pencil<S>(low_spectrum(n), seed, mass);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const auto pairs = eigsh(A, B, {.k = 4, .which = which, .tol = 1e-10, .warm = &warm});
        const Index m = pencil.spectrum.size();
        if (which == Which::smallest) {
            check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(4)), pencil.spectrum(4), 1e-10, pairs);
        } else {
            check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.tail(4)), pencil.spectrum(m - 5), 1e-10, pairs);
        }
    };
    check(220, 54, Mass::regular, Which::smallest);
    check(220, 55, Mass::regular, Which::smallest);
    check(220, 55, Mass::regular, Which::largest);
    check(240, 56, Mass::regular, Which::smallest);
    check(180, 57, Mass::lumped, Which::smallest);  // 239 rows
    check(180, 58, Mass::hidden, Which::smallest);
}

TEST_CASE_TEMPLATE("eigsh: 1 and 2 threads give the same bits for a pencil", S, double, Complex) {
    const Sparse<S> A_sparse = laplacian<S>({60, 61});
    Sparse<S> B_sparse = A_sparse;  // a mass matrix: 1 − Laplacian/24 is definite
    B_sparse *= S{-1.0 / 24.0};
    for (Index i = 0; i < B_sparse.rows(); ++i) B_sparse.coeffRef(i, i) += S{1.0};
    const SparseHermitian<S> A(A_sparse), B(B_sparse);
    for (const bool products_only : {false, true}) {
        CAPTURE(products_only);
        EigshOptions<S> options{.k = 4, .tol = 1e-8};
        if (products_only) options.factor = UseFactor::never;
        const auto pairs = same_bits_with_two_threads([&] { return eigsh(A, B, options); });
        // A and B share eigenvectors: λ = t/(1 − t/24).
        const Eigen::VectorXd t = laplacian_spectrum({60, 61}).head(4);
        const Eigen::VectorXd exact = t.cwiseQuotient(Eigen::VectorXd((1.0 - t.array() / 24.0).matrix()));
        CHECK((pairs.values - exact).cwiseAbs().maxCoeff() <= pairs.residuals.norm() + rounding(3660, 8.0));
    }
}

TEST_CASE_TEMPLATE("eigsh: 3 processes find the pairs of a pencil, and agree with one another to the bit", S, double,
                   Complex) {
    const Index n = 260, k = 4;
    for (const Which which : {Which::smallest, Which::largest}) {
        const double sign = which == Which::smallest ? 1.0 : -1.0;
        const auto pencil = test_pencil<S>(sign * low_spectrum(n), 59);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        const Eigen::VectorXd wanted = which == Which::smallest ? pencil.spectrum.head(k) : pencil.spectrum.tail(k);
        const auto whole = eigsh(A, B, {.k = k, .which = which, .factor = UseFactor::never});
        for (const bool by_solve : {false, true}) {
            if (by_solve && which == Which::largest) continue;
            CAPTURE(static_cast<int>(which));
            CAPTURE(by_solve);
            ShiftInvert<S> factor(A, &B);
            REQUIRE(factor.factor(-0.5));
            const auto parts = FakeRanks(n).run([&](const FakeRank& rank) {
                EigshOptions<S> options{.k = k, .which = which, .sum = rank.sum};
                if (by_solve) {  // every process solves the whole system for its rows
                    options.sigma = -0.5;
                    options.solve = [&factor, rank, n](In<S> R, Out<S> X) {
                        Block<S> all = Block<S>::Zero(n, R.cols()), solution(n, R.cols());
                        all.middleRows(rank.first_row, rank.rows) = R;
                        rank.sum(reinterpret_cast<double*>(all.data()),
                                 static_cast<Index>(sizeof(S) / sizeof(double)) * all.size());
                        static std::mutex mutex;
                        const std::lock_guard lock(mutex);
                        factor.solve(all, solution);
                        X = solution.middleRows(rank.first_row, rank.rows);
                    };
                }
                return eigsh(rank.local(A), rank.local(B), options);
            });
            check_agreement(parts);
            auto joined = parts[0];
            joined.vectors = FakeRanks::stack(parts, [](const Eigenpairs<S>& pairs) { return pairs.vectors; });
            check_pencil(pencil, wanted, sign * 6.0, 1e-10, joined);
            CHECK((joined.values - whole.values).cwiseAbs().maxCoeff() <=
                  joined.residuals.norm() + whole.residuals.norm() + pencil.noise());
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: the certificate is the counter's where there is one", S, double, Complex) {
    const Index n = 260;
    const auto pencil = test_pencil<S>(low_spectrum(n), 58);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    int solvers = 0, counters = 0;
    const auto counted = [](const Factorizer<S>& make, int& made) -> Factorizer<S> {
        return [&made, make] {
            ++made;
            return make();
        };
    };
    EigshOptions<S> options{.k = 4, .tol = 1e-10, .factorizer = counted(eigen_ldlt<S>(), solvers)};
    CHECK(eigsh(A, B, options).certified);
    CHECK(solvers == 2);  // without one, the solver counts itself
    options.counter = counted(eigen_ldlt<S>(), counters);
    CHECK(eigsh(A, B, options).certified);
    CHECK(solvers == 3);
    CHECK(counters == 1);
    options.counter = counted(eigen_lu<S>(), counters);  // has no inertia: nothing is proven
    const auto pairs = eigsh(A, B, options);
    CHECK_FALSE(pairs.certified);
    CHECK(pairs.converged);
    CHECK(counters == 2);
}
