// Pullbacks of pencils on processes, from a warm start, with a preconditioner, and onto stored patterns.
#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/operator/preconditioner.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "derivative/pencil_fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-13;
const Eigen::VectorXd kDoublet = numbers({1.0, 2.0, 2.0, 4.0});

/// Σ λ̄_i λ̇_i + Re tr(X̄ᴴẊ) of mathematics.md, section 4; inside clusters Ẋ is Hermitian in its own basis.
template <ScalarType S>
double tangent(const oracle::PencilDecomposition<S>& d, const std::vector<Cluster>& clusters,
               const PairCotangent<S>& bar, const Matrix<S>& dA, const Matrix<S>& dB) {
    const Matrix<S> X = d.vectors();
    const Eigen::VectorXd lambda = d.values();
    const Matrix<S> R = dA * X - dB * X * lambda.template cast<S>().asDiagonal();
    const Matrix<S> S_matrix = X.adjoint() * R, D = X.adjoint() * dB * X;
    const Index k = lambda.size();
    Matrix<S> T(k, k);
    for (Index i = 0; i < k; ++i) {
        for (Index j = 0; j < k; ++j) T(j, i) = S_matrix(j, i) / (lambda(i) - lambda(j));
    }
    for (const Cluster& c : clusters)
        T.block(c.first, c.first, c.count, c.count) = -0.5 * D.block(c.first, c.first, c.count, c.count);
    const Matrix<S> X_dot = X * T + oracle::outside<S>(d, R);
    return bar.values.dot(S_matrix.diagonal().real()) + inner(bar.vectors, X_dot);
}

}  // namespace

TEST_CASE_TEMPLATE("pullback: the dot-product identity holds for a pencil on three processes", S, double, Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        CAPTURE(static_cast<int>(which));
        const auto problem = pencil_set<S>(kDoublet, which, 551);
        const Index n = problem.n(), k = problem.k();
        const DenseOperator<S> dA{unit_direction<S>(n, 552)}, dB{unit_direction<S>(n, 553)};
        // The forward solve runs on the processes too; the cotangents are those of its own vectors.
        struct Forward {
            Eigenpairs<S> pairs;
        };
        const FakeRanks ranks(n);
        const auto forward = ranks.run([&](const FakeRank& rank) {
            return Forward{eigsh(rank.local(problem.A), rank.local(problem.B),
                                 EigshOptions<S>{.k = k, .which = which, .tol = kTol, .sum = rank.sum})};
        });
        Eigenpairs<S> pairs = forward[0].pairs;
        REQUIRE(pairs.converged);
        pairs.vectors = FakeRanks::stack(forward, [](const Forward& f) { return f.pairs.vectors; });
        auto d = problem.decomposition();
        oracle::align<S>(d, pairs.vectors, problem.groups);
        const auto cotangent = random_cotangent(problem, pairs, 554);
        const double wanted = tangent(d, problem.groups, cotangent, dA.A, dB.A);
        const auto found = oracle::pullback_pairs<S>(d, cotangent.values, cotangent.vectors, 1e-9);
        const double scale = found.A.norm() + found.B.norm();
        REQUIRE(std::abs(inner(found.A, dA.A) + inner(found.B, dB.A) - wanted) <= 1e-11 * scale);
        const double tolerance = expected_pencil_error(problem, kTol, 0.8) * scale;
        for (const bool use_extra : {false, true}) {
            for (const LinearMethod method : {LinearMethod::automatic, LinearMethod::minres}) {
                const auto results = ranks.run([&](const FakeRank& rank) {
                    const auto A = rank.local(problem.A), B = rank.local(problem.B);
                    const auto bar = pullback(A, B, forward[static_cast<std::size_t>(rank.number)].pairs,
                                              {.values = cotangent.values, .vectors = rank.mine(cotangent.vectors)},
                                              {.tol = kTol, .method = method, .use_extra = use_extra, .sum = rank.sum});
                    return std::vector<double>{
                        dot(bar.A, rank.local(dA), rank.sum) + dot(bar.B, rank.local(dB), rank.sum),
                        static_cast<double>(bar.report.iterations), bar.report.error_estimate};
                });
                for (const auto& result : results) {
                    CHECK(std::abs(result[0] - wanted) <= tolerance);
                    CHECK(result == results[0]);
                }
            }
        }
    }
}

