#include "gauge.hpp"
#include "sentence.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

/// "pairs 2–4 (1-based, λ = 2.0 … 2.0)"
template <ScalarType S>
std::string describe(const Eigenpairs<S>& pairs, const Cluster& cluster) {
    const Index last = cluster.first + cluster.count - 1;
    if (cluster.count == 1) return sentence("pair ", cluster.first + 1, " (λ = ", pairs.values(cluster.first), ")");
    return sentence("pairs ", cluster.first + 1, " to ", last + 1, " (λ = ", pairs.values(cluster.first), " … ",
                    pairs.values(last), ", one cluster)");
}

/// Nearest to infinity: the reciprocals of the eigenvalues nearest to zero.
template <ScalarType S>
bool is_farthest_from_zero(const Eigenpairs<S>& pairs) {
    return pairs.which == Which::nearest && std::isnan(pairs.sigma);
}

/// Distinct clusters are at least their residuals apart; rounding must not make a gap zero.
template <ScalarType S>
double positive_gap(const Eigenpairs<S>& pairs, Index i, double gap) {
    const double floor = std::max(pairs.norm_A, std::abs(pairs.values(i))) * std::numeric_limits<double>::epsilon();
    return std::max({gap, floor, std::numeric_limits<double>::min()});
}

}  // namespace

template <ScalarType S>
void require_differentiable_pairs(const Eigenpairs<S>& pairs, Index n, const char* who) {
    const Index k = pairs.size();
    if (k < 1 || pairs.vectors.rows() != n || pairs.vectors.cols() != k || pairs.residuals.size() != k) {
        throw std::invalid_argument(sentence(who, ": the pairs hold ", k, " values, ", pairs.vectors.rows(), "×",
                                             pairs.vectors.cols(), " vectors and ", pairs.residuals.size(),
                                             " residuals; the operator has ", n, " rows"));
    }
    if (!pairs.values.allFinite()) throw std::invalid_argument(sentence(who, ": an eigenvalue is not finite"));
    if (pairs.converged) return;
    Index worst = 0;
    for (Index i = 0; i < k; ++i) {
        if (!(pairs.residuals(i) <= pairs.residuals(worst))) worst = i;
    }
    const double limit = pairs.tol * pairs.norm_A;
    if (pairs.residuals(worst) <= limit) {
        throw NotConverged(sentence(who, ": the ", k,
                                    " pairs have converged but the guard beyond them (λ = ", pairs.guard_value,
                                    ", residual ", pairs.guard_residual, ") has not, so the set may cut a cluster"));
    }
    throw NotConverged(sentence(who, ": pair ", worst + 1, " of ", k, " (λ = ", pairs.values(worst),
                                ") has not converged: its residual is ", pairs.residuals(worst), ", the tolerance ",
                                limit));
}

template <ScalarType S>
bool is_open(const Eigenpairs<S>& pairs, const Cluster& cluster) {
    const Index end = cluster.first + cluster.count;
    const bool at_bottom = cluster.first == 0, at_top = end == pairs.size();
    if (is_farthest_from_zero(pairs))  // open towards zero, from both sides
        return (pairs.values(end - 1) < 0.0 && (at_top || pairs.values(end) > 0.0)) ||
               (pairs.values(cluster.first) > 0.0 && (at_bottom || pairs.values(cluster.first - 1) < 0.0));
    return (at_top && pairs.which != Which::largest) || (at_bottom && pairs.which != Which::smallest);
}

template <ScalarType S>
void refuse_cut_cluster(const Eigenpairs<S>& pairs, const char* what, const char* who) {
    if (!pairs.cuts_cluster) return;
    const Index last = pairs.size() - 1;
    const bool at_top = pairs.which == Which::smallest ||
                        (pairs.which == Which::nearest && std::abs(pairs.guard_value - pairs.values(last)) <=
                                                              std::abs(pairs.guard_value - pairs.values(0)));
    const Index edge = at_top ? last : 0;
    throw NotDifferentiable(
        sentence(who, ": ", what, " is not differentiable, because the set of ", pairs.size(),
                 " pairs cuts a cluster: λ_k = ", pairs.values(edge), " and λ_{k+1} = ", pairs.guard_value, " are ",
                 std::abs(pairs.guard_value - pairs.values(edge)), " apart; choose k to hold the whole cluster"));
}

template <ScalarType S>
void require_whole_cluster(const Eigenpairs<S>& pairs, const Cluster& cluster, const char* who) {
    const Index end = cluster.first + cluster.count;
    if (cluster.first < 0 || cluster.count < 1 || end > pairs.size()) {
        throw std::invalid_argument(
            sentence(who, ": there are no pairs ", cluster.first + 1, " to ", end, " among ", pairs.size()));
    }
    for (const Cluster& own : pairs.clusters) {
        const Index own_end = own.first + own.count;
        const bool apart = own_end <= cluster.first || own.first >= end;
        if (apart || (own.first >= cluster.first && own_end <= end)) continue;
        throw NotDifferentiable(sentence(who, ": pairs ", cluster.first + 1, " to ", end, " are only a part of ",
                                         describe(pairs, own), "; take the whole of it"));
    }
    if (pairs.cuts_cluster && is_open(pairs, cluster))
        refuse_cut_cluster(pairs, "the cluster at the open end of the set", who);
}

