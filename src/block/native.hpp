#pragma once
// Raw-pointer kernels, compiled for the machine's vector unit (see LAMBDABAR_ARCH in CMake). No Eigen type may
// appear here or in *_native.cpp: Eigen's alignment depends on the instruction set, and a library
// that disagrees with its caller about it corrupts the heap.
//
// All blocks are row-major with a leading dimension ("ld") in doubles. A complex block is passed as
// its interleaved real block of twice the columns; the wrappers in kernels.cpp do that.
#include <cstddef>
#include <cstdint>

namespace lambdabar::native {

using Size = std::ptrdiff_t;

/// Number of fixed row partitions of a reduction; depends on n only, never on the threads.
Size partitions(Size n);

/// partial[p] (b×m, row-major) = W(rows of p)ᵀ V(rows of p), for all partitions.
void gram(Size n, const double* V, Size ldv, Size m, const double* W, Size ldw, Size b, double* partial);

/// A small factor C (m×columns, row-major) whose rows are padded with zeros to `ld` entries: whole vector registers.
struct Factor {
    const double* value;
    Size columns, ld;
};

/// The same after W −= V C: each chunk of V is read from memory once.
void project_and_gram(Size n, const double* V, Size ldv, Size m, const Factor& C, double* W, Size ldw, double* partial);

constexpr int kScratchRows = 8;      // that a product completes together
constexpr Size kColumnsAtOnce = 24;  // of them: if C.ld is no more, V is read completely before Y is written
/// Y = V C, or Y += V C. `scratch` is null, or kScratchRows·ld numbers per partition. Not accumulating, with columns ≤
/// m and either C.ld ≤ kColumnsAtOnce or scratch, Y may be V itself: row-local.
void multiply(Size n, const double* V, Size ldv, Size m, const Factor& C, bool accumulate, double* Y, Size ldy,
              double* scratch);

/// partial[p] (b): Σ_r x(r, c) y(r, c) per column.
void dots(Size n, const double* X, Size ldx, const double* Y, Size ldy, Size b, double* partial);

/// partial[p] (2b): Re and Im of Σ_r conj(x(r, c)) y(r, c) for b interleaved complex columns.
void dots_complex(Size n, const double* X, Size ldx, const double* Y, Size ldy, Size b, double* partial);

/// x = 0, by all threads.
void clear(Size count, double* x);

/// Y = X.
void copy(Size n, const double* X, Size ldx, Size b, double* Y, Size ldy);

/// Y = Y∘diag(s) + X∘diag(t), column scalings; X and t may be null: Y = Y∘diag(s).
void combine(Size n, const double* X, Size ldx, const double* t, double* Y, Size ldy, const double* s, Size b);

/// X += P diag(step), R −= Q diag(step), and partial[p] (b): Σ_r R(r, c)², in one pass.
struct Descent {
    const double* step;
    const double* P;
    Size ldp;
    const double* Q;
    Size ldq;
    double* X;
    Size ldx;
    double* R;
    Size ldr;
};
void descend(Size n, const Descent& descent, Size b, double* partial);

/// Y += X diag(factor), and partial[p] (b): Σ_r V(r, c) Y(r, c) of the new Y, or Σ_r Y(r, c)² where V is null, in one
/// pass.
struct Addition {
    const double* factor;
    const double* X;
    Size ldx;
    const double* V;
    Size ldv;
    double* Y;
    Size ldy;
};
void add_and_sum(Size n, const Addition& addition, Size b, double* partial);

/// W₁ = V diag(v) + W₁ diag(w1) + W₂ diag(w2), then X += W₁ diag(step), in one pass.
struct MinresUpdate {
    const double *v, *w1, *w2, *step;
    const double* V;
    Size ldv;
    const double* W2;
    Size ldw2;
    double* W1;
    Size ldw1;
    double* X;
    Size ldx;
};
void minres_update(Size n, const MinresUpdate& update, Size b);

/// A view of compressed rows with 32-bit column numbers.
struct Rows {
    Size n;
    const int* start;  // n + 1
    const int* column;
    const double* value;  // interleaved if complex
    bool conjugate;       // use conj(value)
};

/// R diag(weight), to be added; none if R is null.
struct Source {
    const double* R = nullptr;
    Size ld = 0;
    const double* weight = nullptr;
};

/// Y = scale·(A X − X diag(shift)) − beta·Y + source for b columns (complex: b complex columns, shift and weight real).
/// Traffic per row: 12 (20 complex) bytes per stored entry, once per up to 8 columns, and
/// X, Y and R once each when the rows X(column) needs stay in cache.
void multiply_rows(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale, double beta,
                   double* Y, Size ldy, const Source& source = {});
void multiply_rows_complex(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale,
                           double beta, double* Y, Size ldy, const Source& source = {});
/// The same with one complex shift for all columns, and no source.
void multiply_rows_shifted(const Rows& A, const double* X, Size ldx, Size b, double shift_re, double shift_im,
                           double scale, double beta, double* Y, Size ldy);

}  // namespace lambdabar::native
