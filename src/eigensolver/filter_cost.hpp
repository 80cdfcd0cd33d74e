#pragma once
#include <lambdabar/types.hpp>

namespace lambdabar {

/// What block Lanczos with a filter moves through memory, in bytes for each row of A: the cost model by which it
/// chooses the degree of the filter. Bytes, not seconds: a clock would let results depend on what else the machine is
/// doing.
struct FilterCost {
    double product = 0.0;  // of one column, in the filter
    double step = 0.0;  // of a step, for all b columns, without the filter: Rayleigh–Ritz, residuals, orthogonalization

    /// By the entries a row of A, the size of a number, blocks of b and a basis of m vectors; `single`: the filter
    /// works in single precision.
    static FilterCost of(double entries_per_row, Index number, Index b, Index m, bool single);

    /// The exponent by which one filter application should let the wanted end grow, if it grows by `growth` a degree.
    /// With a gain g a solve takes some g^−0.6 steps, and each of them products in proportion to g: the larger g, the
    /// more products and the fewer passes over the basis. The minimum of (g·product·b/growth + step)/g^0.6 is at g
    /// = 1.5·step·growth/(product·b). Measured on grids, disordered lattices and spin chains the best gain is about
    /// four times that, as products come nearer to the machine's bandwidth than short kernels do; between 4 and 8 it
    /// matters little, and beyond, filters outgrow the precision of what they act on.
    double gain(double growth, Index b) const;
};

}  // namespace lambdabar
