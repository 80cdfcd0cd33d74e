#pragma once
// The dense reference of oracle.hpp for A x = λ B x: sections 2 and 3 of docs/mathematics.md with B. Nothing of the
// library but its types is used.
#include <limits>

#include "derivative/oracle.hpp"

namespace oracle {

/// All finite eigenpairs of the pencil, vectors B-orthonormal, and the set first … first + k − 1. With a singular B the
/// infinite ones too: `infinite_vectors` N spans the null space of B, with NᴴAN = `infinite_A` diagonal.
template <ScalarType S>
struct PencilDecomposition {
    Matrix<S> B;
    Decomposition<S> pairs;      // all_vectors is n×(rank of B)
    Matrix<S> infinite_vectors;  // n×(n − rank of B)
    Eigen::VectorXd infinite_A;

    Eigen::VectorXd values() const { return pairs.values(); }
    Matrix<S> vectors() const { return pairs.vectors(); }
    /// Distance from the set to the rest of the finite spectrum.
    double gap() const {
        const Index first = pairs.first, end = first + pairs.k;
        double gap = std::numeric_limits<double>::infinity();
        if (first > 0) gap = std::min(gap, pairs.all_values(first) - pairs.all_values(first - 1));
        if (end < pairs.n()) gap = std::min(gap, pairs.all_values(end) - pairs.all_values(end - 1));
        return gap;
    }
};

/// The pairs of a pencil with regular B.
template <ScalarType S>
PencilDecomposition<S> decompose(const Matrix<S>& A, const Matrix<S>& B, Index first, Index k);

/// The pairs of a pencil with a semidefinite B of rank `rank`: with the null space N of B, A regular on it, finite
/// eigenvectors are x = (I − N(NᴴAN)⁻¹NᴴA) y.
template <ScalarType S>
PencilDecomposition<S> decompose_singular(const Matrix<S>& A, const Matrix<S>& B, Index rank, Index first, Index k);

/// Replaces the vectors of each cluster of the set by the B-orthonormal basis of the same space nearest to `X`.
template <ScalarType S>
void align(PencilDecomposition<S>& d, const Matrix<S>& X, const std::vector<Cluster>& clusters);

/// w_i = −Σ_{j outside} x_j (x_jᴴ rhs_i)/(λ_j − λ_i), and the limit −N (NᴴAN)⁻¹ Nᴴ rhs_i of the infinite ones.
template <ScalarType S>
Matrix<S> outside(const PencilDecomposition<S>& d, const Matrix<S>& rhs);

template <ScalarType S>
struct BothCotangents {
    Matrix<S> A, B, W;
};

/// Section 2: Ā and B̄; K_ji = 0 where |λ_i − λ_j| ≤ cluster_distance.
template <ScalarType S>
BothCotangents<S> pullback_pairs(const PencilDecomposition<S>& d, const Eigen::VectorXd& values_bar,
                                 const Matrix<S>& X_bar, double cluster_distance);

/// Section 3: Ā and B̄ for F = Σ f(λ_i) x_i x_iᴴ; `difference(a, b)` is f[a, b] and
/// h[a, b] = (a f(a) − b f(b))/(a − b) = f(a) + b f[a, b].
template <ScalarType S>
BothCotangents<S> pullback_spectral(const PencilDecomposition<S>& d, const std::function<double(double)>& f,
                                    const std::function<double(double, double)>& difference, const Matrix<S>& F_bar);

}  // namespace oracle
