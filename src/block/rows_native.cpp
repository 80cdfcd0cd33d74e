// Sparse matrix × block, with the shift, scaling and recurrence term fused into the pass that writes Y.
#include "native.hpp"
#include "pack_native.hpp"
#include "partition_native.hpp"

namespace lambdabar::native {

namespace {

bool is_large(const Rows& A, Size columns) { return is_large_product(A.start[A.n], columns); }

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
    template <bool>
    void finish(const double*, const double*, double, double, const double*, const double*, double*) const {}
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

    /// y = scale·(sum − shift∘x) − beta·y + weight∘r, the last term if it is Sourced
    template <bool Sourced>
    void finish(const double* x, const double* shift, double scale, double beta, const double* weight, const double* r,
                double* y) const {
        Pack<L> result = scale * (sum - load<L>(shift) * load<L>(x));
        if (beta != 0.0) result -= beta * load<L>(y);
        if constexpr (Sourced) {
            result += load<L>(weight) * load<L>(r);
            weight += L;
            r += L;
        }
        store<L>(y, result);
        more.template finish<Sourced>(x + L, shift + L, scale, beta, weight, r, y + L);
    }
};

/// Packed: ldx is the number of columns, and the compiler knows it: an entry takes a fifth fewer instructions, which is
/// what bounds narrow blocks.
template <bool Sourced, bool Packed, int... L>
void real_sweep(const Rows& A, const double* X, Size ldx_in, const double* shift, double scale, double beta,
                const Source& source, double* Y, Size ldy) {
    const Size ldx = Packed ? (L + ...) : ldx_in;
    // Copies: the compiler cannot know that storing Y leaves `A` as it is.
    const int *start = A.start, *column = A.column;
    const double* value = A.value;
#pragma omp parallel for schedule(static) if (is_large(A, (L + ...)))
    for (Size r = 0; r < A.n; ++r) {
        RealColumns<L...> columns;
        ask_ahead<1>(A, r);
        const int end = start[r + 1];
        for (int e = start[r]; e < end; ++e) columns.add(value[e], X + static_cast<Size>(column[e]) * ldx);
        columns.template finish<Sourced>(X + r * ldx, shift, scale, beta, source.weight,
                                         Sourced ? source.R + r * source.ld : nullptr, Y + r * ldy);
    }
}

// Complex columns, L interleaved doubles a pack. Σ a x = Σ Re(a) x + i Σ Im(a) x: two real accumulators, and one
// multiplication by i at the end instead of one shuffle per entry.
template <int... L>
struct ComplexColumns;

template <>
struct ComplexColumns<> {
    void add(double, double, const double*) {}
    template <bool>
    void finish(const double*, const double*, const double*, const double*, double, double, const double*,
                const double*, double*) const {}
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

