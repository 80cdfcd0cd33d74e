#pragma once
// Rings of spins ½: the operators of quantum magnetism on which exact diagonalization codes are measured.
#include "problems.hpp"

namespace bench {

/// Transverse-field Ising ring, H = −Σ σᶻ_j σᶻ_{j+1} − field Σ σˣ_j, without a matrix: 2^spins rows.
struct IsingRing {
    using Scalar = double;
    int spins = 0;
    double field = 1.0;

    Index rows() const { return Index{1} << spins; }
    void apply(lambdabar::In<double> X, lambdabar::Out<double> Y) const;
    void apply_fused(lambdabar::In<double> X, const Eigen::VectorXd& shift, double scale, double beta,
                     lambdabar::Out<double> Y) const;
};

/// The 30 lowest eigenvalues of the ring in closed form (free fermions: Lieb, Schultz & Mattis, Ann. Phys. 16, 1961;
/// Pfeuty, Ann. Phys. 57, 1970): E = Σ_q ε_q (n_q − ½), ε_q = 2√(1 + g² − 2g cos q), in the sector of even fermion
/// number with q = π(2m + 1)/N, in the odd one with q = 2πm/N and ε_0 = 2(g − 1). Needs spins ≤ 20.
Eigen::VectorXd ising_values(int spins, double field);

/// The same ring as a stored matrix: spins + 1 entries a row.
Problem<double> ising_ring(int spins, double field);

/// Heisenberg antiferromagnet on a ring, H = Σ S_j·S_{j+1}, in the sector of Sᶻ = 0: binomial(spins, spins/2) rows.
Problem<double> heisenberg_ring(int spins);

}  // namespace bench
