// Spectra's Lanczos behind the same interface: real, one process, and verified by the block method.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("spectra engine: finds what block_lanczos finds, every copy included") {
    const auto grid = laplacian({25, 25});  // 1 | 2 2 | 1 | 2 2 …
    Eigen::VectorXd spectrum = laplacian_spectrum({25, 25});
    for (Index i = 1; i < spectrum.size(); ++i) {
        if (spectrum(i) - spectrum(i - 1) < 1e-12) spectrum(i) = spectrum(i - 1);
    }
    const SparseHermitian<double> op(grid);
    for (const Which which : {Which::smallest, Which::largest}) {
        for (const Index k : {1, 4, 8}) {
            CAPTURE(k);
            const auto pairs = solve_and_check(op, spectrum, {.k = k, .which = which, .engine = Engine::spectra});
            CHECK(contains(pairs.engine, "spectra"));
            CHECK(pairs.probed);
        }
    }
}

TEST_CASE("spectra engine: a 5-fold eigenvalue, tiny problems, zero and identity") {
    Eigen::VectorXd spectrum(200);
    spectrum.head(5).setConstant(-1.0);
    spectrum.tail(195) = Eigen::VectorXd::LinSpaced(195, 0.0, 4.0);
    const auto A = sparse_with_spectrum<double>(spectrum, 1);
    (void)solve_and_check(SparseHermitian<double>(A), spectrum, {.k = 6, .engine = Engine::spectra});
    for (const Index n : {2, 3, 6, 25}) {
        CAPTURE(n);
        const Eigen::VectorXd small = Eigen::VectorXd::LinSpaced(n, -1.0, 2.0);
        (void)solve_and_check(DenseOperator<double>{hermitian_with_spectrum<double>(small, 1)}, small,
                              {.k = n - 1, .engine = Engine::spectra});
        (void)solve_and_check(DenseOperator<double>{Matrix<double>(Matrix<double>::Zero(n, n))},
                              Eigen::VectorXd(Eigen::VectorXd::Zero(n)), {.k = 1, .engine = Engine::spectra});
        (void)solve_and_check(DenseOperator<double>{Matrix<double>(Matrix<double>::Identity(n, n))},
                              Eigen::VectorXd(Eigen::VectorXd::Ones(n)), {.k = 1, .engine = Engine::spectra});
    }
}

TEST_CASE("spectra engine: complex operators and several processes are refused") {
    const auto A = laplacian<Complex>({10, 10});
    const SparseHermitian<Complex> op(A);
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)eigsh(op, {.k = 2, .engine = Engine::spectra}); }),
                   "spectra engine is real"));
    const auto B = laplacian({10, 10});
    const SparseHermitian<double> real(B);
    const auto messages = FakeRanks(100).run([&](const FakeRank& rank) {
        return message_of<std::invalid_argument>(
            [&] { (void)eigsh(rank.local(real), {.k = 2, .engine = Engine::spectra, .sum = rank.sum}); });
    });
    for (const auto& text : messages) CHECK(contains(text, "one process"));
}

TEST_CASE("spectra engine: exceptions and bad numbers of the operator pass through it") {
    struct Failing {
        using Scalar = double;
        Index n;
        mutable int calls = 0;
        bool nan;
        Index rows() const { return n; }
        void apply(In<double> X, Out<double> Y) const {
            Y = X;
            for (Index i = 0; i < n; ++i) Y.row(i) *= static_cast<double>(i);
            if (++calls == 10 && nan) Y(3, 0) = kNaN;
            if (calls == 10 && !nan) throw std::domain_error("mine");
        }
    };
    CHECK(message_of<std::domain_error>(
              [] { (void)eigsh(Failing{.n = 50, .nan = false}, {.k = 2, .engine = Engine::spectra}); }) == "mine");
    CHECK_THROWS_AS((void)eigsh(Failing{.n = 50, .nan = true}, {.k = 2, .engine = Engine::spectra}),
                    std::invalid_argument);
}
