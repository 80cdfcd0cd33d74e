#pragma once
#include <lambdabar/check/check_gradient.hpp>

namespace lambdabar {

/// The cotangent of an evaluation as pairs: a spectral function adds f′(λ_i) Re x_iᴴF̄x_i to λ̄_i and 2 f(λ_i) F̄x_i to X̄.
/// True of φ near the pairs; only pullback() needs more of a spectral function inside a cluster.
/// Throws std::invalid_argument for sizes that do not match the pairs and numbers that are not finite.
template <ScalarType S>
PairCotangent<S> total_cotangent(const Eigenpairs<S>& pairs, const Evaluation<S>& evaluation, const Sum& sum);

/// φ at the pairs under new phases and rotations inside clusters: the law `phase and rotation`.
template <ScalarType S>
Law invariance_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const Evaluation<S>& at_pairs,
                   const PairCotangent<S>& bar, std::uint64_t seed, const Sum& sum);

/// λ̄ against differences of φ in λ, X fixed: the law `eigenvalue cotangent`.
template <ScalarType S>
Law value_cotangent_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                        double value_at_pairs, std::uint64_t seed);

/// X̄ against differences of φ along X(h) = (X + h Δ)(I + h² ΔᴴΔ)^(−1/2), XᴴΔ anti-Hermitian, λ fixed, which keeps
/// X(h)ᴴX(h) = I: the law `eigenvector cotangent`.
template <ScalarType S>
Law vector_cotangent_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                         double value_at_pairs, std::uint64_t seed, const Sum& sum);

/// Pair cotangents only, sets with repeated eigenvalues only: does φ change under rotations inside a cluster once its
/// eigenvalues are made to differ? Then it couples λ_i with x_i there, as Σ f(λ_i) x_iᴴDx_i does, and (λ̄, X̄) cannot
/// hold its derivative (mathematics.md, section 2). The law `cluster coupling`.
template <ScalarType S>
Law coupling_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                 std::uint64_t seed);

}  // namespace lambdabar
