#pragma once
// Gram matrices and thin products of some rows of blocks.
//
// Budget: V is streamed from memory once per call; W, C and the accumulators stay in registers and
// first-level cache. A chunk of kChunk rows of V (≤ 64 columns) fits the first-level cache, which is what makes
// project_and_gram one pass, and the sweeps over a chunk that wide W take ask for the next one: arithmetic and traffic
// overlap.
#include "native.hpp"
#include "pack_native.hpp"
#include "partition_native.hpp"

namespace lambdabar::native {

constexpr Size kChunk = 64;

/// visit(rows) for all chunks of `all`.
template <class Visit>
inline void for_chunks(Range all, const Visit& visit) {
    for (Size r = all.begin; r < all.end; r += kChunk) visit(Range{r, r + kChunk < all.end ? r + kChunk : all.end});
}

constexpr int kRows = kScratchRows;  // of a product kept in registers, with kColumnsAtOnce columns
constexpr Size kAhead = 16;          // rows of V asked for in advance: the hardware's own streams end at every page

/// Rows asked for while others are worked on, a share of their columns in each of several sweeps: the hardware's own
/// streams end at every page.
struct Ahead {
    const double* rows;  // the first of them
    Size ld, columns, sweeps;
    Size sweep = 0;

    /// Columns asked for in this sweep, in lines of 8; call once a sweep.
    Range share() {
        const Size lines = (columns + 7) / 8, first = lines * sweep / sweeps, last = lines * (sweep + 1) / sweeps;
        ++sweep;
        return {8 * first, 8 * last};
    }
};

struct AheadOfBoth {
    Ahead V, W;
};

/// Gᵀ(j0 : j0+J, i0 : i0+P·L) += W(rows, j0…)ᵀ V(rows, i0…): P·J packs of accumulators in registers. Asks for the
/// memory from `next` on, `step` bytes a row.
template <int L, int P, int J>
void gram_tile(Range rows, const double* V, Size ldv, const double* W, Size ldw, double* G, Size ldg,
               AheadOfBoth& ahead) {
    Pack<L> acc[J][P];
    for (int j = 0; j < J; ++j) {
        for (int p = 0; p < P; ++p) acc[j][p] = load<L>(G + j * ldg + p * L);
    }
    const Range ask = ahead.V.share(), ask_W = ahead.W.share();
    const double *next = ahead.V.rows, *next_W = ahead.W.rows;
    for (Size r = rows.begin; r < rows.end; ++r) {
        for (Size i = ask.begin; i < ask.end; i += 8) __builtin_prefetch(next + i, 0, 2);
        for (Size i = ask_W.begin; i < ask_W.end; i += 8) __builtin_prefetch(next_W + i, 0, 2);
        next += ahead.V.ld;
        next_W += ahead.W.ld;
        Pack<L> v[P];
        for (int p = 0; p < P; ++p) v[p] = load<L>(V + r * ldv + p * L);
        for (int j = 0; j < J; ++j) {
            const double w = W[r * ldw + j];
            for (int p = 0; p < P; ++p) acc[j][p] += v[p] * w;
        }
    }
    for (int j = 0; j < J; ++j) {
        for (int p = 0; p < P; ++p) store<L>(G + j * ldg + p * L, acc[j][p]);
    }
}

template <int L, int P>
void gram_strip(Range rows, const double* V, Size ldv, const double* W, Size ldw, Size b, double* G, Size ldg,
                AheadOfBoth& ahead) {
    Size j = 0;
    if constexpr (P <= 3) {
        for (; j + 8 <= b; j += 8) gram_tile<L, P, 8>(rows, V, ldv, W + j, ldw, G + j * ldg, ldg, ahead);
    }
    for (; j + 4 <= b; j += 4) gram_tile<L, P, 4>(rows, V, ldv, W + j, ldw, G + j * ldg, ldg, ahead);
    for (; j + 2 <= b; j += 2) gram_tile<L, P, 2>(rows, V, ldv, W + j, ldw, G + j * ldg, ldg, ahead);
    for (; j < b; ++j) gram_tile<L, P, 1>(rows, V, ldv, W + j, ldw, G + j * ldg, ldg, ahead);
}

inline void gram_rows(Range rows, const double* V, Size ldv, Size m, const double* W, Size ldw, Size b, double* G,
                      AheadOfBoth& ahead) {
    Size i = 0;
    for (; i + 40 <= m; i += 40) gram_strip<8, 5>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
    if (i + 32 <= m) {
        gram_strip<8, 4>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
        i += 32;
    } else if (i + 24 <= m) {
        gram_strip<8, 3>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
        i += 24;
    } else if (i + 16 <= m) {
        gram_strip<8, 2>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
        i += 16;
    } else if (i + 8 <= m) {
        gram_strip<8, 1>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
        i += 8;
    }
    for (; i + 4 <= m; i += 4) gram_strip<4, 1>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
    for (; i + 2 <= m; i += 2) gram_strip<2, 1>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
    for (; i < m; ++i) gram_strip<1, 1>(rows, V + i, ldv, W, ldw, b, G + i, m, ahead);
}

/// Number of tiles gram_rows makes.
inline Size gram_tiles(Size m, Size b) {
    const Size tail = (b % 4) / 2 + b % 2, narrow = b / 8 + (b % 8) / 4 + tail, wide = b / 4 + tail, rest = m % 40;
    return m / 40 * wide + (rest >= 8) * (rest < 32 ? narrow : wide) + ((m % 8) / 4 + (m % 4) / 2 + m % 2) * narrow;
}

/// gram_rows of a chunk of more rows, which it asks for the next of.
inline void gram_chunk(Range rows, const double* V, Size ldv, Size m, const double* W, Size ldw, Size b, double* G) {
    const Size tiles = gram_tiles(m, b);
    AheadOfBoth ahead{{V + rows.end * ldv, ldv, m, tiles}, {W + rows.end * ldw, ldw, b, tiles}};
    gram_rows(rows, V, ldv, m, W, ldw, b, G, ahead);
}

enum class Update { set, add, subtract };

/// y (count ≤ L entries) ← the first entries of x, or y ± x.
template <int L>
inline void finish(Update update, const Pack<L>& x, Size count, double* y) {
    if (count >= L) {
        switch (update) {
            case Update::set:
                store<L>(y, x);
                break;
            case Update::add:
                store<L>(y, load<L>(y) + x);
                break;
            case Update::subtract:
                store<L>(y, load<L>(y) - x);
                break;
        }
        return;
    }
    if constexpr (L > 1) {
        double lane[L];
        store<L>(lane, x);
        Size j = 0;
        if (count & (L / 2)) finish<L / 2>(update, load<L / 2>(lane), L / 2, y), j = L / 2;
        finish<L / 2>(update, load<L / 2>(lane + j), count - j, y + j);
    }
}

/// Y(R rows, L·P columns) ← V C for those columns of C, or Y ± V C; the last pack of Y has `last` columns.
template <int R, int L, int P>
void multiply_tile(const double* V, Size ldv, Size m, const double* C, Size ldc, Update update, double* Y, Size ldy,
                   Size last) {
    Pack<L> acc[R][P] = {};
    for (Size i = 0; i < m; ++i) {
        Pack<L> c[P];
        for (int p = 0; p < P; ++p) c[p] = load<L>(C + i * ldc + p * L);
        for (int r = 0; r < R; ++r) {
            const double v = V[r * ldv + i];
            for (int p = 0; p < P; ++p) acc[r][p] += v * c[p];
        }
    }
    for (int r = 0; r < R; ++r) {
        for (int p = 0; p < P; ++p) finish<L>(update, acc[r][p], p + 1 < P ? L : last, Y + r * ldy + p * L);
    }
}

/// Entries of a row of V, each as often as a row of C has columns: one register's worth of the products with C.
template <int B>
inline Pack<8> spread(const double* v) {
    static_assert(B == 1 || B == 2);
    if constexpr (B == 1) return load<8>(v);
    const Pack<4> x = load<4>(v);
    return __builtin_shufflevector(x, x, 0, 0, 1, 1, 2, 2, 3, 3);
}

/// The same for B columns, of rows of C without padding: 8/B of them in a register.
template <int R, int B>
void multiply_narrow(const double* V, Size ldv, Size m, const double* C, Update update, double* Y, Size ldy) {
    constexpr int U = 8 / B;
    Pack<8> acc[R] = {};
    Size i = 0;
    for (; i + U <= m; i += U) {
        const Pack<8> c = load<8>(C + i * B);
        for (int r = 0; r < R; ++r) acc[r] += spread<B>(V + r * ldv + i) * c;
    }
    for (int r = 0; r < R; ++r) {
        double lane[8];
        store<8>(lane, acc[r]);
        for (int l = 4; l-- > 0;) lane[l] += lane[l + 4];
        lane[0] += lane[2], lane[1] += lane[3];
        if (B == 1) lane[0] += lane[1];
        for (Size k = i; k < m; ++k) {
            for (int j = 0; j < B; ++j) lane[j] += V[r * ldv + k] * C[k * B + j];
        }
        finish<B>(update, load<B>(lane), B, Y + r * ldy);
    }
}

/// Y(R rows) ← V C, or Y ± V C.
template <int R>
void multiply_strip(const double* V, Size ldv, Size m, const Factor& C, Update update, double* Y, Size ldy) {
    if (C.ld == 1) return multiply_narrow<R, 1>(V, ldv, m, C.value, update, Y, ldy);
    if (C.ld == 2) return multiply_narrow<R, 2>(V, ldv, m, C.value, update, Y, ldy);
    Size j = 0;
    const double* c = C.value;
    const auto last = [&](Size width) { return C.columns - j < width ? C.columns - j : width; };
    for (; j + 24 <= C.ld; j += 24) multiply_tile<R, 8, 3>(V, ldv, m, c + j, C.ld, update, Y + j, ldy, last(24) - 16);
    for (; j + 16 <= C.ld; j += 16) multiply_tile<R, 8, 2>(V, ldv, m, c + j, C.ld, update, Y + j, ldy, last(16) - 8);
    for (; j + 8 <= C.ld; j += 8) multiply_tile<R, 8, 1>(V, ldv, m, c + j, C.ld, update, Y + j, ldy, last(8));
    for (; j + 4 <= C.ld; j += 4) multiply_tile<R, 4, 1>(V, ldv, m, c + j, C.ld, update, Y + j, ldy, last(4));
}

/// Where `out` is given, the products are complete there before Y is touched: Y may be V.
template <int R>
void multiply_some(const double* V, Size ldv, Size m, const Factor& C, Update update, double* Y, Size ldy,
                   double* out) {
    if (out == nullptr) return multiply_strip<R>(V, ldv, m, C, update, Y, ldy);
    multiply_strip<R>(V, ldv, m, C, Update::set, out, C.ld);
    for (int r = 0; r < R; ++r) {
        for (Size j = 0; j < C.columns; ++j) Y[r * ldy + j] = out[r * C.ld + j];
    }
}

/// Y ← V C, or Y ± V C, of two columns both: the rotations of narrow blocks. Y may be V.
inline void multiply_pairs(Range rows, const double* V, Size ldv, const double* C, Update update, double* Y, Size ldy) {
    const Pack<2> c0 = load<2>(C), c1 = load<2>(C + 2);
    for (Size r = rows.begin; r < rows.end; ++r)
        finish<2>(update, V[r * ldv] * c0 + V[r * ldv + 1] * c1, 2, Y + r * ldy);
}

inline void ask_for_row(const double* row, Size columns) {
    for (Size i = 0; i < columns; i += 8) __builtin_prefetch(row + i);
}

/// Y ← V C, or Y ± V C. Y may be V for Update::set, with `out` (kRows·ld) if ld > kColumnsAtOnce.
inline void multiply_range(Range rows, const double* V, Size ldv, Size m, const Factor& C, Update update, double* Y,
                           Size ldy, double* out = nullptr) {
    if (m == 2 && C.ld == 2) return multiply_pairs(rows, V, ldv, C.value, update, Y, ldy);
    Size r = rows.begin;
    for (; r + kRows <= rows.end; r += kRows) {
        for (Size q = r + kAhead; q < r + kAhead + kRows; ++q) {
            ask_for_row(V + q * ldv, m);
            ask_for_row(Y + q * ldy, C.columns);
        }
        multiply_some<kRows>(V + r * ldv, ldv, m, C, update, Y + r * ldy, ldy, out);
    }
    for (; r < rows.end; ++r) multiply_some<1>(V + r * ldv, ldv, m, C, update, Y + r * ldy, ldy, out);
}

inline void clear_sums(double* x, Size count) {
    for (Size i = 0; i < count; ++i) x[i] = 0.0;
}

}  // namespace lambdabar::native