TEST_CASE_TEMPLATE("pullback: one and two threads give the same bits for a pencil", S, double, Complex) {
    const Sparse<S> A_sparse = laplacian<S>({60, 59});
    Sparse<S> B_sparse = A_sparse;
    B_sparse *= S{-1.0 / 24.0};
    for (Index i = 0; i < B_sparse.rows(); ++i) B_sparse.coeffRef(i, i) += S{1.0};
    const SparseHermitian<S> A(A_sparse), B(B_sparse);
    const auto pairs = eigsh(A, B, {.k = 3});
    REQUIRE(pairs.converged);
    const Matrix<S> X_bar = random_matrix<S>(A.rows(), 3, 555);
    const int threads = omp_get_max_threads();
    for (const LinearMethod method : {LinearMethod::shift_invert, LinearMethod::cg, LinearMethod::minres}) {
        CAPTURE(static_cast<int>(method));
        const auto run = [&](int count) {
            omp_set_num_threads(count);
            const auto bar = pullback(A, B, pairs, {.values = Eigen::VectorXd::Ones(3), .vectors = X_bar},
                                      {.gauge = Gauge::project, .tol = 1e-6, .method = method});
            omp_set_num_threads(threads);
            Matrix<S> all(A.rows(), 12);
            all << bar.A.V, bar.A.W, bar.B.V, bar.B.W;
            return all;
        };
        const Matrix<S> one = run(1), two = run(2);
        CHECK(one == two);
    }
}

TEST_CASE_TEMPLATE("pullback: warm adjoints of a pencil cost one product a column, and follow the vectors' signs", S,
                   double, Complex) {
    const auto problem = pencil_set<S>(kDoublet, Which::smallest, 556);
    const Index k = problem.k();
    for (const UseFactor factor : {UseFactor::never, UseFactor::automatic}) {
        CAPTURE(static_cast<int>(factor));
        Warm<S> warm;
        EigshOptions<S> options{.k = k, .tol = kTol, .factor = factor, .warm = &warm};
        const GroupObjective<S> phi(problem.n(), problem.groups, 557);
        const auto backward = [&](const Eigenpairs<S>& pairs) {
            return pullback(problem.A, problem.B, pairs, phi.cotangent(pairs.values, pairs.vectors),
                            {.tol = 1e-11, .warm = &warm});
        };
        const auto first = backward(eigsh(problem.A, problem.B, options));
        // Other signs, phases and another basis of the doublet: the next forward solve rotates the adjoints along.
        warm.vectors.col(0) *= random_orthonormal<S>(1, 1, 558)(0, 0);
        warm.adjoints.col(0) *= random_orthonormal<S>(1, 1, 558)(0, 0);
        const Matrix<S> U = random_orthonormal<S>(2, 2, 559);
        warm.vectors.middleCols(1, 2) = (warm.vectors.middleCols(1, 2) * U).eval();
        warm.adjoints.middleCols(1, 2) = (warm.adjoints.middleCols(1, 2) * U).eval();
        const auto second = backward(eigsh(problem.A, problem.B, options));
        const double tolerance = expected_pencil_error(problem, 1e-11, 1.0);
        CHECK(relative_error(dense(second.A), dense(first.A)) <= tolerance);
        CHECK(relative_error(dense(second.B), dense(first.B)) <= tolerance);
        CHECK(second.report.converged);
        if (factor == UseFactor::never) {
            CHECK(first.report.iterations > 0);
            CHECK(second.report.iterations == 0);
            CHECK(second.report.products == k);
        }
    }
}

