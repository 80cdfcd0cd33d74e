#pragma once
// The peers of shift-invert, all with one factorization: lambdabar's.
#include "peers.hpp"

#include <functional>

namespace bench {

/// A x = λ B x seen through single columns: y = (A − σB)⁻¹ x, y = B x.
template <ScalarType S>
struct InvertedPencil {
    Index rows = 0;
    double sigma = 0.0;
    std::function<void(const S*x, S*y)> solve, mass;
};

/// All peers iterate on (A − σB)⁻¹B in the inner product of B, for its eigenvalues μ = 1/(λ − σ) of largest magnitude,
/// and call a pair converged when its Lanczos residual is at most tol·|μ|. `products` of the result counts solves.
/// The start vector is (A − σB)⁻¹B times a random one, so that a singular B does no harm.

/// ARPACK in mode 3: dsaupd/dseupd, or znaupd/zneupd.
template <ScalarType S>
Solution<S> solve_arpack(const InvertedPencil<S>& pencil, const PeerSettings& settings);

/// Spectra's SymGEigsShiftSolver: real only.
Solution<double> solve_spectra(const InvertedPencil<double>& pencil, const PeerSettings& settings);

/// SLEPc's Krylov–Schur with STSINVERT, the factor as its preconditioner applied once: real only. Only where this build
/// has SLEPc.
Solution<double> solve_slepc(const InvertedPencil<double>& pencil, const PeerSettings& settings);

/// Random, in the range of (A − σB)⁻¹B. One solve.
template <ScalarType S>
lambdabar::Vector<S> start_vector(const InvertedPencil<S>& pencil) {
    lambdabar::Vector<S> x = lambdabar::Vector<S>::Random(pencil.rows), Bx(pencil.rows);
    pencil.mass(x.data(), Bx.data());
    pencil.solve(Bx.data(), x.data());
    return x;
}

}  // namespace bench
