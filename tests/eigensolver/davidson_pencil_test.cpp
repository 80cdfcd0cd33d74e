// eigsh with a preconditioner: block Davidson for A x = λ B x, products with B only.
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "by_products.hpp"
#include "pencil_expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Preconditioner<S> exact_inverse(const TestPencil<S>& pencil, double sigma, double sign = 1.0) {
    const Matrix<S> M = sign * (dense(pencil.A) - S{sigma} * dense(pencil.B));
    const Matrix<S> inverse = hermitian_part<S>(M.inverse());
    return [inverse](In<S> R, Out<S> Z) { Z.noalias() = inverse * R; };
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh, preconditioned: pencils with clusters, with and without the entries of B", S, double,
                   Complex) {
    const Eigen::VectorXd low = numbers({1.0, 1.0, 1.5, 2.0, 2.0, 2.0, 2.5, 3.0});
    const auto pencil = test_pencil<S>(spectrum_above(low, 160, 3.5, 0.1), 5);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    for (const Index k : {1, 2, 3, 6, 7}) {
        CAPTURE(k);
        const EigshOptions<S> options{.k = k, .tol = 1e-10, .preconditioner = exact_inverse(pencil, 0.8)};
        const double next = pencil.spectrum(k);
        const auto pairs = eigsh(A, B, options);
        CHECK(contains(pairs.engine, "no solve with B"));
        check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(k)), next, options.tol, pairs);
        const auto by_products = eigsh(ByProducts<S>{A}, ByProducts<S>{B}, options);
        check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(k)), next, options.tol, by_products);
        CHECK(pairs.factorizations == 0);
        CHECK(pairs.solves == 0);
    }
}

TEST_CASE_TEMPLATE("eigsh without a factorization: A definite, indefinite, or known by its products", S, double,
                   Complex) {
    for (const double shift : {0.0, -1.7, -40.0}) {
        CAPTURE(shift);
        const Eigen::VectorXd low = numbers({1.0, 1.0, 1.5, 2.0, 2.0, 2.0, 2.5, 3.0}).array() + shift;
        const auto pencil = test_pencil<S>(spectrum_above(low, 160, 3.5 + shift, 0.1), 12);
        const SparseHermitian<S> A(pencil.A), B(pencil.B);
        for (const Index k : {1, 4, 7}) {
            CAPTURE(k);
            const EigshOptions<S> options{.k = k, .factor = UseFactor::never};
            const auto check = [&](const Eigenpairs<S>& pairs) {
                CHECK(contains(pairs.engine, "no solve with B"));
                CHECK(pairs.factorizations == 0);
                check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(k)), pencil.spectrum(k), 1e-10, pairs);
            };
            check(eigsh(A, B, options));
            check(eigsh(A, ByProducts<S>{B}, options));
            check(eigsh(ByProducts<S>{A}, ByProducts<S>{B}, options));
        }
    }
}