TEST_CASE_TEMPLATE("pullback: a preconditioner and extra vectors change a pencil's cost, not its cotangents", S, double,
                   Complex) {
    // Rows in other units: A and B scaled by D from both sides, entries 1 … 1e4; jacobi undoes it.
    auto problem = pencil_set<S>(kDoublet, Which::smallest, 560);
    const Index n = problem.n();
    Sparse<S> D(n, n);
    for (Index i = 0; i < n; ++i) D.insert(i, i) = S{std::pow(10.0, 2.0 * static_cast<double>(i % 5) / 4.0)};
    const Sparse<S> A_scaled = lambdabar::test::exactly_hermitian<S>(Sparse<S>(D * Sparse<S>(problem.pencil.A * D)));
    const Sparse<S> B_scaled = lambdabar::test::exactly_hermitian<S>(Sparse<S>(D * Sparse<S>(problem.pencil.B * D)));
    const SparseHermitian<S> A(A_scaled), B(B_scaled);
    const auto pairs = eigsh(A, B, {.k = 4, .tol = 1e-12});
    REQUIRE(pairs.converged);
    const GroupObjective<S> phi(n, problem.groups, 561);
    const auto cotangent = phi.cotangent(pairs.values, pairs.vectors);
    auto d = oracle::decompose<S>(dense(A_scaled), dense(B_scaled), 0, 4);
    oracle::align<S>(d, pairs.vectors, problem.groups);
    const auto wanted = oracle::pullback_pairs<S>(d, cotangent.values, cotangent.vectors, 1e-9);
    const auto run = [&](const PullbackOptions<S>& options) {
        const auto bar = pullback(A, B, pairs, cotangent, options);
        // κ(D)² = 1e4 stands between the residual in the 2-norm and the error.
        const double tolerance = 1e4 * expected_pencil_error(problem, 1e-12, 0.8);
        CHECK(relative_error(dense(bar.A), wanted.A) <= tolerance);
        CHECK(relative_error(dense(bar.B), wanted.B) <= tolerance);
        CHECK(bar.report.converged);
        return bar.report.iterations;
    };
    for (const LinearMethod method : {LinearMethod::cg, LinearMethod::minres}) {
        CAPTURE(static_cast<int>(method));
        const Index plain = run({.tol = 1e-11, .method = method});
        const Index preconditioned = run({.tol = 1e-11, .method = method, .preconditioner = jacobi(A)});
        CHECK(preconditioned < plain);
        run({.tol = 1e-11, .method = method, .use_extra = true, .preconditioner = jacobi(A)});
        run({.tol = 1e-11, .method = method, .use_extra = true});
    }
}

TEST_CASE_TEMPLATE("gradient: both cotangents on their patterns, full and lower", S, double, Complex) {
    const auto problem = pencil_set<S>(kDoublet, Which::nearest, 562);
    const auto pairs = problem.pairs();
    const auto bar = pullback(problem.A, problem.B, pairs, random_cotangent(problem, pairs, 563), {.tol = kTol});
    const auto check = [&](const Sparse<S>& M, const Cotangent<S>& cotangent) {
        const Matrix<S> M_bar = dense(cotangent);
        const double tolerance = 100.0 * kEps * cotangent.V.norm() * cotangent.W.norm();
        const Sparse<S> lower = M.template triangularView<Eigen::Lower>();
        for (const Sparse<S>* stored : {&M, &lower}) {
            const bool full = stored == &M;
            const SparseHermitian<S> view(*stored);
            const Vector<S> g = gradient(view, cotangent);
            REQUIRE(g.size() == stored->nonZeros());
            Index e = 0;
            for (Index c = 0; c < stored->cols(); ++c) {
                for (typename Sparse<S>::InnerIterator it(*stored, c); it; ++it, ++e) {
                    const S entry = M_bar(it.row(), c);
                    const S wanted = full || it.row() == c ? entry : 2.0 * entry;
                    CHECK(std::abs(g(e) - wanted) <= tolerance);
                }
            }
            // dφ = Re Σ conj(g) dM over the stored entries of a Hermitian direction on the pattern
            const Matrix<S> H = random_hermitian<S>(M.rows(), 564);
            Sparse<S> dM = *stored, whole = M;
            for (Index c = 0; c < M.cols(); ++c) {
                for (typename Sparse<S>::InnerIterator it(dM, c); it; ++it) it.valueRef() = H(it.row(), c);
                for (typename Sparse<S>::InnerIterator it(whole, c); it; ++it) it.valueRef() = H(it.row(), c);
            }
            const Eigen::Map<const Vector<S>> values(dM.valuePtr(), dM.nonZeros());
            CHECK(std::abs(std::real(g.dot(values)) - inner(M_bar, dense(whole))) <= 40.0 * tolerance * H.norm());
        }
    };
    check(problem.pencil.A, bar.A);
    check(problem.pencil.B, bar.B);
}
