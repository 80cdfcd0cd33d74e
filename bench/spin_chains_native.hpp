#pragma once
// The transverse-field Ising ring without a matrix, on raw pointers (cmake/NativeKernels.cmake says why).
#include <cstddef>

namespace bench::native {

/// Y = scale·(H X − X diag(shift)) − beta·Y, H = −Σ σᶻ_j σᶻ_{j+1} − field Σ σˣ_j on a ring of `spins`, basis state r
/// with spin j up where bit j of r is set. Row-major blocks of b columns; traffic: X and Y once, if the rows that
/// differ in one spin stay in cache.
void ising_apply(int spins, double field, const double* X, std::ptrdiff_t ldx, std::ptrdiff_t b, const double* shift,
                 double scale, double beta, double* Y, std::ptrdiff_t ldy);

}  // namespace bench::native
