#pragma once
#include <lambdabar/derivative/pullback.hpp>

namespace lambdabar {

// Checks shared by every derivative of an eigenpair set. Each throws with the numbers in one sentence.

/// NotConverged unless the pairs are; std::invalid_argument unless their sizes fit n.
template <ScalarType S>
void require_differentiable_pairs(const Eigenpairs<S>& pairs, Index n);

/// True if the cluster lies at an open end of the set, where the next eigenvalue may belong to it.
template <ScalarType S>
bool is_open(const Eigenpairs<S>& pairs, const Cluster& cluster);

/// NotDifferentiable naming λ_k, the guard value and their distance, if the set cuts a cluster.
template <ScalarType S>
void refuse_cut_cluster(const Eigenpairs<S>& pairs, const char* what);

/// Distance from pair i's cluster to the nearest other eigenvalue known, less its residual; positive.
template <ScalarType S>
double gap_of(const Eigenpairs<S>& pairs, Index i);

/// Distance from pair i to the nearest eigenvalue outside the set, less its residual; positive. What happens inside the
/// set does not matter to a function of the subspace.
template <ScalarType S>
double gap_outside(const Eigenpairs<S>& pairs, Index i);

/// Index of the cluster of every pair.
template <ScalarType S>
std::vector<Index> cluster_of_pairs(const Eigenpairs<S>& pairs);

/// Gauge residual and spread of λ̄ of every cluster; M = XᴴX̄, norms of the columns of X̄.
template <ScalarType S>
std::vector<GaugeReport> gauge_reports(const Eigenpairs<S>& pairs, const Eigen::VectorXd& values_bar,
                                       const Matrix<S>& M, const Eigen::VectorXd& vector_norms);

/// NotDifferentiable naming the first cluster above tolerance, its pairs and numbers.
template <ScalarType S>
void refuse_gauge_violation(const Eigenpairs<S>& pairs, const std::vector<GaugeReport>& reports, double tolerance);

}  // namespace lambdabar