template <ScalarType S>
std::vector<Index> cluster_of_pairs(const Eigenpairs<S>& pairs) {
    std::vector<Index> of(static_cast<std::size_t>(pairs.size()));
    for (std::size_t c = 0; c < pairs.clusters.size(); ++c) {
        const Cluster& cluster = pairs.clusters[c];
        for (Index i = cluster.first; i < cluster.first + cluster.count; ++i)
            of[static_cast<std::size_t>(i)] = static_cast<Index>(c);
    }
    return of;
}

template <ScalarType S>
double gap_of(const Eigenpairs<S>& pairs, Index i) {
    const auto of = cluster_of_pairs(pairs);
    double gap = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < pairs.size(); ++j) {
        if (of[static_cast<std::size_t>(j)] == of[static_cast<std::size_t>(i)]) continue;
        gap = std::min(gap, std::abs(pairs.values(j) - pairs.values(i)) - pairs.residuals(j));
    }
    const Cluster& own = pairs.clusters[static_cast<std::size_t>(of[static_cast<std::size_t>(i)])];
    const bool touches_guard = pairs.cuts_cluster && is_open(pairs, own);
    if (std::isfinite(pairs.guard_value) && !touches_guard) {
        gap = std::min(gap, std::abs(pairs.guard_value - pairs.values(i)) - pairs.guard_residual);
    }
    return positive_gap(pairs, i, gap);
}

template <ScalarType S>
double gap_outside(const Eigenpairs<S>& pairs, Index i) {
    if (!std::isfinite(pairs.guard_value)) return gap_of(pairs, i);
    if (is_farthest_from_zero(pairs))
        return positive_gap(pairs, i, std::abs(pairs.values(i)) - std::abs(pairs.guard_value) - pairs.guard_residual);
    if (pairs.which == Which::nearest) {  // nothing outside the set is nearer to σ than the guard
        const double radius = std::abs(pairs.guard_value - pairs.sigma) - pairs.guard_residual;
        return positive_gap(pairs, i, radius - std::abs(pairs.values(i) - pairs.sigma));
    }
    return positive_gap(pairs, i, std::abs(pairs.guard_value - pairs.values(i)) - pairs.guard_residual);
}

template <ScalarType S>
std::vector<GaugeReport> gauge_reports(const Eigenpairs<S>& pairs, const Eigen::VectorXd& values_bar,
                                       const Matrix<S>& M, const Eigen::VectorXd& vector_norms) {
    const double largest = values_bar.size() > 0 ? values_bar.cwiseAbs().maxCoeff() : 0.0;
    std::vector<GaugeReport> reports;
    for (const Cluster& cluster : pairs.clusters) {
        const Index c = cluster.first, m = cluster.count;
        GaugeReport report{.cluster = cluster, .worst_i = c, .worst_j = c};
        if (M.size() > 0) {
            const Matrix<S> block = M.block(c, c, m, m);
            const Matrix<S> seen = (block - block.adjoint()) / 2.0;
            const double size = vector_norms.segment(c, m).norm();
            if (size > 0.0) report.residual = seen.norm() / size;
            Index i = 0, j = 0;
            seen.cwiseAbs().maxCoeff(&i, &j);
            report.worst_i = c + std::min(i, j);
            report.worst_j = c + std::max(i, j);
        }
        if (largest > 0.0) {
            const auto bars = values_bar.segment(c, m);
            report.spread = (bars.maxCoeff() - bars.minCoeff()) / largest;
        }
        reports.push_back(report);
    }
    return reports;
}

template <ScalarType S>
void refuse_gauge_violation(const Eigenpairs<S>& pairs, const std::vector<GaugeReport>& reports, double tolerance) {
    for (const GaugeReport& report : reports) {
        if (report.residual > tolerance && report.cluster.count == 1) {
            throw NotDifferentiable(sentence("pullback: the cotangent of ", describe(pairs, report.cluster),
                                             " depends on the eigenvector's phase: gauge residual |Im xᴴx̄|/‖x̄‖ = ",
                                             report.residual, " exceeds ", tolerance));
        }
        if (report.residual > tolerance) {
            throw NotDifferentiable(sentence("pullback: the cotangent of ", describe(pairs, report.cluster),
                                             " depends on the basis inside it: gauge residual ", report.residual,
                                             " exceeds ", tolerance, ", worst for pairs ", report.worst_i + 1, " and ",
                                             report.worst_j + 1, "; a SpectralFunction may express this objective"));
        }
        if (report.spread > tolerance) {
            throw NotDifferentiable(
                sentence("pullback: the eigenvalue cotangents inside ", describe(pairs, report.cluster), " differ by ",
                         report.spread,
                         " of the largest one, so the objective depends on "
                         "the order of equal eigenvalues; make them equal or use a symmetric function"));
        }
    }
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                       \
    template void require_differentiable_pairs<S>(const Eigenpairs<S>&, Index, const char*);                           \
    template bool is_open<S>(const Eigenpairs<S>&, const Cluster&);                                                    \
    template void refuse_cut_cluster<S>(const Eigenpairs<S>&, const char*, const char*);                               \
    template void require_whole_cluster<S>(const Eigenpairs<S>&, const Cluster&, const char*);                         \
    template double gap_of<S>(const Eigenpairs<S>&, Index);                                                            \
    template double gap_outside<S>(const Eigenpairs<S>&, Index);                                                       \
    template std::vector<Index> cluster_of_pairs<S>(const Eigenpairs<S>&);                                             \
    template std::vector<GaugeReport> gauge_reports<S>(const Eigenpairs<S>&, const Eigen::VectorXd&, const Matrix<S>&, \
                                                       const Eigen::VectorXd&);                                        \
    template void refuse_gauge_violation<S>(const Eigenpairs<S>&, const std::vector<GaugeReport>&, double);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
