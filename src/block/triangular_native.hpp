#pragma once
// Solves with the sparse factors of L D Lᴴ, several right-hand sides at once. No Eigen type, as native.hpp says.
#include "native.hpp"

namespace lambdabar::native {

/// A unit lower triangular L by compressed columns with ascending 32-bit row numbers, the first `skip` entries of each
/// column not part of it (0: its diagonal is not stored; 1: it is, whatever stands there), and the real diagonal D.
/// Columns panel[p] … panel[p + 1] − 1, at most four, share their rows below the panel, and are full inside it: columns
/// of one supernode.
struct LdltFactors {
    const int* start;
    const int* row;
    const double* value;  // interleaved if complex
    const double* diagonal;
    const int* panel;
    Size panels;
    int skip = 0;
};

/// y = L⁻ᴴ D⁻¹ L⁻¹ y for n rows of `lanes` = 1, 2, 4 or 8 doubles; complex: n rows of `lanes` real parts and then as
/// many imaginary ones. Passes over L, 2: each entry is loaded once for all lanes, each row of y once for a panel.
void solve_ldlt(const LdltFactors& factors, double* y, int lanes);
void solve_ldlt_complex(const LdltFactors& factors, double* y, int lanes);

}  // namespace lambdabar::native
