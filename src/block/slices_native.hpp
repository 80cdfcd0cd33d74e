#pragma once
// A matrix in single precision, and its product with narrow packed blocks in single precision.
#include "native.hpp"

namespace lambdabar::native {

constexpr Size kSlice = 8;  // rows

inline Size slices(Size n) { return (n + kSlice - 1) / kSlice; }

/// Rows in slices of eight, each as wide as its longest row (ELLPACK in slices: Monakov, Lokhmotov & Avetisyan, HiPEAC
/// 2010): entry e of row i of slice q lies at (start[q] + e)·8 + i, and slots that no entry fills hold zero in a column
/// of the block. A row costs no loop of its own, which bounds narrow products with compressed rows.
struct Slices {
    Size n;
    const Size* start;  // slices(n) + 1
    const int* column;
    const float* value;  // interleaved if complex
};

/// start[q + 1]: width of slice q of A; start[0] = 0. The caller sums.
void slice_widths(const Rows& A, Size* start);

/// How large the entries of A are.
struct EntryRange {
    double least, most;  // of the diagonal
    bool whole;          // every row stores its diagonal entry
    double off;          // largest modulus of a real or imaginary part beside the diagonal
};
EntryRange entry_range(const Rows& A, bool complex);

/// The entries of factor·(A − shift) (conjugated if A says so), once start holds the sums. With a shift other than zero
/// all diagonal entries have to be stored.
void fill_slices(const Rows& A, bool complex, double factor, double shift, const Size* start, int* column,
                 float* value);

/// A step of a three-term recurrence with a source.
struct SingleStep {
    const float *shift, *weight;  // one for each column (complex: the same for both parts)
    float scale, beta;
    const float *X, *R;
    float* Y;
};

/// Y = scale·(A X − X diag(shift)) − beta·Y + R diag(weight) for blocks of `width` = 1, 2, 4 or 8 columns, packed, with
/// whole slices of rows. Y is not read when beta = 0. Traffic per row: 8 (complex: 12) bytes a slot, X, Y and R
/// once each, and Y written.
void multiply_slices(const Slices& A, int width, const SingleStep& step);
void multiply_slices_complex(const Slices& A, int width, const SingleStep& step);

/// Y = X diag(factor), rounded, for b numbers a row of X and `width` ≥ b a row of Y; what X does not fill is zero, rows
/// up to a whole slice too.
void round_rows(Size n, const double* X, Size ldx, Size b, const double* factor, float* Y, Size width);

/// Y = X diag(factor) for b of the `width` numbers a row of X. False if one of them is not finite.
bool widen_rows(Size n, const float* X, Size width, Size b, const double* factor, double* Y, Size ldy);

}  // namespace lambdabar::native
