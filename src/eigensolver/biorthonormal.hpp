#pragma once
// From two runs, with A and with Aᴴ, to one set of bi-orthonormal pairs.
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/operator/general_pencil.hpp>

#include <algorithm>
#include <cmath>

namespace lambdabar {

/// Partition of values in the plane: i and j are linked if |λ_i − λ_j| ≤ max(distance_i, distance_j, error_i +
/// error_j).
std::vector<std::vector<Index>> linked_values(const Eigen::VectorXcd& values, const Eigen::VectorXd& distances,
                                              const Eigen::VectorXd& errors);

/// The distance up to which value i and another one are one cluster in any case.
template <ScalarType S>
double cluster_distance(const GeneralEigenpairs<S>& pairs, Index i) {
    const bool shifted = !std::isnan(pairs.sigma.real());
    return pairs.cluster_tol * (shifted ? std::abs(pairs.values(i) - pairs.sigma) : pairs.norm_A);
}

/// B X, or X itself without B.
template <ScalarType S>
Block<std::complex<double>> mass_times(const GeneralPencil<S>& pencil, bool adjoint,
                                       const Matrix<std::complex<double>>& X);

/// The guard cannot be told from value i. `distance` as in linked_values().
template <ScalarType S>
bool guard_touches(const GeneralEigenpairs<S>& pairs, Index i) {
    const double gap = std::abs(pairs.guard_value - pairs.values(i));
    const double guard = std::isnan(pairs.guard_residual) ? 0.0 : pairs.guard_residual;
    return gap <= std::max(cluster_distance(pairs, i), pairs.errors(i) + guard);
}

/// Columns `left_vectors` with the values `left_values` (as λ, not conjugated) become pairs.left, in the order of
/// pairs.values and scaled to YᴴBX = I: within each cluster by the dual basis, then as a whole. Fills conditions,
/// left_residuals and clusters; `distances`: which values are one cluster in any case. Returns false, with the reason
/// in `why`, if some value has no partner.
template <ScalarType S>
bool join_left(const GeneralPencil<S>& pencil, const Eigen::VectorXcd& left_values,
               const Matrix<std::complex<double>>& left_vectors, const Eigen::VectorXd& left_residuals,
               const Eigen::VectorXd& distances, const Sum& sum, GeneralEigenpairs<S>& pairs, std::string& why);

}  // namespace lambdabar
