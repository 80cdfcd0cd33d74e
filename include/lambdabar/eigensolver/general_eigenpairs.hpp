#pragma once
// What eigs() takes and returns.
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/factorization/general_factorization.hpp>

#include <complex>
#include <string>
#include <vector>

namespace lambdabar {

/// k eigenvalues of A x = λ B x, A and B without symmetry, with right and left eigenvectors: yᴴA = λ yᴴB.
///
/// Of a real operator, eigenvalues and vectors of conjugate pairs are conjugates to the last bit, and those of real
/// eigenvalues are real (after a complex shift, those of simple ones).
template <ScalarType S>
struct [[nodiscard]] GeneralEigenpairs {
    Eigen::VectorXcd values;               // k, the most wanted first; of conjugates the one with Im λ > 0 first
    Matrix<std::complex<double>> vectors;  // n×k right vectors x_i, ‖x_i‖ = 1
    Matrix<std::complex<double>> left;     // n×k left vectors y_i, YᴴBX = I; empty: not asked for
    Eigen::VectorXd residuals;             // of x_i, in units of λ (see EigsOptions::tol)
    Eigen::VectorXd left_residuals;        // of y_i, likewise
    Eigen::VectorXd conditions;  // ‖x_i‖‖Bᴴy_i‖/|y_iᴴBx_i| ≥ 1, the larger the closer to an exceptional point
    Eigen::VectorXd errors;      // of λ_i, estimated: conditions·residuals (the residuals without left vectors)
    Which which = Which::largest_magnitude;

    bool converged = false;  // every residual within its tolerance, the guard settled, left and right vectors matched
    StopReason reason = StopReason::iteration_limit;
    double norm_A = 0.0;       // largest |Ritz value λ| met
    double tol = 0.0;          // in force
    double cluster_tol = 0.0;  // in force, relative to norm_A

    /// Eigenvalues that cannot be told apart, as lists of positions; they need not be neighbours. A pair whose error
    /// bound, residual times condition, reaches another value belongs to its cluster.
    std::vector<std::vector<Index>> clusters;
    std::complex<double> guard_value{std::numeric_limits<double>::quiet_NaN(), 0.0};  // next beyond the k
    double guard_residual = std::numeric_limits<double>::quiet_NaN();
    bool cuts_cluster = false;         // the guard belongs to a cluster of the set
    bool cuts_conjugate_pair = false;  // real operators: the conjugate of the last value is not in the set
    bool probed = false;               // a random vector was used to search for missed copies

    std::complex<double> sigma{std::numeric_limits<double>::quiet_NaN(), 0.0};  // the shift in force, if any
    GeneralSolve<S> solve = {};  // (A − σB)⁻¹, or B⁻¹ where there is no σ; for derivatives
    GeneralSolve<std::complex<double>> complex_solve = {};  // the same for a real pencil with a complex σ

    double departure_from_normality = 0.0;  // √(‖H‖_F² − Σ|θ|²)/‖H‖_F of the projected matrix, between 0 and 1
    std::string warning;                    // a sentence if the departure or a condition is large, else empty

    Index products = 0;       // single-vector products with A and Aᴴ, all phases
    Index left_products = 0;  // those of the left vectors
    Index solves = 0;         // single-vector solves
    Index factorizations = 0;
    Index iterations = 0;  // Rayleigh–Ritz steps
    Index basis_size = 0;
    std::string engine;

    Index size() const { return values.size(); }
};

template <ScalarType S>
struct EigsOptions {
    Index k = 1;  // number of pairs, 1 ≤ k < n
    Which which = Which::largest_magnitude;
    std::complex<double> sigma{std::numeric_limits<double>::quiet_NaN(), 0.0};  // what `nearest` is near to
    /// On ‖A x − λ x‖ relative to the largest |λ| met; with B and no shift, on B⁻¹A likewise. For `nearest`, on
    /// ‖(A − σB)⁻¹B x − μ x‖/|μ|, λ = σ + 1/μ; in units of λ that is tol·|λ − σ|. Not below the rounding 20 eps ‖H‖_F.
    double tol = 1e-10;
    bool left = true;            // left vectors too: a second run, with Aᴴ. Derivatives need them
    GeneralSolve<S> solve = {};  // the caller's own (A − σB)⁻¹ with its σ in `sigma` (real if S is), or B⁻¹ without σ
    double memory_limit = 0.0;   // bytes for a factorization; 0: what the machine has available
    Index block_size = 0;        // vectors expanded together by Krylov–Schur; 0: the method is chosen too
    Index basis_size = 0;        // most basis vectors held by Krylov–Schur; 0: likewise, from k
    Index max_products = 0;      // limit on single-vector products or solves of one run; 0: generous, grows with n
    double cluster_tol = 1e-10;  // eigenvalues closer than this·norm_A (for `nearest`: ·|λ − σ|) are one cluster
    bool probe = true;           // search for missed copies at the end
    std::uint64_t seed = 1;
    Matrix<std::complex<double>> start = {};  // n×s: the span the search starts from
    Monitor monitor = {};                     // shows Re of the values; not called for left vectors
    Sum sum = {};
};

}  // namespace lambdabar
