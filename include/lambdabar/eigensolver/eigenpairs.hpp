#pragma once
// What eigsh() takes and returns.
#include <lambdabar/block/sum.hpp>
#include <lambdabar/factorization/shift_invert.hpp>
#include <lambdabar/operator/preconditioner.hpp>
#include <lambdabar/types.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace lambdabar {

/// Which eigenvalues: an end of the spectrum in the algebraic order, or those nearest to σ. For eigs(), whose
/// eigenvalues are complex: `nearest`, or the largest |λ|, Re λ, −Re λ or Im λ (real operators: |Im λ|).
enum class Which { smallest, largest, nearest, largest_magnitude, rightmost, leftmost, largest_imaginary };

/// Whether A − σB is factorized. `automatic`: for `nearest`, and for the smallest eigenvalues of a pencil whose A and B
/// have entries. `always`: refuse if that is impossible. `never`: products with A and B only, and of an A with
/// entries an incomplete factor, about as large as A.
enum class UseFactor { automatic, always, never };

/// Which operator of A x = λ B x is positive (semi)definite and so defines the inner product in which vectors are
/// orthonormal. `A`: buckling and the like, B may be indefinite; solved as B x = ν A x with λ = 1/ν. Then `smallest`
/// means the smallest positive λ, and `nearest`, with sigma = 0, the λ of smallest modulus, of both signs.
enum class Definite { B, A };

/// X = M⁻¹ R for n×b blocks, exactly (to rounding): any callable of this form.
template <ScalarType S>
using BlockSolve = std::function<void(In<S> R, Out<S> X)>;

/// How the pairs are found. `automatic` is `block_lanczos`; block Davidson with a preconditioner, and with its
/// own for the smallest of A x = λ B x without a factorization; `spectra` (real, one process) runs Spectra's Lanczos
/// with a single start vector and hands its result to block_lanczos for verification.
enum class Engine { automatic, block_lanczos, spectra };

/// Why a solve ended.
enum class StopReason { converged, iteration_limit, stopped_by_monitor };

/// Eigenvalues first … first + count − 1 that cannot be told apart.
struct Cluster {
    Index first = 0;
    Index count = 1;
};

/// State shown to the monitor after every Rayleigh–Ritz step.
struct Progress {
    Index iteration = 0;
    Index products = 0;           // single-vector operator products so far
    Index converged = 0;          // leading pairs whose true residual passed the tolerance
    Index wanted = 0;             // k
    Eigen::VectorXd ritz_values;  // current approximations of the wanted end, ascending
    Eigen::VectorXd residuals;    // of those last tested; NaN where not tested yet
};

/// Return false to stop; the result then says stopped_by_monitor.
using Monitor = std::function<bool(const Progress&)>;

/// The k eigenpairs of A x = λ B x at one end of the spectrum or around σ, and what is known about their neighbourhood.
/// A residual is in units of λ: some eigenvalue lies within that distance of λ_i (to first order, if found by solves
/// with A − σB: then it is ‖(A − σB)⁻¹B x − μ x‖_B/μ² with λ = σ + 1/μ; else ‖A x − λ B x‖ in the norm of B⁻¹, which
/// with a preconditioner and a B conjugate gradients on B evaluate to 1 %, if B has a condition of at most 10⁶).
template <ScalarType S>
struct [[nodiscard]] Eigenpairs {
    Eigen::VectorXd values;     // k, ascending
    Matrix<S> vectors;          // n×k, XᴴBX = I (XᴴAX = I where A is the definite one)
    Eigen::VectorXd residuals;  // of A x = λ B x, in units of λ, not of the solver's recurrences
    Which which = Which::smallest;
    Definite definite = Definite::B;

    bool converged = false;  // every residual ≤ tol·‖A‖, the guard resolved, no missed copy found
    StopReason reason = StopReason::iteration_limit;
    double norm_A = 0.0;       // largest |Ritz value| met: a lower bound of ‖A‖, usually close
    double tol = 0.0;          // the residual tolerance in force, relative to ‖A‖
    double cluster_tol = 0.0;  // the cluster distance in force, relative to ‖A‖
    double cluster_gap = 0.0;  // and in units of λ: the larger of the two decides
    Index asked = 0;           // the k asked for; size() is larger where the set was extended to whole clusters

