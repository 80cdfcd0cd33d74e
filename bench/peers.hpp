#pragma once
// The solvers set beside lambdabar, with lambdabar's own sparse product (one column, all OpenMP threads), so that only
// the algorithms and their orthogonalization differ.
#include "cases.hpp"

namespace bench {

using lambdabar::Index;
using lambdabar::ScalarType;

/// What any contender returns.
template <ScalarType S>
struct Solution {
    Eigen::VectorXd values;        // ascending
    lambdabar::Matrix<S> vectors;  // n×k, in that order
    Index products = 0;            // single-vector products
    Index basis = 0;               // most basis vectors held
};

/// Both peers call a Ritz pair converged when its residual is at most tol·max(eps^(2/3), |θ|).
struct PeerSettings {
    Index k = 1;
    Index basis = 20;      // Lanczos vectors: ncv
    double tol = 1e-8;     // relative to |θ|, not to ‖A‖
    int blas_threads = 1;  // ARPACK's own; Spectra is serial
    Index restarts = 5000;
};

/// The tolerance that makes the true residual of every wanted pair at most `residual`, given the wanted eigenvalues.
inline double peer_tolerance(double residual, const Eigen::VectorXd& values) {
    return residual / values.cwiseAbs().maxCoeff();
}

/// ARPACK, the k smallest (real part) eigenpairs: dsaupd/dseupd, or znaupd/zneupd (it has no complex Hermitian
/// Lanczos). Throws std::runtime_error with ARPACK's code unless all k converged.
template <ScalarType S>
Solution<S> solve_arpack(const Product<S>& A, const PeerSettings& settings);

/// Spectra 1.0.1: real only. Throws std::runtime_error unless all k converged.
Solution<double> solve_spectra(const Product<double>& A, const PeerSettings& settings);

}  // namespace bench
