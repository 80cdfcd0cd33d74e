#pragma once
// Triangular solves with the rows of an incomplete factor. No Eigen type, as native.hpp says.
#include "native.hpp"

namespace lambdabar::native {

/// Rows in the order in which they are to be computed.
struct OrderedRows {
    Size n;
    const int* row;    // of the matrix
    const int* start;  // n + 1
    const int* column;
    const double* value;  // interleaved if complex
};

/// y_i ← y_i − Σ_e N_e y_column(e) for the rows i of N in their order: (I + N) y = b in place; with `diagonal`
/// y_i ← diagonal_i y_i − Σ_e N_e y_column(e). Threads take 8 doubles of a row each, N read once for them; fewer are
/// one thread's. Every column is computed alike.
void substitute(const OrderedRows& N, const double* diagonal, double* Y, Size ldy, Size b);
void substitute_complex(const OrderedRows& N, const double* diagonal, double* Y, Size ldy, Size b);

}  // namespace lambdabar::native
