// Reverse mode against forward mode, ⟨p̄, ṗ⟩ = Σ λ̄_i λ̇_i + Re tr(X̄ᴴ Ẋ), for every kind of operator, on one and two
// threads and on three processes. The tangents (λ̇, Ẋ) come from a dense eigendecomposition.
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/operator/affine.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 60, kK = 3, kTerms = 4;
constexpr double kTol = 1e-12;

/// A(p) = A₀ + Σ p_l A_l, sparse, with simple lowest eigenvalues; φ = Σ c_i λ_i + Σ d_i x_iᴴ H x_i.
template <ScalarType S>
struct Problem {
    Sparse<S> A0 = sparse_with_spectrum<S>(spectrum(), 701);
    std::vector<Sparse<S>> terms;
    Eigen::VectorXd p = random_matrix<double>(kTerms, 1, 702), p_dot = random_matrix<double>(kTerms, 1, 703);
    Eigen::VectorXd c = random_matrix<double>(kK, 1, 704), d = random_matrix<double>(kK, 1, 705);
    DenseOperator<S> H{random_hermitian<S>(kN, 706)};

    static Eigen::VectorXd spectrum() {
        Eigen::VectorXd values(kN);
        values << 1.0, 2.0, 3.0, Eigen::VectorXd::LinSpaced(kN - 3, 4.5, 20.0);
        return values;
    }
    Problem() {
        for (Index l = 0; l < kTerms; ++l) {
            const auto seed = 710 + static_cast<unsigned>(l);
            terms.push_back(0.05 * sparse_with_spectrum<S>(random_matrix<double>(kN, 1, seed), seed + 10, 2));
        }
    }

    AffineOperator<S> affine() const { return {A0, terms, p}; }
    CallbackOperator<S> callback(const AffineOperator<S>& A) const {
        return {.n = kN,
                .params = kTerms,
                .apply = [&A](In<S> X, Out<S> Y) { A.apply(X, Y); },
                .vjp =
                    [this](In<S> V, In<S> W, GradientRef g) {
                        for (Index l = 0; l < kTerms; ++l) {
                            g(l) += inner(V, Matrix<S>(terms[static_cast<std::size_t>(l)] * W));
                        }
                    }};
    }
    Matrix<S> direction() const {
        Matrix<S> dA = Matrix<S>::Zero(kN, kN);
        for (Index l = 0; l < kTerms; ++l) dA += p_dot(l) * Matrix<S>(terms[static_cast<std::size_t>(l)]);
        return dA;
    }

    /// dφ by forward mode: ẋ_i = Σ_{j≠i} x_j (x_jᴴ dA x_i)/(λ_i − λ_j).
    double forward() const {
        const auto exact = reference_eigh<S>(dense(affine().matrix()));
        const Matrix<S> dA = direction();
        double phi_dot = 0.0;
        for (Index i = 0; i < kK; ++i) {
            const Vector<S> x = exact.vectors.col(i), dAx = dA * x;
            Vector<S> x_dot = Vector<S>::Zero(kN);
            for (Index j = 0; j < kN; ++j) {
                const auto y = exact.vectors.col(j);
                if (j != i) x_dot += y * (y.dot(dAx) / (exact.values(i) - exact.values(j)));
            }
            phi_dot += c(i) * std::real(x.dot(dAx)) + 2.0 * d(i) * std::real(x_dot.dot(H.A * x));
        }
        return phi_dot;
    }

    /// Ā by the library: `A` and `H` are the parts of the operators that this process holds.
    template <class Op, class Weight>
    Pullback<S> reverse(const Op& A, const Weight& local_H, const Sum& sum = {}) const {
        const auto pairs = eigsh(A, {.k = kK, .tol = kTol, .sum = sum});
        Block<S> HX(pairs.vectors.rows(), kK);
        local_H.apply(Block<S>(pairs.vectors), HX);
        const Matrix<S> X_bar = 2.0 * HX * d.cast<S>().asDiagonal();
        return pullback(A, pairs, {.values = c, .vectors = X_bar}, {.tol = kTol, .sum = sum});
    }

