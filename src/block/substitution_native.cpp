#include "substitution_native.hpp"

#include "pack_native.hpp"

namespace lambdabar::native {

namespace {

// L doubles a row; complex: interleaved. Σ a x = Σ Re(a) x + i Σ Im(a) x, with one multiplication by i a row.
template <int L, bool Complex>
inline Pack<L> row_sum(const OrderedRows& N, Size i, const double* Y, Size ldy, const Pack<L>& turn) {
    Pack<L> re = {}, im = {};
    for (int e = N.start[i]; e < N.start[i + 1]; ++e) {
        const Pack<L> y = load<L>(Y + static_cast<Size>(N.column[e]) * ldy);
        if constexpr (Complex) {
            re += N.value[2 * e] * y;
            im += N.value[2 * e + 1] * y;
        } else {
            re += N.value[e] * y;
        }
    }
    if constexpr (Complex) re += turn * exchange_pairs<L>(im);
    return re;
}

template <int L, bool Complex>
void sweep(const OrderedRows& N, const double* diagonal, double* Y, Size ldy) {
    constexpr double turns[8] = {-1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0};  // i (re, im) = (−im, re)
    const Pack<L> turn = load<L>(turns);
    for (Size i = 0; i < N.n; ++i) {
        double* y = Y + N.row[i] * ldy;
        const Pack<L> known = diagonal == nullptr ? load<L>(y) : diagonal[N.row[i]] * load<L>(y);
        store<L>(y, known - row_sum<L, Complex>(N, i, Y, ldy, turn));
    }
}

/// `doubles` a row from `first` on, in packs of 8, 4, 2 and 1.
template <bool Complex>
void sweep_columns(const OrderedRows& N, const double* diagonal, double* Y, Size ldy, Size first, Size end) {
    while (first < end) {
        const Size left = end - first;
        if (left >= 8) {
            sweep<8, Complex>(N, diagonal, Y + first, ldy);
            first += 8;
        } else if (left >= 4) {
            sweep<4, Complex>(N, diagonal, Y + first, ldy);
            first += 4;
        } else if (left >= 2) {
            sweep<2, Complex>(N, diagonal, Y + first, ldy);
            first += 2;
        } else {
            if constexpr (!Complex) sweep<1, Complex>(N, diagonal, Y + first, ldy);
            first += 1;
        }
    }
}

/// Up to 8 doubles a row are one thread's: it reads N once for all of them, and threads would share cache lines of Y.
template <bool Complex>
void divide(const OrderedRows& N, const double* diagonal, double* Y, Size ldy, Size b) {
    constexpr Size kDoubles = 8, kSerialRows = 1024;
    const Size doubles = Complex ? 2 * b : b, packs = (doubles + kDoubles - 1) / kDoubles;
#pragma omp parallel for schedule(static) if (packs > 1 && N.n > kSerialRows)
    for (Size p = 0; p < packs; ++p) {
        const Size end = (p + 1) * kDoubles;
        sweep_columns<Complex>(N, diagonal, Y, ldy, p * kDoubles, end < doubles ? end : doubles);
    }
}

}  // namespace

void substitute(const OrderedRows& N, const double* diagonal, double* Y, Size ldy, Size b) {
    divide<false>(N, diagonal, Y, ldy, b);
}

void substitute_complex(const OrderedRows& N, const double* diagonal, double* Y, Size ldy, Size b) {
    divide<true>(N, diagonal, Y, ldy, b);
}

}  // namespace lambdabar::native
