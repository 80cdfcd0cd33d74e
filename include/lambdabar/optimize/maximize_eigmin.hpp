#pragma once
#include <lambdabar/crossing/cluster_derivatives.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/operator/affine.hpp>

#include <limits>

namespace lambdabar {

/// { p : lower ≤ p ≤ upper, Σ p_l = total }; what is empty (NaN) does not restrict. Bounds may be infinite.
struct ParameterSet {
    Eigen::VectorXd lower = {};
    Eigen::VectorXd upper = {};
    double total = std::numeric_limits<double>::quiet_NaN();

    static ParameterSet simplex(Index count, double total = 1.0) {
        return {.lower = Eigen::VectorXd::Zero(count), .total = total};
    }
    static ParameterSet box(const Eigen::VectorXd& lower, const Eigen::VectorXd& upper) {
        return {.lower = lower, .upper = upper};
    }
};

/// One eigensolve of maximize_eigmin().
struct EigminStep {
    Index iteration = 0;
    double value = 0.0;      // λ_min at the centre
    double trial = 0.0;      // λ_min at the trial point
    double bound = 0.0;      // best upper bound so far
    double predicted = 0.0;  // what the model promised over the centre's value
    double proximity = 0.0;  // t of the proximal term ‖p − centre‖²/(2t)
    Index multiplicity = 0;  // of λ_min in the model: weights above 1e-3 of the largest
    bool serious = false;    // the trial point became the centre
};

template <ScalarType S>
struct MaximizeOptions {
    ParameterSet set = {};
    bool affine = false;         // A(p) is affine in p, so that bounds are proofs; implied by AffineOperator
    double tol = 1e-6;           // on bound − value, relative to |value|
    double tol_absolute = 0.0;   // or absolute: the larger of the two counts
    Index max_iterations = 200;  // eigensolves
    Index bundle = 24;  // most test vectors of the model, 2 … 32; it uses twice the multiplicity, and 12 at least
    Index pairs = 0;    // eigenpairs per solve; 0: two more than the multiplicity seen
    double eigsh_tol = 1e-11;                             // as EigshOptions::tol
    std::function<bool(const EigminStep&)> monitor = {};  // return false to stop
    Sum sum = {};
};

/// The maximum of λ_min(A(p)) over a set, and the proof of it.
template <ScalarType S>
struct [[nodiscard]] EigminMaximum {
    Eigen::VectorXd p = {};
    double value = 0.0;  // λ_min(A(p))
    /// For affine A no p of the set has λ_min above: tr(W A(p′)) ≤ bound for all p′ in it, W = Q U Qᴴ ⪰ 0, tr W = 1,
    /// which is the dual semidefinite program's value. Infinite if the set is unbounded in a direction that W favours.
    double bound = std::numeric_limits<double>::infinity();
    Matrix<S> certificate_vectors = {};  // Q, n×r, orthonormal
    Matrix<S> certificate_weights = {};  // U, r×r
    double gradient_norm = 0.0;  // ‖(tr(W A_l))_l‖, least over the last model: stationarity where nothing binds
    bool converged = false;
    bool certified = false;    // A is affine: `bound` is a proof
    Eigenpairs<S> pairs = {};  // at p
    Index iterations = 0;      // eigensolves
    Index products = 0;
    std::vector<EigminStep> history = {};
};

namespace detail {

/// Shows `visit` the operator at p.
template <ScalarType S>
using OperatorAt = std::function<void(const Eigen::VectorXd& p,
                                      const std::function<void(const Pencil<S>&, const ContractCluster<S>&)>& visit)>;

template <ScalarType S>
EigminMaximum<S> maximize_eigmin(const OperatorAt<S>& at, const Eigen::VectorXd& p, const MaximizeOptions<S>& options);

}  // namespace detail

/// Maximizes λ_min(A(p)) by a proximal spectral bundle method (Helmberg & Rendl, SIAM J. Optim. 10, 2000) whose test
/// vectors are kept from step to step, as in subspace methods (Kangal, Meerbergen, Mengi & Michiels, SIAM J. Matrix
/// Anal. 39, 2018). With orthonormal Q (n×r) the model at the centre p̂ is
///
///     max over p in the set of  λ_min(Qᴴ A(p̂) Q + Σ_l (p_l − p̂_l) Qᴴ A_l Q) − ‖p − p̂‖²/(2t),
///
/// r ≤ `bundle`, one aggregate beside it; an interior-point method solves it. λ_min may be as multiple as the bundle is
/// large. Cost of a step: an eigensolve, r(r + 1)/2 contractions (complex r²), 20 to 30 times O(parameters·r⁴ + r⁶).
///
/// `operator_at(p)`: a callable that returns a Differentiable operator A(p), by value or reference:
///
///     auto best = maximize_eigmin([&](const Eigen::VectorXd& q) -> const auto& { theta = q; return H; }, theta,
///                                 MaximizeOptions<double>{.set = ParameterSet::simplex(m)});
///
/// A reference optimizer. For A that is not affine it is a local method, and nothing is certified. λ_max is minimized
/// by the operator −A. Throws std::invalid_argument for a p outside the set, an empty set or wrong sizes, NotConverged
/// if an eigensolve fails; not reaching `tol` is a value.
template <class Callable, class Op = std::remove_cvref_t<std::invoke_result_t<Callable, const Eigen::VectorXd&>>>
    requires Differentiable<Op> EigminMaximum<typename Op::Scalar> maximize_eigmin(
        Callable&& operator_at, const Eigen::VectorXd& p, const MaximizeOptions<typename Op::Scalar>& options = {}) {
        using S = typename Op::Scalar;
        return detail::maximize_eigmin<S>(
            [&](const Eigen::VectorXd& q, const auto& visit) {
                const Op& A = operator_at(q);  // a value lives as long as this reference
                visit(detail::pencil(A), detail::contraction(A, options.sum));
            },
            p, options);
    }

/// The same for A(p) = A₀ + Σ p_l A_l from A's present parameters; on return A has the optimal ones.
template <ScalarType S>
EigminMaximum<S> maximize_eigmin(AffineOperator<S>& A, const MaximizeOptions<S>& options = {}) {
    MaximizeOptions<S> affine = options;
    affine.affine = true;
    auto best = detail::maximize_eigmin<S>(
        [&](const Eigen::VectorXd& q, const auto& visit) {
            A.set_parameters(q);
            visit(detail::pencil(A), detail::contraction(A, options.sum));
        },
        A.parameter_values(), affine);
    A.set_parameters(best.p);
    return best;
}

}  // namespace lambdabar
