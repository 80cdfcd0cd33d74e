#include "substitution_native.hpp"

#include "pack_native.hpp"

#include <omp.h>

namespace lambdabar::native {

namespace {

// L doubles a row; complex: interleaved. Σ a x = Σ Re(a) x + i Σ Im(a) x, with one multiplication by i a row.
template <int L, bool Complex>
inline Pack<L> row_sum(const Rows& N, Size i, const double* Y, Size ldy, const Pack<L>& turn) {
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
void sweep(const Rows& N, const double* diagonal, double* Y, Size ldy) {
    const double i = N.conjugate ? 1.0 : -1.0;
    const double turns[8] = {i, -i, i, -i, i, -i, i, -i};
    const Pack<L> turn = load<L>(turns);
    if (diagonal == nullptr) {
        for (Size r = 0; r < N.n; ++r)
            store<L>(Y + r * ldy, load<L>(Y + r * ldy) - row_sum<L, Complex>(N, r, Y, ldy, turn));
        return;
    }
    for (Size r = N.n; r-- > 0;)
        store<L>(Y + r * ldy, diagonal[r] * load<L>(Y + r * ldy) - row_sum<L, Complex>(N, r, Y, ldy, turn));
}

/// `doubles` a row from `first` on, in packs of 8, 4, 2 and 1.
template <bool Complex>
void sweep_columns(const Rows& N, const double* diagonal, double* Y, Size ldy, Size first, Size end) {
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

/// Whole columns for every thread, `width` doubles each.
template <bool Complex>
void divide(const Rows& N, const double* diagonal, double* Y, Size ldy, Size b) {
    constexpr Size width = Complex ? 2 : 1;
    constexpr Size kSerialRows = 1024;
    const int most = omp_get_max_threads();
    const int threads = static_cast<int>(b < most ? b : most);
#pragma omp parallel num_threads(threads) if (threads > 1 && N.n > kSerialRows)
    {
        const Size parts = omp_get_num_threads(), part = omp_get_thread_num();
        sweep_columns<Complex>(N, diagonal, Y, ldy, width * (b * part / parts), width * (b * (part + 1) / parts));
    }
}

}  // namespace

void substitute(const Rows& N, const double* diagonal, double* Y, Size ldy, Size b) {
    divide<false>(N, diagonal, Y, ldy, b);
}

void substitute_complex(const Rows& N, const double* diagonal, double* Y, Size ldy, Size b) {
    divide<true>(N, diagonal, Y, ldy, b);
}

}  // namespace lambdabar::native