    std::vector<Cluster> clusters;                                     // partition of 0 … k − 1
    double guard_value = std::numeric_limits<double>::quiet_NaN();     // next eigenvalue beyond the k
    double guard_residual = std::numeric_limits<double>::quiet_NaN();  // its residual
    bool cuts_cluster = false;  // the guard belongs to the cluster at the open end of the set
    bool probed = false;        // a random block was searched for missed copies, in this solve, until none was in doubt
    bool search_carried = false;  // instead: an earlier search, the change of A since then, and the residuals of
                                  // `vectors` and `extra` leave no room for a missed copy
    /// What the search of a solve with a Warm found: at most this many eigenvalues lie beyond `complete_bound` at the
    /// wanted end (0: nothing of the kind). Probable, not proved; see docs/eigensolver.md.
    Index complete_count = 0;
    double complete_bound = std::numeric_limits<double>::quiet_NaN();
    double far_end = std::numeric_limits<double>::quiet_NaN();  // bound of the spectrum at the other end, in practice
    bool certified = false;  // the inertia of A − τB on both sides of the set proves that no eigenvalue is missing

    double sigma = std::numeric_limits<double>::quiet_NaN();  // the shift that was used, if any
    BlockSolve<S> solve = {};                                 // (A − σB)⁻¹, kept for derivatives
    Preconditioner<S> preconditioner = {};  // the one that eigsh() made of the entries of A, kept for derivatives
    bool singular_B = false;                // B has zero rows: there are eigenvalues at infinity, left out

    Matrix<S> extra;               // n×e approximate eigenvectors beyond the k, orthonormal, not converged
    Eigen::VectorXd extra_values;  // their Ritz values
    Matrix<S> extra_images;        // (A − σB)⁻¹B times them, where the solve worked with it

    Index products = 0;        // single-vector products with A, all phases
    Index solves = 0;          // single-vector solves with A − σB
    Index preconditioned = 0;  // single vectors that the preconditioner was applied to
    Index factorizations = 0;
    Index iterations = 0;     // Rayleigh–Ritz steps
    Index basis_size = 0;     // most basis vectors held
    Index filter_degree = 0;  // last Chebyshev degree; 1: none
    std::string engine;       // what was used
    std::string plan;         // block_lanczos: its sizes and the last filter, and the costs they were chosen by

    Index size() const { return values.size(); }
};

/// The last search for missed copies that could count, and the operator it was made on: evidence that later solves on
/// nearby operators refer to. Written by eigsh() only.
template <ScalarType S>
struct Search {
    Index count = 0;       // at most this many eigenvalues lay beyond `bound` at the wanted end; 0: no search
    Index pairs = 0;       // the k of that solve
    double bound = 0.0;    // in units of λ
    double far_end = 0.0;  // of the spectrum
    double norm_A = 0.0;
    Which which = Which::smallest;
    bool pencil = false;                       // there was a B
    Vector<S> entries = {}, entries_B = {};    // stored values of A and B, where they have entries …
    std::uint64_t pattern = 0, pattern_B = 0;  // … and hashes of their patterns
    Matrix<S> images = {};                     // else A Ω (and B Ω), Ω eight fixed Gaussian columns
};