    /// y = scale·(re + turn∘J im − shift∘x − turned∘J x) − beta·y + weight∘r, J exchanging real and imaginary parts and
    /// `turn` = (−1, 1, −1, …), which is multiplication by i; (1, −1, …) for the conjugate matrix. All have an entry a
    /// double. The last term if it is Sourced.
    template <bool Sourced>
    void finish(const double* turn, const double* x, const double* shift, const double* turned, double scale,
                double beta, const double* weight, const double* r, double* y) const {
        const Pack<L> own = load<L>(x);
        Pack<L> result = scale * (re + load<L>(turn) * exchange_pairs<L>(im) - load<L>(shift) * own -
                                  load<L>(turned) * exchange_pairs<L>(own));
        if (beta != 0.0) result -= beta * load<L>(y);
        if constexpr (Sourced) {
            result += load<L>(weight) * load<L>(r);
            weight += L;
            r += L;
        }
        store<L>(y, result);
        more.template finish<Sourced>(turn, x + L, shift + L, turned, scale, beta, weight, r, y + L);
    }
};

template <bool Sourced, int... L>
void complex_sweep(const Rows& A, const double* X, Size ldx, const double* shift, double shift_im, double scale,
                   double beta, const Source& source, double* Y, Size ldy) {
    const double i = A.conjugate ? 1.0 : -1.0;
    const double turn[8] = {i, -i, i, -i, i, -i, i, -i};
    const double turned[8] = {-shift_im, shift_im, -shift_im, shift_im, -shift_im, shift_im, -shift_im, shift_im};
    double shifts[16], weights[16];
    for (int j = 0; j < (L + ...); ++j) {
        shifts[j] = shift[j / 2];
        if constexpr (Sourced) weights[j] = source.weight[j / 2];
    }
#pragma omp parallel for schedule(static) if (is_large(A, (L + ...)))
    for (Size r = 0; r < A.n; ++r) {
        ComplexColumns<L...> columns;
        ask_ahead<2>(A, r);
        for (int e = A.start[r]; e < A.start[r + 1]; ++e)
            columns.add(A.value[2 * e], A.value[2 * e + 1], X + static_cast<Size>(A.column[e]) * ldx);
        columns.template finish<Sourced>(turn, X + r * ldx, shifts, turned, scale, beta, weights,
                                         Sourced ? source.R + r * source.ld : nullptr, Y + r * ldy);
    }
}

using Sweep = void (*)(const Rows&, const double*, Size, const double*, double, double, const Source&, double*, Size);
using ComplexSweep = void (*)(const Rows&, const double*, Size, const double*, double, double, double, const Source&,
                              double*, Size);

// Entry w − 1 handles w columns (complex: w complex columns, 2w doubles).
template <bool Sourced, bool Packed>
constexpr Sweep kReal[8] = {real_sweep<Sourced, Packed, 1>,       real_sweep<Sourced, Packed, 2>,
                            real_sweep<Sourced, Packed, 2, 1>,    real_sweep<Sourced, Packed, 4>,
                            real_sweep<Sourced, Packed, 4, 1>,    real_sweep<Sourced, Packed, 4, 2>,
                            real_sweep<Sourced, Packed, 4, 2, 1>, real_sweep<Sourced, Packed, 8>};
template <bool Sourced>
constexpr ComplexSweep kComplex[8] = {complex_sweep<Sourced, 2>,       complex_sweep<Sourced, 4>,
                                      complex_sweep<Sourced, 4, 2>,    complex_sweep<Sourced, 8>,
                                      complex_sweep<Sourced, 8, 2>,    complex_sweep<Sourced, 8, 4>,
                                      complex_sweep<Sourced, 8, 4, 2>, complex_sweep<Sourced, 8, 8>};

/// Up to eight columns from column j on.
Source columns_from(const Source& source, Size j, Size doubles) {
    if (source.R == nullptr) return source;
    return {source.R + j * doubles, source.ld, source.weight + j};
}

}  // namespace

void multiply_rows(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale, double beta,
                   double* Y, Size ldy, const Source& source) {
    for (Size j = 0; j < b; j += 8) {
        const Size width = b - j < 8 ? b - j : 8;
        const bool packed = ldx == width;
        const Sweep sweep = source.R != nullptr ? (packed ? kReal<true, true> : kReal<true, false>)[width - 1]
                                                : (packed ? kReal<false, true> : kReal<false, false>)[width - 1];
        sweep(A, X + j, ldx, shift + j, scale, beta, columns_from(source, j, 1), Y + j, ldy);
    }
}

void multiply_rows_complex(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale,
                           double beta, double* Y, Size ldy, const Source& source) {
    for (Size j = 0; j < b; j += 8) {
        const Size width = b - j < 8 ? b - j : 8;
        const ComplexSweep sweep = source.R != nullptr ? kComplex<true>[width - 1] : kComplex<false>[width - 1];
        sweep(A, X + 2 * j, ldx, shift + j, 0.0, scale, beta, columns_from(source, j, 2), Y + 2 * j, ldy);
    }
}

void multiply_rows_shifted(const Rows& A, const double* X, Size ldx, Size b, double shift_re, double shift_im,
                           double scale, double beta, double* Y, Size ldy) {
    const double shift[8] = {shift_re, shift_re, shift_re, shift_re, shift_re, shift_re, shift_re, shift_re};
    for (Size j = 0; j < b; j += 8) {
        const Size width = b - j < 8 ? b - j : 8;
        kComplex<false>[width - 1](A, X + 2 * j, ldx, shift, shift_im, scale, beta, {}, Y + 2 * j, ldy);
    }
}

}  // namespace lambdabar::native
