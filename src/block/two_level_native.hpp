#pragma once
// The two passes over all operands of a step of two-level conjugate gradients. No Eigen type, as native.hpp says.
#include "native.hpp"

namespace lambdabar::native {

/// Neighbouring real columns.
struct Columns {
    const double* data;
    Size ld, count;
};

/// The sums of one partition p, `size()` numbers from partial + p·size() on: (BZ)ᵀX (b×k) and RᵀE (b×e), row-major, and
/// Σ z bz and Σ z r of each of the b columns.
struct TwoLevelSums {
    Columns X, E, Z, BZ, R;

    Size size() const { return Z.count * (X.count + E.count + 2); }
};
void two_level_sums(Size n, const TwoLevelSums& operands, double* partial);

/// V C, to be added.
struct Term {
    const double* V;
    Size ldv, m;
    Factor C;
};

/// P ← Z + P diag(beta) + V₀C₀ + V₁C₁, Q ← R + BZ diag(shift) + Q diag(beta) + V₂C₂ + V₃C₃, and partial[p] (b): Σ p q.
/// Every C has b columns; `scratch`: kDirectionRows·ld per partition.
struct TwoLevelDirections {
    Columns Z, BZ, R;
    const double *beta, *shift;
    Term terms[4];
    double* P;
    Size ldp;
    double* Q;
    Size ldq;
};
constexpr Size kDirectionRows = 4 * kScratchRows;
void two_level_directions(Size n, const TwoLevelDirections& operands, double* partial, double* scratch);

}  // namespace lambdabar::native
