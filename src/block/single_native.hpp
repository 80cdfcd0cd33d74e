#pragma once
// Kernels for a single column, where those of native.hpp would work one number at a time.
#include "native.hpp"

namespace lambdabar::native {

/// w −= V c for one column w and a row-major V (n×m), then partial[p] (m + 1): Vᵀw and wᵀw over the rows of partition
/// p.
void project_single(Size n, const double* V, Size ldv, Size m, const double* c, double* w, Size ldw, double* partial);

}  // namespace lambdabar::native