TEST_CASE_TEMPLATE("eigsh and pullback without a factorization: the incomplete factor of A saves products", S, double,
                   Complex) {
    // L and I − L/12 on a square: the eigenvectors of L, eigenvalues μ/(1 − μ/12).
    const std::vector<Index> points{24, 25};
    const Sparse<S> L = laplacian<S>(points);
    Sparse<S> M = S{-1.0 / 12.0} * L;
    for (Index i = 0; i < M.rows(); ++i) M.coeffRef(i, i) += S{1.0};
    const SparseHermitian<S> A(L), B(M);
    const Eigen::ArrayXd mu = laplacian_spectrum(points).head(5).array();
    EigshOptions<S> options{.k = 5, .tol = 1e-11, .factor = UseFactor::never};
    const auto pairs = eigsh(A, B, options);
    REQUIRE(pairs.converged);
    CHECK((pairs.values.array() - mu / (1.0 - mu / 12.0)).abs().maxCoeff() <= 1e-9);
    options.preconditioner = jacobi(A);
    CHECK(2 * pairs.products < eigsh(A, B, options).products);

    const PairCotangent<S> bar{.values = numbers({0.3, -0.2, 0.5, 0.1, 0.7}),
                               .vectors = random_matrix<S>(A.rows(), A.rows(), 13) * pairs.vectors};
    const auto run = [&](LinearMethod method) {
        return pullback(A, B, pairs, bar, {.gauge = Gauge::project, .tol = 1e-9, .method = method});
    };
    const auto helped = run(LinearMethod::automatic), plain = run(LinearMethod::cg);
    CHECK(2 * helped.report.products < plain.report.products);
    CHECK((dense(helped.A) - dense(plain.A)).norm() <= 1e-6 * dense(plain.A).norm());
    CHECK((dense(helped.B) - dense(plain.B)).norm() <= 1e-6 * dense(plain.B).norm());
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: the upper end of a pencil, and a useless preconditioner", S, double,
                   Complex) {
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 1.0}), 120, 1.5, 0.1), 6);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const Index n = pencil.spectrum.size();
    const auto upper =
        eigsh(A, B,
              EigshOptions<S>{.k = 3,
                              .which = Which::largest,
                              .preconditioner = exact_inverse(pencil, pencil.spectrum(n - 1) + 0.1, -1.0)});
    check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.tail(3)), pencil.spectrum(n - 4), 1e-10, upper);
    const Preconditioner<S> useless = [](In<S> R, Out<S> Z) { Z = R; };
    const auto lower = eigsh(A, B, EigshOptions<S>{.k = 2, .preconditioner = useless});
    check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(2)), pencil.spectrum(2), 1e-10, lower);
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: residuals of a pencil are those in the norm of B⁻¹ to 1 %", S, double,
                   Complex) {
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0}), 200, 1.5, 0.1), 7);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const EigshOptions<S> options{.k = 4, .tol = 1e-6, .preconditioner = incomplete_cholesky(A)};
    const auto pairs = eigsh(A, B, options);
    REQUIRE(pairs.converged);
    const Eigen::VectorXd truth = true_residuals(pencil, pairs);
    for (Index i = 0; i < 4; ++i) {
        CHECK(pairs.residuals(i) <= pairs.tol * pairs.norm_A);
        CHECK(std::abs(pairs.residuals(i) - truth(i)) <= 0.01 * truth(i) + pencil.noise());
    }
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: 3 processes solve a pencil as one does", S, double, Complex) {
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 1.0, 1.2}), 90, 1.5, 0.1), 8);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const Preconditioner<S> M = [](In<S> R, Out<S> Z) { Z = R; };
    const FakeRanks ranks(pencil.n());
    const auto parts = ranks.run([&](const FakeRank& rank) {
        return eigsh(rank.local(A), rank.local(B), EigshOptions<S>{.k = 3, .preconditioner = M, .sum = rank.sum});
    });
    for (const auto& part : parts) {
        CHECK(part.converged);
        CHECK(part.values == parts[0].values);
        CHECK(part.residuals == parts[0].residuals);
    }
    auto joined = parts[0];
    joined.vectors = FakeRanks::stack(parts, [](const Eigenpairs<S>& pairs) { return pairs.vectors; });
    check_pencil(pencil, Eigen::VectorXd(pencil.spectrum.head(3)), pencil.spectrum(3), 1e-10, joined);
}

TEST_CASE_TEMPLATE("eigsh, preconditioned: a B that is indefinite is refused", S, double, Complex) {
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0}), 60, 1.5, 0.1), 9);
    const Sparse<S> negative = -pencil.B;
    const SparseHermitian<S> A(pencil.A), B(negative);
    const Preconditioner<S> M = [](In<S> R, Out<S> Z) { Z = R; };
    const std::string text =
        message_of<std::invalid_argument>([&] { (void)eigsh(A, B, EigshOptions<S>{.k = 2, .preconditioner = M}); });
    CHECK(contains(text, "B is"));
}

TEST_CASE_TEMPLATE("pullback: pairs found with a preconditioner have the cotangents of a factorization's", S, double,
                   Complex) {
    const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 1.3, 1.7}), 150, 2.5, 0.1), 10);
    const SparseHermitian<S> A(pencil.A), B(pencil.B);
    const auto M = incomplete_cholesky(A);
    const auto by_products = eigsh(A, B, EigshOptions<S>{.k = 3, .tol = 1e-12, .preconditioner = M});
    const auto by_factor = eigsh(A, B, EigshOptions<S>{.k = 3, .tol = 1e-12});
    REQUIRE(by_products.converged);
    CHECK(!by_products.solve);
    const Matrix<S> F = random_matrix<S>(pencil.n(), 3, 11);
    // A loss of projectors, blind to phases: φ = Σ_i w_i |f_iᴴx_i|².
    const auto cotangent = [&](const Eigenpairs<S>& pairs) {
        Matrix<S> X_bar(pencil.n(), 3);
        for (Index i = 0; i < 3; ++i) {
            const S overlap = F.col(i).dot(pairs.vectors.col(i));
            X_bar.col(i) = 2.0 * F.col(i) * overlap;
        }
        return PairCotangent<S>{.values = numbers({0.3, -0.2, 0.5}), .vectors = X_bar};
    };
    PullbackOptions<S> options{.tol = 1e-11};
    const auto reference = pullback(A, B, by_factor, cotangent(by_factor), options);
    options.preconditioner = M;
    const auto bar = pullback(A, B, by_products, cotangent(by_products), options);
    const auto close = [](const Cotangent<S>& a, const Cotangent<S>& b) {
        return (dense(a) - dense(b)).norm() / dense(b).norm();
    };
    CHECK(close(bar.A, reference.A) <= 1e-8);
    CHECK(close(bar.B, reference.B) <= 1e-8);
}
