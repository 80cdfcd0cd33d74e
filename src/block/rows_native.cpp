// Sparse matrix × block, with the shift, scaling and recurrence term fused into the pass that writes Y.
#include "native.hpp"
#include "pack_native.hpp"

namespace lambdabar::native {

namespace {

constexpr Size kSerialRows = 4096;

/// Asks for the entries a few hundred further on, as many as a row has: the hardware's own streams end at every page.
template <int DoublesPerEntry>
inline void ask_ahead(const Rows& A, Size r) {
    constexpr Size kAhead = 192;
    const Size begin = A.start[r] + kAhead, end = A.start[r + 1] + kAhead;
    // Addresses beyond the end of the arrays, never read; a matrix without entries has none to count from.
    if (A.value == nullptr) return;
    for (Size e = begin; e < end; e += 8 / DoublesPerEntry) __builtin_prefetch(A.value + e * DoublesPerEntry);
    __builtin_prefetch(A.column + begin);
}

// The columns of a block as a run of packs, e.g. 7 = 4 + 2 + 1: one sweep over the matrix serves up to eight
// doubles per row, whatever the width.
template <int... L>
struct RealColumns;

template <>
struct RealColumns<> {
    void add(double, const double*) {}
    void finish(const double*, const double*, double, double, double*) const {}
};

template <int L, int... More>
struct RealColumns<L, More...> {
    Pack<L> sum = {};
    RealColumns<More...> more;

    /// sum += a x
    void add(double a, const double* x) {
        sum += a * load<L>(x);
        more.add(a, x + L);
    }

    /// y = scale·(sum − shift∘x) − beta·y
    void finish(const double* x, const double* shift, double scale, double beta, double* y) const {
        Pack<L> result = scale * (sum - load<L>(shift) * load<L>(x));
        if (beta != 0.0) result -= beta * load<L>(y);
        store<L>(y, result);
        more.finish(x + L, shift + L, scale, beta, y + L);
    }
};

template <int... L>
void real_sweep(const Rows& A, const double* X, Size ldx, const double* shift, double scale, double beta, double* Y,
                Size ldy) {
#pragma omp parallel for schedule(static) if (A.n > kSerialRows)
    for (Size r = 0; r < A.n; ++r) {
        RealColumns<L...> columns;
        ask_ahead<1>(A, r);
        for (int e = A.start[r]; e < A.start[r + 1]; ++e)
            columns.add(A.value[e], X + static_cast<Size>(A.column[e]) * ldx);
        columns.finish(X + r * ldx, shift, scale, beta, Y + r * ldy);
    }
}

// Complex columns, L interleaved doubles a pack. Σ a x = Σ Re(a) x + i Σ Im(a) x: two real accumulators, and one
// multiplication by i at the end instead of one shuffle per entry.
template <int... L>
struct ComplexColumns;

template <>
struct ComplexColumns<> {
    void add(double, double, const double*) {}
    void finish(const double*, const double*, const double*, const double*, double, double, double*) const {}
};

template <int L, int... More>
struct ComplexColumns<L, More...> {
    Pack<L> re = {}, im = {};
    ComplexColumns<More...> more;

    void add(double a_re, double a_im, const double* x) {
        const Pack<L> v = load<L>(x);
        re += a_re * v;
        im += a_im * v;
        more.add(a_re, a_im, x + L);
    }

    /// y = scale·(re + turn∘J im − shift∘x − turned∘J x) − beta·y, J exchanging real and imaginary parts and `turn` =
    /// (−1, 1, −1, …), which is multiplication by i; (1, −1, …) for the conjugate matrix. All have an entry a double.
    void finish(const double* turn, const double* x, const double* shift, const double* turned, double scale,
                double beta, double* y) const {
        const Pack<L> own = load<L>(x);
        Pack<L> result = scale * (re + load<L>(turn) * exchange_pairs<L>(im) - load<L>(shift) * own -
                                  load<L>(turned) * exchange_pairs<L>(own));
        if (beta != 0.0) result -= beta * load<L>(y);
        store<L>(y, result);
        more.finish(turn, x + L, shift + L, turned, scale, beta, y + L);
    }
};

template <int... L>
void complex_sweep(const Rows& A, const double* X, Size ldx, const double* shift, double shift_im, double scale,
                   double beta, double* Y, Size ldy) {
    const double i = A.conjugate ? 1.0 : -1.0;
    const double turn[8] = {i, -i, i, -i, i, -i, i, -i};
    const double turned[8] = {-shift_im, shift_im, -shift_im, shift_im, -shift_im, shift_im, -shift_im, shift_im};
    double shifts[16];
    for (int j = 0; j < (L + ...); ++j) shifts[j] = shift[j / 2];
#pragma omp parallel for schedule(static) if (A.n > kSerialRows)
    for (Size r = 0; r < A.n; ++r) {
        ComplexColumns<L...> columns;
        ask_ahead<2>(A, r);
        for (int e = A.start[r]; e < A.start[r + 1]; ++e)
            columns.add(A.value[2 * e], A.value[2 * e + 1], X + static_cast<Size>(A.column[e]) * ldx);
        columns.finish(turn, X + r * ldx, shifts, turned, scale, beta, Y + r * ldy);
    }
}

using Sweep = void (*)(const Rows&, const double*, Size, const double*, double, double, double*, Size);
using ComplexSweep = void (*)(const Rows&, const double*, Size, const double*, double, double, double, double*, Size);

// Entry w − 1 handles w columns (complex: w complex columns, 2w doubles).
constexpr Sweep kReal[8] = {real_sweep<1>,    real_sweep<2>,    real_sweep<2, 1>,    real_sweep<4>,
                            real_sweep<4, 1>, real_sweep<4, 2>, real_sweep<4, 2, 1>, real_sweep<8>};
constexpr ComplexSweep kComplex[8] = {complex_sweep<2>,       complex_sweep<4>,    complex_sweep<4, 2>,
                                      complex_sweep<8>,       complex_sweep<8, 2>, complex_sweep<8, 4>,
                                      complex_sweep<8, 4, 2>, complex_sweep<8, 8>};

}  // namespace

void multiply_rows(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale, double beta,
                   double* Y, Size ldy) {
    for (Size j = 0; j < b; j += 8) {
        const Size width = b - j < 8 ? b - j : 8;
        kReal[width - 1](A, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    }
}

void multiply_rows_complex(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale,
                           double beta, double* Y, Size ldy) {
    for (Size j = 0; j < b; j += 8) {
        const Size width = b - j < 8 ? b - j : 8;
        kComplex[width - 1](A, X + 2 * j, ldx, shift + j, 0.0, scale, beta, Y + 2 * j, ldy);
    }
}

void multiply_rows_shifted(const Rows& A, const double* X, Size ldx, Size b, double shift_re, double shift_im,
                           double scale, double beta, double* Y, Size ldy) {
    const double shift[8] = {shift_re, shift_re, shift_re, shift_re, shift_re, shift_re, shift_re, shift_re};
    for (Size j = 0; j < b; j += 8) {
        const Size width = b - j < 8 ? b - j : 8;
        kComplex[width - 1](A, X + 2 * j, ldx, shift, shift_im, scale, beta, Y + 2 * j, ldy);
    }
}

}  // namespace lambdabar::native
