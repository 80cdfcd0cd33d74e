#include <lambdabar/crossing/subdifferential.hpp>

#include "block/dense.hpp"
#include "derivative/gauge.hpp"
#include "scaled_basis.hpp"
#include "sentence.hpp"
#include "spectrahedron.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr Index kMost = 20;  // multiplicity that minimum_norm() takes
constexpr double kMembership = 1e-8;

/// The pairs within ε of pair `i`, widened to whole clusters of the set.
template <ScalarType S>
Cluster epsilon_cluster(const Eigenpairs<S>& pairs, Index i, double epsilon) {
    Index first = i, last = i;
    while (first > 0 && pairs.values(i) - pairs.values(first - 1) <= epsilon) --first;
    while (last + 1 < pairs.size() && pairs.values(last + 1) - pairs.values(i) <= epsilon) ++last;
    const Cluster low = detail::cluster_holding(pairs, first), high = detail::cluster_holding(pairs, last);
    return {low.first, high.first + high.count - low.first};
}

template <ScalarType S>
void refuse_incomplete(const Eigenpairs<S>& pairs, const Cluster& cluster, Index i, double epsilon) {
    const bool at_open_end =
        pairs.which == Which::smallest ? cluster.first + cluster.count == pairs.size() : cluster.first == 0;
    if (!at_open_end || std::isnan(pairs.guard_value)) return;
    const double distance = std::abs(pairs.guard_value - pairs.values(i)) - pairs.guard_residual;
    if (distance > epsilon) return;
    throw NotDifferentiable(sentence("subdifferential: the next eigenvalue λ = ", pairs.guard_value,
                                     " lies within ε = ", epsilon, " of λ = ", pairs.values(i),
                                     " too, beyond the set of ", pairs.size(), " pairs; ask for more of them"));
}

/// The sum of the `trace` smallest eigenvalues of G: the least of Re tr(U G) over the set of U.
template <ScalarType S>
double least(const Matrix<S>& G, Index trace) {
    return dense_eigh<S>(G).values.head(trace).sum();
}

}  // namespace

namespace detail {

template <ScalarType S>
Subdifferential<S> subdifferential(const Eigenpairs<S>& pairs, Index n, const SubdifferentialOptions& options,
                                   const ContractCluster<S>& contract) {
    const char* who = "subdifferential";
    require_differentiable_pairs(pairs, n, who);
    const Index k = pairs.size();
    if (pairs.which == Which::nearest)
        throw std::invalid_argument("subdifferential: the pairs must lie at an end of the spectrum, not around σ");
    if (options.count < 1 || options.count > k) {
        throw std::invalid_argument(
            sentence("subdifferential: count = ", options.count, " must lie between 1 and the ", k, " pairs"));
    }
    if (!(options.epsilon >= 0.0) || !std::isfinite(options.epsilon))
        throw std::invalid_argument(sentence("subdifferential: epsilon = ", options.epsilon, " must be a number ≥ 0"));
    const bool concave = pairs.which == Which::smallest;
    const Index i = concave ? options.count - 1 : k - options.count;
    const Cluster cluster = epsilon_cluster(pairs, i, options.epsilon);
    require_whole_cluster(pairs, cluster, who);
    refuse_incomplete(pairs, cluster, i, options.epsilon);

    Subdifferential<S> result{.cluster = cluster_derivatives<S>(pairs, cluster, n, contract)};
    result.concave = concave;
    result.epsilon = options.epsilon;
    result.value = concave ? pairs.values.head(options.count).sum() : pairs.values.tail(options.count).sum();
    const Index end = cluster.first + cluster.count;
    const Cluster inside = concave ? Cluster{0, cluster.first} : Cluster{end, k - end};
    result.trace = options.count - inside.count;
    result.fixed = Eigen::VectorXd::Zero(result.parameters());
    for (const Cluster& c : pairs.clusters) {  // g_0, whole clusters
        if (c.first < inside.first || c.first >= inside.first + inside.count) continue;
        const ScaledBasis<S> scaled = scaled_basis(pairs, c, n);
        result.fixed += scaled.sign * contract({scaled.Q, scaled.Q}, pairs.values.segment(c.first, c.count));
    }
    return result;
}

}  // namespace detail

