#pragma once
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

#include <optional>

namespace lambdabar {

/// Incomplete Cholesky factor L of the Hermitian matrix with the lower triangle A (compressed, the diagonal stored), on
/// the pattern of A: (L Lᴴ)_ij = A_ij there (Meijerink & van der Vorst, Math. Comp. 31, 1977).
///
/// Of what is dropped at (i, j), where L Lᴴ is then larger than A, the `relaxation`, 0 … 1, is taken from the diagonal
/// at i and j. With 1, and all entries off the diagonal at most 0, L Lᴴ has the row sums of A, and so nearly its lowest
/// vectors: the condition of a grid of width h falls from h⁻² to h⁻¹ (Gustafsson, BIT 18, 1978; a little less than 1 is
/// safer: Axelsson & Lindskog, Numer. Math. 48, 1986).
///
/// Nothing if a pivot is not above `least_pivot` times its diagonal entry, least_pivot ≥ 0.
template <ScalarType S>
std::optional<Eigen::SparseMatrix<S>> modified_cholesky(Eigen::SparseMatrix<S> A, double relaxation,
                                                        double least_pivot);

}  // namespace lambdabar
