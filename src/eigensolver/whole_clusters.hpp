#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

/// One of the ways of engines.hpp.
template <ScalarType S>
using SolvePairs = Eigenpairs<S> (*)(const Pencil<S>& pencil, const EigshOptions<S>& options);

/// What `solve` returns, with clusters by the larger of cluster_tol·‖A‖ and cluster_gap. If the set cuts a cluster and
/// options.extend allows it, k grows until it does not, each solve starting from the last; then what lies beyond the
/// first whole cluster at or after k is given back to `extra`, so that the set is the smallest that holds whole
/// clusters. A set that cannot be made whole within the bound comes back as it was asked for, `cuts_cluster` set.
template <ScalarType S>
Eigenpairs<S> solve_whole_clusters(const Pencil<S>& pencil, const EigshOptions<S>& options, SolvePairs<S> solve);

}  // namespace lambdabar
