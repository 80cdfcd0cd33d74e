#pragma once
// Solves with the sparse factors of L D Lᴴ, several right-hand sides at once. No Eigen type, as native.hpp says.
#include "native.hpp"

namespace lambdabar::native {

/// A unit lower triangular L by compressed columns with ascending row numbers, the first `skip` entries of each column
/// not part of it (0: its diagonal is not stored; 1: it is, whatever stands there), and the real diagonal D.
struct LdltFactors {
    const int* start;
    const double* value;  // interleaved if complex
    const double* diagonal;
    int skip = 0;
};

/// At most kPanelColumns neighbouring columns of one supernode: they share their rows below the panel, and are full
/// inside it.
constexpr int kPanelColumns = 8;
struct LdltPanel {
    int column, columns;  // first of L, and how many
    int place;            // of the first one's row in y
    int below;            // number of rows below the panel
    Size rows;            // where their places in y stand in `rows`
};

/// Some panels of L, ascending, and the rows of y that they reach.
struct LdltPanels {
    const LdltPanel* panel;
    Size count;
    const int* rows;
};

/// The least number of lanes for so many columns; at most 16, or 8 complex ones.
int ldlt_lanes(int columns, bool complex);

/// y ← L⁻¹ y, and y ← L⁻ᴴ D⁻¹ y, for these panels alone, where y has rows of `lanes` doubles; complex: rows of `lanes`
/// real parts and then as many imaginary ones. Each entry of L is loaded once for all lanes,
/// each row of y once for a panel. Every lane is computed alike at every width.
void ldlt_forward(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes);
void ldlt_backward(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes);
void ldlt_forward_complex(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes);
void ldlt_backward_complex(const LdltFactors& factors, const LdltPanels& panels, double* y, int lanes);

}  // namespace lambdabar::native
