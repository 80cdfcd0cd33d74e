#pragma once
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/operator/pencil.hpp>

#include <stdexcept>
#include <string>

namespace lambdabar {

// Checks shared by every derivative of an eigenpair set. Each throws with the numbers in one sentence, which begins
// with the function `who`.

/// Throws std::invalid_argument if A and B differ in size.
template <ScalarType S>
void require_same_rows(const Pencil<S>& pencil) {
    if (!pencil.B || pencil.B->rows() == pencil.rows()) return;
    throw std::invalid_argument("pullback: A has " + std::to_string(pencil.rows()) + " rows and B has " +
                                std::to_string(pencil.B->rows()));
}

/// NotConverged unless the pairs are; std::invalid_argument unless their sizes fit n.
template <ScalarType S>
void require_differentiable_pairs(const Eigenpairs<S>& pairs, Index n, const char* who = "pullback");

/// True if the cluster lies at an open end of the set, where the next eigenvalue may belong to it.
template <ScalarType S>
bool is_open(const Eigenpairs<S>& pairs, const Cluster& cluster);

/// NotDifferentiable naming λ_k, the guard value and their distance, if the set cuts a cluster.
template <ScalarType S>
void refuse_cut_cluster(const Eigenpairs<S>& pairs, const char* what, const char* who = "pullback");

/// std::invalid_argument unless `cluster` lies in the set, NotDifferentiable unless it is a union of the set's clusters
/// none of which the set cuts.
template <ScalarType S>
void require_whole_cluster(const Eigenpairs<S>& pairs, const Cluster& cluster, const char* who);

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
