#pragma once
// What both pullbacks of general pairs share.
#include "eigensolver/biorthonormal.hpp"

#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/projected_solver/projected_gmres.hpp>

namespace lambdabar {

/// Throws unless the pairs are converged, have left vectors, and fit the operator.
template <ScalarType S>
void require_general_pairs(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs);

/// Throws NotDifferentiable if one of the `touched` pairs is too close to an exceptional point or to an eigenvalue
/// beyond the set. Returns the largest condition among them.
template <ScalarType S>
double require_regular(const GeneralEigenpairs<S>& pairs, const std::vector<Index>& touched,
                       const GeneralPullbackOptions& options);

/// The cluster that pair i belongs to.
template <ScalarType S>
const std::vector<Index>& cluster_of(const GeneralEigenpairs<S>& pairs, Index i) {
    for (const auto& c : pairs.clusters) {
        for (const Index j : c) {
            if (j == i) return c;
        }
    }
    return pairs.clusters.front();
}

/// Distance from λ_i to the nearest known value (the guard included) that is not among `excluded`.
template <ScalarType S>
double gap_beside(const GeneralEigenpairs<S>& pairs, Index i, const std::vector<Index>& excluded);

/// Solves, counts, and throws NotConverged for a column that missed its tolerance.
template <ScalarType S>
Block<std::complex<double>> solve_general_adjoint(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                                                  const SingularSystems& systems, Block<std::complex<double>> rhs,
                                                  const GeneralPullbackOptions& options, GeneralPullbackReport& report);

/// V Wᴴ of complex blocks as a cotangent of the operator's scalar: a real operator gets Re(V Wᴴ), as
/// [Re V, Im V][Re W, Im W]ᵀ.
template <ScalarType S>
GeneralCotangent<S> cotangent_of(const Block<std::complex<double>>& V, const Block<std::complex<double>>& W);

/// ‖V Wᴴ‖_F
template <ScalarType S>
double cotangent_norm(const GeneralCotangent<S>& bar, const Sum& sum);

}  // namespace lambdabar
