#pragma once
// Triangular solves with the rows of an incomplete factor. No Eigen type, as native.hpp says.
#include "native.hpp"

namespace lambdabar::native {

/// y_i ← y_i − Σ_e N_e y_column(e) for i = 0 … n − 1: (I + N) y = b in place, N strictly lower triangular; with
/// `diagonal` from the last row up, y_i ← diagonal_i y_i − Σ_e N_e y_column(e), N strictly upper triangular. Columns
/// are divided among the threads; each reads N once for up to 8 of its doubles a row, and computes every column alike.
void substitute(const Rows& N, const double* diagonal, double* Y, Size ldy, Size b);
void substitute_complex(const Rows& N, const double* diagonal, double* Y, Size ldy, Size b);

}  // namespace lambdabar::native
