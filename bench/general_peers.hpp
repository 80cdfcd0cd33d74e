#pragma once
// The peers for operators without symmetry, with lambdabar's own sparse product (one column, all OpenMP threads). All
// look for the rightmost eigenvalues and their right eigenvectors.
#include "peers.hpp"

#include <lambdabar/operator/sparse_general.hpp>

namespace bench {

/// What any contender returns.
struct GeneralSolution {
    Eigen::VectorXcd values;
    lambdabar::Matrix<std::complex<double>> vectors;
    Index products = 0;
    Index basis = 0;
};

/// ARPACK: dnaupd/dneupd or znaupd/zneupd. A residual of tol·|θ| is converged. Throws std::runtime_error with ARPACK's
/// code unless all k converged.
template <ScalarType S>
GeneralSolution solve_arpack(const lambdabar::SparseGeneral<S>& A, const PeerSettings& settings);

/// Spectra's GenEigsSolver and SLEPc's Krylov–Schur: real only; SLEPc where this build has it.
GeneralSolution solve_spectra(const lambdabar::SparseGeneral<double>& A, const PeerSettings& settings);
GeneralSolution solve_slepc(const lambdabar::SparseGeneral<double>& A, const PeerSettings& settings);

}  // namespace bench