template <ScalarType S>
Eigen::VectorXd Subdifferential<S>::element(const Matrix<S>& U) const {
    const Index m = multiplicity();
    if (U.rows() != m || U.cols() != m || !U.allFinite()) {
        throw std::invalid_argument(sentence("subdifferential: U is ", U.rows(), "×", U.cols(),
                                             U.allFinite() ? "" : " and not finite", ", the cluster has ", m,
                                             " eigenvalues"));
    }
    const double skew = (U - U.adjoint()).norm(), trace_error = std::abs(std::real(U.trace()) - double(trace));
    const Eigen::VectorXd weights = dense_eigh<S>(U).values;
    if (skew > kMembership || trace_error > kMembership || weights(0) < -kMembership ||
        weights(m - 1) > 1.0 + kMembership) {
        throw std::invalid_argument(sentence("subdifferential: U is no member: eigenvalues ", weights(0), " … ",
                                             weights(m - 1), " (0 … 1), trace ", std::real(U.trace()), " (", trace,
                                             "), ‖U − Uᴴ‖ = ", skew));
    }
    return fixed + cluster.contract(U);
}

template <ScalarType S>
double Subdifferential<S>::support(const Eigen::VectorXd& d) const {
    const Eigen::VectorXd slopes = directional_derivatives(cluster, d).values;
    return fixed.dot(d) + slopes.tail(trace).sum();
}

template <ScalarType S>
double Subdifferential<S>::directional_derivative(const Eigen::VectorXd& d) const {
    const Eigen::VectorXd slopes = directional_derivatives(cluster, d).values;
    return fixed.dot(d) + (concave ? slopes.head(trace).sum() : slopes.tail(trace).sum());
}

template <ScalarType S>
MinimumNorm<S> minimum_norm(const Subdifferential<S>& set) {
    const Index m = set.multiplicity();
    if (m > kMost) {
        throw std::invalid_argument(sentence("minimum_norm: the cluster has ", m, " eigenvalues, more than ", kMost,
                                             "; narrow ε, or use a smooth surrogate"));
    }
    const Eigen::MatrixXd& C = set.cluster.components;
    // ‖g_0 + C u‖² = uᵀKu + 2cᵀu + ‖g_0‖²; one pass over C.
    Eigen::MatrixXd K = Eigen::MatrixXd::Zero(C.cols(), C.cols());
    K.template selfadjointView<Eigen::Lower>().rankUpdate(C.transpose());
    K.template triangularView<Eigen::StrictlyUpper>() = K.transpose();
    const Eigen::VectorXd c = C.transpose() * set.fixed;
    const auto point = minimize_on_spectrahedron<S>(K, c, m, static_cast<double>(set.trace));

    MinimumNorm<S> result{.U = point.U, .gradient = set.fixed + set.cluster.contract(point.U)};
    result.iterations = point.iterations;
    result.norm = result.gradient.norm();
    result.scale = std::max(K.diagonal().maxCoeff(), set.fixed.squaredNorm());
    // g·g′ ≥ g·g_0 + the least of Re tr(U′ Σ g_l G_l)
    const double bound = result.gradient.dot(set.fixed) + least<S>(set.cluster.along(result.gradient), set.trace);
    result.gap = std::max(0.0, result.norm * result.norm - bound);
    return result;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                       \
    template struct Subdifferential<S>;                                                                                \
    template Subdifferential<S> detail::subdifferential<S>(const Eigenpairs<S>&, Index, const SubdifferentialOptions&, \
                                                           const ContractCluster<S>&);                                 \
    template MinimumNorm<S> minimum_norm<S>(const Subdifferential<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
