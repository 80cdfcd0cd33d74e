#pragma once
#include <lambdabar/derivative/cotangent.hpp>
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/errors.hpp>
#include <lambdabar/projected_solver/projected_solve.hpp>

#include <functional>
#include <vector>

namespace lambdabar {

/// Per-pair cotangents of a real objective φ(λ, X): dφ = Σ λ̄_i dλ_i + Re tr(X̄ᴴ dX). Either may be empty (zero).
template <ScalarType S>
struct PairCotangent {
    Eigen::VectorXd values = {};  // λ̄, k
    Matrix<S> vectors = {};       // X̄, n×k
};

/// Cotangent of F = Σ_{i≤k} f(λ_i) x_i x_iᴴ (projector, density matrix, occupations): dφ = Re tr(F̄ᴴ dF) with F̄
/// Hermitian, given through the block F̄X. Exact at every gap inside the set, zero included.
/// Give f and f_prime; or, where only numbers are known, f(λ_i) and f′(λ_i) in `f_values` and `f_slopes` (then
/// f[a, b] at close a, b is good to about eps^(2/3) instead of eps).
template <ScalarType S>
struct SpectralFunction {
    std::function<double(double)> f = {};
    std::function<double(double)> f_prime = {};
    Eigen::VectorXd f_values = {};
    Eigen::VectorXd f_slopes = {};
    Matrix<S> bar_times_X = {};  // F̄X, n×k
};

/// What to do when φ sees the basis inside a cluster of equal eigenvalues, and so has no derivative.
enum class Gauge {
    refuse,   // throw NotDifferentiable naming the cluster and pairs
    project,  // use the part of the cotangent that does not see it, and report
};

template <ScalarType S>
struct PullbackOptions {
    Gauge gauge = Gauge::refuse;
    double gauge_tol = 1e-8;  // on the gauge residual of each cluster
    double tol = 0.0;         // adjoint residual relative to ‖P x̄_i‖; 0: what the eigen-residual supports
    LinearMethod method = LinearMethod::automatic;
    Index max_iterations = 0;               // of the projected solve; 0: generous
    bool use_extra = false;                 // deflate the approximate vectors that came with the pairs too: fewer
                                            // products (Laplacians −20 %), more passes; for expensive products
    bool accept_unconverged = false;        // return an adjoint that missed its tolerance instead of throwing
    Preconditioner<S> preconditioner = {};  // for A − λ at the wanted end, Hermitian positive definite
    Matrix<S> start = {};                   // n×k adjoint start block; as `warm`, not used by shift_invert
    Warm<S>* warm = nullptr;                // its adjoints start this solve and are replaced
    Sum sum = {};
};

/// How much of the cotangent depends on the arbitrary basis inside one cluster.
struct GaugeReport {
    Cluster cluster;
    double residual = 0.0;           // ‖(M_cc − M_ccᴴ)/2‖ / ‖X̄_c‖, M = XᴴX̄ (Frobenius norms)
    double spread = 0.0;             // largest difference of λ̄ inside the cluster, relative to max |λ̄|
    Index worst_i = 0, worst_j = 0;  // the pairs with the largest anti-Hermitian entry
};

struct PullbackReport {
    std::vector<GaugeReport> gauge;      // one per cluster, in order
    double gauge_residual = 0.0;         // the largest of them
    Eigen::VectorXd adjoint_residuals;   // ‖P(A − λ_i)w_i + P x̄_i‖ per column; 0 where no solve was needed
    Eigen::VectorXd adjoint_tolerances;  // what was asked of each, absolute
    bool converged = true;               // all adjoint columns
    Index products = 0;                  // of the projected solve
    Index solves = 0;                    // with A − σB, one per column
    Index iterations = 0;
    LinearMethod method = LinearMethod::cg;
    double error_estimate = 0.0;  // of ‖Ā‖_F, relative: eigen- and adjoint residuals over gaps (mathematics.md, 8)
};

template <ScalarType S>
struct [[nodiscard]] Pullback {
    Cotangent<S> A;      // Ā
    Cotangent<S> B;      // B̄; empty for A x = λ x
    Matrix<S> adjoints;  // W, n×k
    PullbackReport report;
};

namespace detail {
template <ScalarType S>
Pullback<S> pullback(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                     const PullbackOptions<S>& options);
template <ScalarType S>
Pullback<S> pullback(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const SpectralFunction<S>& bar,
                     const PullbackOptions<S>& options);
}  // namespace detail

/// Reverse mode through eigsh(): the cotangent of A from cotangents of its eigenpairs.
///
///     auto bar = pullback(A, pairs, {.values = lambda_bar, .vectors = x_bar});
///     auto g   = gradient(A, bar.A);
///
/// With M = XᴴX̄ and K_ji = ½(M_ji − conj M_ij)/(λ_i − λ_j) across clusters, 0 inside (docs/mathematics.md):
///     Ā = X (diag λ̄ + K) Xᴴ + sym(W Xᴴ),   P(A − λ_i)P w_i = −P x̄_i,   XᴴW = 0.
/// Eigenvalue cotangents need no solve. Cost otherwise: one projected solve, all columns at once.
///
/// Throws NotConverged if the pairs (or the adjoint) did not converge, NotDifferentiable if the cotangent
/// touches a cluster the set cuts or sees the basis inside a cluster (unless Gauge::project), and
/// std::invalid_argument for sizes that do not match or numbers that are not finite.
template <LinearMap Op>
Pullback<typename Op::Scalar> pullback(const Op& A, const Eigenpairs<typename Op::Scalar>& pairs,
                                       const PairCotangent<typename Op::Scalar>& bar,
                                       const PullbackOptions<typename Op::Scalar>& options = {}) {
    return detail::pullback<typename Op::Scalar>(detail::pencil(A), pairs, bar, options);
}

/// The same for a spectral function F = Σ f(λ_i) x_i x_iᴴ of the set (mathematics.md, section 3):
///     Ā = X (f[λ_j, λ_i] ∘ sym(XᴴF̄X)) Xᴴ + 2 sym(W Xᴴ),   P(A − λ_i)P w_i = −f(λ_i) P F̄x_i.
/// Throws as above; a cut cluster is always refused.
template <LinearMap Op>
Pullback<typename Op::Scalar> pullback(const Op& A, const Eigenpairs<typename Op::Scalar>& pairs,
                                       const SpectralFunction<typename Op::Scalar>& bar,
                                       const PullbackOptions<typename Op::Scalar>& options = {}) {
    return detail::pullback<typename Op::Scalar>(detail::pencil(A), pairs, bar, options);
}

/// Reverse mode through eigsh(A, B): the cotangents of both operators. With M, K and W as above, P = I − XXᴴB:
///     Ā =  X (diag λ̄ + K) Xᴴ + sym(W Xᴴ),            Pᴴ(A − λ_iB)P w_i = −Pᴴ x̄_i,   XᴴBW = 0
///     B̄ = −X (diag(λ̄∘λ) + ½(λ_i + λ_j)∘K + ½ sym M) Xᴴ − sym(WΛXᴴ).
/// Where the pairs carry a solve with A − σB, it gives all columns of W in a few steps, interior eigenvalues included.
template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Pullback<typename OpA::Scalar> pullback(
        const OpA& A, const OpB& B, const Eigenpairs<typename OpA::Scalar>& pairs,
        const PairCotangent<typename OpA::Scalar>& bar, const PullbackOptions<typename OpA::Scalar>& options = {}) {
        return detail::pullback<typename OpA::Scalar>(detail::pencil(A, B), pairs, bar, options);
    }

/// The same for F = Σ f(λ_i) x_i x_iᴴ, x_i B-orthonormal, with h(λ) = λ f(λ):
///     Ā =  X (f[λ_j, λ_i] ∘ N) Xᴴ + 2 sym(W Xᴴ),     N = sym(XᴴF̄X)
///     B̄ = −X (h[λ_j, λ_i] ∘ N) Xᴴ − 2 sym(WΛXᴴ).
template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Pullback<typename OpA::Scalar> pullback(
        const OpA& A, const OpB& B, const Eigenpairs<typename OpA::Scalar>& pairs,
        const SpectralFunction<typename OpA::Scalar>& bar, const PullbackOptions<typename OpA::Scalar>& options = {}) {
        return detail::pullback<typename OpA::Scalar>(detail::pencil(A, B), pairs, bar, options);
    }

}  // namespace lambdabar
