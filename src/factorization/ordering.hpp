#pragma once
// Fill-reducing order of a symmetric pattern, and the size of the Cholesky factor in that order.
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

namespace lambdabar {

using Permutation = Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int>;

/// Approximate minimum degree (Amestoy, Davis & Duff, SIAM J. Matrix Anal. Appl. 17, 1996; Eigen's code) of the
/// Hermitian pattern with this lower triangle. Entry i is the new place of row i.
template <ScalarType S>
Permutation minimum_degree(const Eigen::SparseMatrix<S>& lower);

/// Entries of the Cholesky factor L of P M Pᵀ, diagonal included, from its elimination tree, without forming L
/// (Gilbert, Ng & Peyton, SIAM J. Matrix Anal. Appl. 15, 1994). Time O(nnz α(n)), memory 2·nnz + 10n integers.
/// `start`, `inner`: the lower triangle of M by columns; `place`: the new place of each row.
double cholesky_entries(Index n, const int* start, const int* inner, const int* place);

template <ScalarType S>
double cholesky_entries(const Eigen::SparseMatrix<S>& lower, const Permutation& order) {
    return cholesky_entries(lower.rows(), lower.outerIndexPtr(), lower.innerIndexPtr(), order.indices().data());
}

}  // namespace lambdabar