/// Carried by the caller from one solve to the next on a slowly changing operator. Plain data: copy it, store it, clear
/// it. Written by eigsh() and pullback(), read by the next call. Memory: 2(k + e) + 4k vectors for k pairs, e extra
/// ones and their adjoints, and one copy of the stored entries (without entries: eight vectors).
///
/// What it changes is the cost, not what a result promises: residuals are those of the operator at hand, and that no
/// eigenvalue is missing is shown anew at every solve. Either `search` and a bound of the operator's change since then
/// leave no room for one (`search_carried`: for operators with entries a bound by Gershgorin's circles; for others an
/// estimate from eight Gaussian columns, good for small changes only), or a random block is searched (`probed`). A
/// carried search may know nothing of the guard but that the quarter of the gap next to λ_k is empty. Only with `probe
/// = false` is a start that passes its residual tests taken at its word. Vectors may be replaced by the caller
/// (`values` too, in the same order), `search` may only be copied or cleared.
template <ScalarType S>
struct Warm {
    Matrix<S> vectors;            // last eigenvectors followed by extra ones
    Matrix<S> previous;           // those of the solve before, followed by the eigenvectors of the one before that
    Matrix<S> adjoints;           // last adjoint solutions W
    Matrix<S> previous_adjoints;  // those of up to two calls before, the later first
    Eigen::VectorXd values;       // Ritz values of `vectors`
    double norm_A = 0.0;
    Which which = Which::smallest;           // the end they belong to: a solve at the other end starts anew
    Search<S> search;                        // what is known to be complete
    std::shared_ptr<ShiftInvert<S>> factor;  // its symbolic analysis serves the next matrices on the same pattern
};

template <ScalarType S>
struct EigshOptions {
    Index k = 1;  // number of pairs, 1 ≤ k < n
    Which which = Which::smallest;
    double sigma = std::numeric_limits<double>::quiet_NaN();  // shift: what `nearest` is near to; NaN: chosen
    Definite definite = Definite::B;                          // of a pencil
    double tol = 1e-10;  // on ‖A x − λ x‖ / ‖A‖; with solves, on ‖(A − σB)⁻¹B x − μ x‖_B / |μ|
    UseFactor factor = UseFactor::automatic;
    Factorizer<S> factorizer = {};  // the direct solver; none: eigen_ldlt
    Factorizer<S> counter = {};     // the one that certifies: A − τB is indefinite there; none: factorizer
    double memory_limit = 0.0;      // bytes for a factorization; 0: what the machine has available
    BlockSolve<S> solve = {};       // the caller's own (A − σB)⁻¹, with its σ in `sigma`
    Preconditioner<S> preconditioner = {};  // M⁻¹ ≈ (A − σB)⁻¹ with σ below the spectrum, for `largest` (σB − A)⁻¹ with
                                            // σ above it; Hermitian positive definite
    bool certify = true;  // prove completeness by inertia, one or two factorizations, where there is a factor
    Engine engine = Engine::automatic;
    Index block_size = 0;        // vectors expanded together; 0: 2 for k = 1 and for solves, 4 below k = 16, else 8
    Index basis_size = 0;        // most basis vectors held; 0: chosen from k
    Index filter_degree = 0;     // Chebyshev degree; 0: chosen from the spectrum; 1: plain block Lanczos
    Index max_products = 0;      // limit on single-vector products; 0: generous, grows with n
    double cluster_tol = 1e-10;  // eigenvalues closer than this·‖A‖ (or their residuals) are one cluster
    double cluster_gap = 0.0;    // the same in units of λ: the larger of the two distances decides
    Index extend = 0;            // most pairs the set may grow by beyond k until it cuts no cluster
    Index extra = -1;            // approximate vectors returned beyond k (at most; the basis makes room); −1: k
    bool probe = true;           // search the deflated operator for missed copies at the end
    std::uint64_t seed = 1;
    Matrix<S> start = {};     // n×s start block, tested before any expansion
    Warm<S>* warm = nullptr;  // read before, written after
    Monitor monitor = {};
    Sum sum = {};
};

/// True if two eigenvalues at distance `gap` cannot be told apart: the gap is at most `distance` or their
/// error intervals, given by their residuals, touch.
inline bool same_cluster(double gap, double residual_1, double residual_2, double distance) {
    return gap <= distance || gap <= residual_1 + residual_2;
}

/// Partition of ascending values into clusters, by same_cluster() of neighbours.
std::vector<Cluster> find_clusters(const Eigen::VectorXd& values, const Eigen::VectorXd& residuals, double distance);

}  // namespace lambdabar
