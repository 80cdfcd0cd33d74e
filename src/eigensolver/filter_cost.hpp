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

    /// The exponent g by which one filter application should let the wanted end grow, if it grows by `growth` a degree.
    /// A step costs step + g·product·b/growth and gains g, less what longer filters forgo of a Krylov space's own
    /// acceleration, a share in proportion to g: (step/g + product·b/growth)(1 + g/a) is smallest at
    /// g = √(a·step·growth/(product·b)). a = 20 and 4 ≤ g ≤ 14 are measured on grids, disordered lattices and spin
    /// chains, where half and twice the a cost some per cent; beyond, filters outgrow single precision.
    double gain(double growth, Index b) const;
};

}  // namespace lambdabar
