#pragma once
// Families of operators and objectives that the tests of check_gradient share.
#include "check/bent_operator.hpp"

#include <lambdabar/lambdabar.hpp>

#include <cmath>

namespace lambdabar::test {

inline constexpr Index n = 40;

Eigen::VectorXd some_parameters();

/// A(p) = A₀ + Σ p_l A_l with the given spectrum at p = 0, in three sparse directions that split every cluster.
template <ScalarType S>
auto affine_factory(const Eigen::VectorXd& spectrum) {
    const Sparse<S> A0 = sparse_with_spectrum<S>(spectrum, 1);
    std::vector<Sparse<S>> terms;
    for (unsigned l = 0; l < 3; ++l)
        terms.push_back(sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(spectrum.size(), -1.0, 1.0), 20 + l));
    return [A0, terms](const Eigen::VectorXd& p) { return AffineOperator<S>(A0, terms, p); };
}

/// 1, 2, 2, 3, 5, 5.1, 5.2 … : the four lowest hold a doublet and end at a gap.
Eigen::VectorXd doublet_spectrum();

/// Σ ½ c_i λ_i² + Σ_groups tr(P H P H), P = Σ_group x_i x_iᴴ: invariant under phases and rotations inside groups.
template <ScalarType S>
Objective<S> projectors(Index k, std::vector<Cluster> groups);

template <ScalarType S>
Objective<S> simple_pairs(Index k);

inline const std::vector<Cluster> kDoublet = {{0, 1}, {1, 2}, {3, 1}};

/// Every order observed above the noise, except of the first step, lies near 2.
bool second_order(const GradientReport& report);

const Law* failed_law(const GradientReport& report);

inline double fermi(double x) { return 1.0 / (1.0 + std::exp(3.0 * (x - 2.5))); }
inline double fermi_prime(double x) { return -3.0 * fermi(x) * (1.0 - fermi(x)); }

/// Σ f(λ_i) x_iᴴ D x_i, given as a spectral function or as pairs.
template <ScalarType S>
Objective<S> occupations(bool spectral);

}  // namespace lambdabar::test
