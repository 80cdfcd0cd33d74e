#pragma once
#include <lambdabar/crossing/cluster_derivatives.hpp>

namespace lambdabar {

/// Which function, at the end of the spectrum that the pairs lie at, and how wide the set is.
struct SubdifferentialOptions {
    Index count = 1;       // of the sum of this many extremal eigenvalues: 1 is λ_min or λ_max
    double epsilon = 0.0;  // eigenvalues within ε of the count-th belong to the cluster, in units of λ
    Sum sum = {};          // as in gradient()
};

/// The element of least norm of a Subdifferential, and what it proves.
template <ScalarType S>
struct [[nodiscard]] MinimumNorm {
    Matrix<S> U = {};  // m×m, 0 ⪯ U, tr U = trace
    Eigen::VectorXd gradient =
        {};             // g = g(U): the direction of steepest ascent of λ_min, −g that of steepest descent of λ_max
    double norm = 0.0;  // ‖g‖
    double gap = 0.0;   // no element has ‖·‖² < ‖g‖² − gap: proven from g alone
    double scale = 0.0;  // the largest ‖g(U)‖² that the solver met, which rounding is relative to
    Index iterations = 0;
};

/// The Clarke subdifferential of f = the sum of the `count` smallest (concave) or largest (convex) eigenvalues at a
/// cluster of m of them, or with ε > 0 an enlargement of it:
///
///     { g_0 + g(U) : 0 ⪯ U ⪯ I, tr U = trace },     g_l(U) = Re tr(U G_l)
///
/// (Overton & Womersley, Math. Programming 62, 1993). g_0 is the gradient of the eigenvalues between the end and the
/// cluster, `trace` how many of the cluster's count; for λ_min and λ_max g_0 = 0 and trace = 1. With ε and B = I every
/// element g obeys f(q) ≤ f(p) + ε·trace + g·(q − p) for affine A(p) (concave case; convex mirrored): it lies in the
/// ε-subdifferential of convex analysis.
template <ScalarType S>
struct Subdifferential {
    ClusterDerivatives<S> cluster;
    Eigen::VectorXd fixed = {};  // g_0, one entry per parameter
    Index trace = 1;             // 1 … m
    bool concave = true;         // f is of the smallest eigenvalues
    double value = 0.0;          // f
    double epsilon = 0.0;

    Index multiplicity() const { return cluster.multiplicity(); }
    Index parameters() const { return cluster.parameters(); }
    /// g_0 + g(U). Throws std::invalid_argument unless U is Hermitian with 0 ⪯ U ⪯ I, tr U = trace, to 1e-8.
    Eigen::VectorXd element(const Matrix<S>& U) const;
    /// max g·d over all elements g.
    double support(const Eigen::VectorXd& d) const;
    /// f′(p; d) at ε = 0: the least of g·d if f is concave, else the largest. Homogeneous in d.
    double directional_derivative(const Eigen::VectorXd& d) const;
};

namespace detail {
template <ScalarType S>
Subdifferential<S> subdifferential(const Eigenpairs<S>& pairs, Index n, const SubdifferentialOptions& options,
                                   const ContractCluster<S>& contract);
}  // namespace detail

/// The subdifferential at the pairs of A (B fixed or B = I), in the parameters of cluster_derivatives().
///
///     auto pairs = eigsh(A, {.k = 1, .extend = 8});     // whole clusters
///     auto g = minimum_norm(subdifferential(A, pairs)); // g.gradient: steepest ascent of λ_min
///
/// Throws as cluster_derivatives(); also NotDifferentiable if the ε-cluster may reach beyond the set, and
/// std::invalid_argument for pairs in the interior of the spectrum or a count beyond the set.
template <detail::StoredOrDifferentiable Op>
Subdifferential<typename Op::Scalar> subdifferential(const Op& A, const Eigenpairs<typename Op::Scalar>& pairs,
                                                     const SubdifferentialOptions& options = {}) {
    return detail::subdifferential<typename Op::Scalar>(pairs, A.rows(), options, detail::contraction(A, options.sum));
}

template <detail::StoredOrDifferentiable OpA, detail::StoredOrDifferentiable OpB>
    requires detail::SameParameters<OpA, OpB> Subdifferential<typename OpA::Scalar> subdifferential(
        const OpA& A, const OpB& B, const Eigenpairs<typename OpA::Scalar>& pairs,
        const SubdifferentialOptions& options = {}) {
        return detail::subdifferential<typename OpA::Scalar>(pairs, A.rows(), options,
                                                             detail::contraction(A, B, options.sum));
    }

/// The element of least norm, by a primal–dual interior-point method (Nesterov–Todd directions) on the m×m matrix U and
/// the Gram matrix of the G_l: its loop costs O(m⁶) (complex; real m⁶/8) whatever the number of parameters, which enter
/// twice, as one Gram product and one pass for the certificate. m ≤ 20; std::invalid_argument beyond. Every process
/// must hold all parameters.
///
/// Certificate: for all elements g′, g·g′ ≥ ‖g‖² − gap, so ‖g′‖² ≥ ‖g‖² − gap; for λ_min this is
/// λ_min(Σ_l g_l G_l) ≥ ‖g‖² − gap, which says that λ_min grows at this rate along g. The gap is what was computed, in
/// full, from the returned g.
template <ScalarType S>
MinimumNorm<S> minimum_norm(const Subdifferential<S>& set);

/// True if 0 belongs to the set up to `tolerance`, in the norm of the gradient: no direction promises more than that.
template <ScalarType S>
bool is_stationary(const MinimumNorm<S>& least, double tolerance) {
    return least.norm <= tolerance;
}

}  // namespace lambdabar
