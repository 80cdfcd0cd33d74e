#pragma once
// Smooth functions of eigenvalues that stand for an extreme eigenvalue or a gap, with their λ̄ and with bounds of what
// they leave out. Each is exact in value and gradient whatever the gaps inside the set; only a set that cuts a cluster
// is refused, by pullback().
//
//     auto phi = soft_min(pairs, 40.0);
//     auto bar = pullback(A, pairs, phi);
#include <lambdabar/derivative/symmetric_function.hpp>

namespace lambdabar {

/// −(1/β) log Σ_i exp(−βλ_i) ≤ λ_min, β > 0, of pairs at the lower end; λ̄ = the weights exp(−βλ_i)/Σ. With the n − k
/// eigenvalues that are left out, each at least λ_{k+1}, the value would be lower by at most
/// (1/β) log(1 + (n − k) exp(−βλ_{k+1})/Σ) =: truncation. distance = λ_1 − value ≤ log(k)/β.
/// Throws std::invalid_argument for a β that is not a positive number, or pairs that do not lie at this end.
template <ScalarType S>
SymmetricFunction soft_min(const Eigenpairs<S>& pairs, double beta, const Sum& sum = {});

/// (1/β) log Σ_i exp(βλ_i) ≥ λ_max, of pairs at the upper end, likewise.
template <ScalarType S>
SymmetricFunction soft_max(const Eigenpairs<S>& pairs, double beta, const Sum& sum = {});

/// On which side of the extremum an aggregate lies: beyond it (Σ), or within the set's range (mean instead of Σ).
enum class Bound { outside, inside };

/// The Kreisselmeier–Steinhauser aggregate (1979) of the k values of the set alone (truncation 0): of the largest
/// λ_max + (1/ρ) log Σ exp(ρ(λ_i − λ_max)) ≥ λ_max, `inside`: less log(k)/ρ, so ≤ λ_max; of the smallest mirrored.
template <ScalarType S>
SymmetricFunction kreisselmeier_steinhauser(const Eigenpairs<S>& pairs, double rho, Bound bound = Bound::outside);

/// The p-norm aggregate of the k positive values of the set alone, p ≥ 1: of the largest (Σ λ_i^p)^(1/p) ≥ λ_max, of
/// the smallest (Σ λ_i^(−p))^(−1/p) ≤ λ_min; `inside`: with the mean instead of Σ. distance ≤ λ_max (k^(1/p) − 1), and
/// λ_min (1 − k^(−1/p)). Throws std::invalid_argument also if a value is not positive.
template <ScalarType S>
SymmetricFunction p_norm(const Eigenpairs<S>& pairs, double p, Bound bound = Bound::outside);

struct BandGapOptions {
    double beta = 0.0;      // edges as soft_max and soft_min with this β; 0: the edges themselves, if simple
    bool relative = false;  // gap over mid-gap, 2(u − l)/(u + l), instead of u − l
    Sum sum = {};
};

/// The gap between the `occupied` lowest eigenvalues of the set and the ones above. With β > 0 a lower bound of the
/// gap; truncation and distance as above, for both edges together. Throws NotDifferentiable if there is no gap (one
/// cluster), or if an edge is multiple and β = 0: then band_edges() has what exists. std::invalid_argument for
/// `occupied` outside 1 … k − 1, u + l ≤ 0 with `relative`, or pairs at the upper end.
template <ScalarType S>
SymmetricFunction band_gap(const Eigenpairs<S>& pairs, Index occupied, const BandGapOptions& options = {});

/// Fermi–Dirac occupations f_i = 1/(1 + exp((λ_i − μ)/T)) of one state per eigenvector.
struct FermiDirac {
    double level = 0.0;                             // μ
    double temperature = 0.0;                       // T, in units of λ
    double electrons = 0.0;                         // Σ f_i
    Eigen::VectorXd occupations = {}, slopes = {};  // f_i and f′(λ_i)
    double band_energy = 0.0;                       // Σ f_i λ_i
    double entropy = 0.0;                           // −Σ f_i log f_i + (1 − f_i) log(1 − f_i)
    double truncation = 0.0;                        // electrons that the n − k states left out would hold, at most
    SymmetricFunction free_energy = {};  // Σ f_iλ_i − T·entropy at fixed Σ f_i: λ̄ = f; distance to T = 0: T·entropy

    double occupation(double lambda) const;
    double slope(double lambda) const;
};

/// Occupations with Σ f_i = electrons, 0 < electrons < k, over pairs at the lower end; T > 0.
template <ScalarType S>
FermiDirac fermi_dirac(const Eigenpairs<S>& pairs, double electrons, double temperature, const Sum& sum = {});

/// What stays the same when A changes: the number of electrons (μ follows), or the level μ.
enum class Fixed { electrons, level };

/// An objective of the density matrix F = Σ f_i x_i x_iᴴ, ready for pullback(): F̄ is given through the block F̄X. With
/// fixed electrons dμ = Σ f′_i dλ_i/Σ f′_i, and its effect is that of F̄ + c·I, c = −Σ f′_i x_iᴴF̄x_i/Σ f′_i: dF keeps
/// its trace. Of a pencil take Fixed::level and add the pullback of level_response().
template <ScalarType S>
SpectralFunction<S> density_matrix(const FermiDirac& state, const Eigenpairs<S>& pairs, const Matrix<S>& bar_times_X,
                                   Fixed fixed = Fixed::electrons, const Sum& sum = {});

/// What the level's change contributes to an objective of the density matrix with fixed electrons, for A x = λ B x too:
/// dφ = Re tr(F̄ᴴ dF) at fixed level + Σ λ̄_i dλ_i, λ̄ = c f′. Its value is 0.
template <ScalarType S>
SymmetricFunction level_response(const FermiDirac& state, const Eigenpairs<S>& pairs, const Matrix<S>& bar_times_X,
                                 const Sum& sum = {});

/// The projector onto the pairs of `part`, a union of whole clusters of the set, with F̄ given through F̄X (all k
/// columns). Throws NotDifferentiable if it cuts a cluster.
template <ScalarType S>
SpectralFunction<S> spectral_projector(const Eigenpairs<S>& pairs, const Cluster& part, const Matrix<S>& bar_times_X);

}  // namespace lambdabar
