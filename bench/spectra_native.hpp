#pragma once
// Spectra behind plain pointers, in a shared library of its own (CMakeLists.txt says why).

namespace bench {

/// The operator: y = A x.
struct SpectraProduct {
    void (*apply)(const void* object, const double* x, double* y);
    const void* object;
};

/// The k smallest eigenpairs of a symmetric operator of size n by Spectra::SymEigsSolver, `values` (k) ascending and
/// `vectors` (n×k, column-major) beside them. Returns how many converged; the results are written only if all did.
__attribute__((visibility("default"))) long spectra_smallest(long n, SpectraProduct product, const double* start,
                                                             long k, long basis, double tol, long restarts,
                                                             double* values, double* vectors);

/// The same for the k eigenpairs of A x = λ B x nearest to σ, by Spectra::SymGEigsShiftSolver: `solve` is
/// y = (A − σB)⁻¹ x, `mass` y = B x.
__attribute__((visibility("default"))) long spectra_nearest(long n, SpectraProduct solve, SpectraProduct mass,
                                                            double sigma, const double* start, long k, long basis,
                                                            double tol, long restarts, double* values, double* vectors);

/// The k rightmost eigenvalues of an operator without symmetry by Spectra::GenEigsSolver: `values` (k) and `vectors`
/// (n×k) as interleaved complex numbers.
__attribute__((visibility("default"))) long spectra_rightmost(long n, SpectraProduct product, const double* start,
                                                              long k, long basis, double tol, long restarts,
                                                              double* values, double* vectors);

}  // namespace bench
