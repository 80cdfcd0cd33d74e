#pragma once
#include "operator/counted.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// Approximate eigenvectors of the k + 1 lowest pairs of A by Spectra's Lanczos (real, one process, one
/// start vector); as many columns as Spectra converged. They are a start block: nothing is taken on trust.
Matrix<double> spectra_eigenvectors(CountedOperator<double>& A, const EigshOptions<double>& options);

}  // namespace lambdabar