    /// Residuals kTol·‖A‖, ‖A‖ about 20, over gaps of about 1, in both solves.
    double tolerance() const { return 10.0 * kTol * 20.0 * norm(H.A) * norm(direction()); }
    static double norm(const Matrix<S>& hermitian) { return reference_eigh<S>(hermitian).values.cwiseAbs().maxCoeff(); }
};

}  // namespace

TEST_CASE_TEMPLATE("gradient: reverse and forward mode agree on pattern, affine and callback operators", S, double,
                   Complex) {
    const Problem<S> problem;
    const double wanted = problem.forward();
    const int threads = omp_get_max_threads();
    std::vector<Eigen::VectorXd> of_threads;
    for (const int count : {1, 2}) {
        CAPTURE(count);
        omp_set_num_threads(count);
        const AffineOperator<S> affine = problem.affine();
        const auto callback = problem.callback(affine);
        const auto of_affine = problem.reverse(affine, problem.H), of_callback = problem.reverse(callback, problem.H);
        const Eigen::VectorXd g = gradient(affine, of_affine.A);
        CHECK(std::abs(g.dot(problem.p_dot) - wanted) <= problem.tolerance());
        CHECK(std::abs(gradient(callback, of_callback.A).dot(problem.p_dot) - wanted) <= problem.tolerance());
        CHECK(std::abs(dot(of_affine.A, DenseOperator<S>{problem.direction()}) - wanted) <= problem.tolerance());
        of_threads.push_back(g);

        // On the pattern of A(p), stored by both triangles and by the lower one: dφ = Re Σ conj(g) dA.
        const Sparse<S> both = affine.matrix(), lower = both.template triangularView<Eigen::Lower>();
        const Matrix<S> dA = problem.direction();
        for (const Sparse<S>* M : {&both, &lower}) {
            const SparseHermitian<S> view(*M);
            const auto bar = problem.reverse(view, problem.H);
            const Vector<S> on_pattern = gradient(view, bar.A);
            double phi_dot = 0.0;
            Index e = 0;
            for (Index o = 0; o < M->outerSize(); ++o) {
                for (typename Sparse<S>::InnerIterator it(*M, o); it; ++it) {
                    phi_dot += std::real(Eigen::numext::conj(on_pattern(e++)) * dA(it.row(), it.col()));
                }
            }
            CHECK(std::abs(phi_dot - wanted) <= problem.tolerance());
        }
    }
    omp_set_num_threads(threads);
    CHECK((of_threads[0].array() == of_threads[1].array()).all());
    CHECK(std::abs(wanted) > 1e5 * problem.tolerance());
}

TEST_CASE_TEMPLATE("gradient: reverse and forward mode agree on three processes", S, double, Complex) {
    const Problem<S> problem;
    const double wanted = problem.forward();
    const AffineOperator<S> affine = problem.affine();
    const auto callback = problem.callback(affine);
    struct Result {
        Eigen::VectorXd affine, callback;
        double dot = 0.0;
    };
    const DenseOperator<S> direction{problem.direction()};
    const auto results = FakeRanks(kN).run([&](const FakeRank& rank) {
        const auto local_affine = rank.local(affine);
        const auto local_callback = rank.local(callback);
        const auto local_H = rank.local(problem.H);
        const auto of_affine = problem.reverse(local_affine, local_H, rank.sum);
        const auto of_callback = problem.reverse(local_callback, local_H, rank.sum);
        return Result{gradient(local_affine, of_affine.A, rank.sum), gradient(local_callback, of_callback.A, rank.sum),
                      dot(of_affine.A, rank.local(direction), rank.sum)};
    });
    for (const Result& result : results) {
        CHECK(std::abs(result.affine.dot(problem.p_dot) - wanted) <= problem.tolerance());
        CHECK(std::abs(result.callback.dot(problem.p_dot) - wanted) <= problem.tolerance());
        CHECK(std::abs(result.dot - wanted) <= problem.tolerance());
        CHECK((result.affine.array() == results.front().affine.array()).all());
    }
}
