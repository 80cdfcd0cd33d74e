// Gram matrices and thin products on row-major blocks.
//
// Budget: V is streamed from memory once per call; W, C and the accumulators stay in registers and
// first-level cache. A chunk of kChunk rows of V (≤ 64 columns) fits the second-level cache, which is
// what makes project_and_gram one pass.
#include "native.hpp"
#include "pack_native.hpp"

namespace lambdabar::native {

namespace {

constexpr Size kChunk = 128;
constexpr Size kSerialRows = 8192;  // below, starting a team of threads costs more than it saves
constexpr Size kAhead = 16;         // rows of V asked for in advance: the hardware's own streams end at every page

struct Range {
    Size begin, end;
};

Range partition_rows(Size n, Size p) {
    const Size parts = partitions(n);
    return {n * p / parts, n * (p + 1) / parts};
}

/// G(i0 : i0+P·L, j0 : j0+J) += V(rows, i0…)ᵀ W(rows, j0…): P·J packs of accumulators in registers.
template <int L, int P, int J>
void gram_tile(Range rows, const double* V, Size ldv, const double* W, Size ldw, double* G, Size ldg) {
    Pack<L> acc[J][P] = {};
    for (Size r = rows.begin; r < rows.end; ++r) {
        Pack<L> v[P];
        for (int p = 0; p < P; ++p) __builtin_prefetch(V + (r + kAhead) * ldv + p * L);
        for (int p = 0; p < P; ++p) v[p] = load<L>(V + r * ldv + p * L);
        for (int j = 0; j < J; ++j) {
            const double w = W[r * ldw + j];
            for (int p = 0; p < P; ++p) acc[j][p] += v[p] * w;
        }
    }
    for (int j = 0; j < J; ++j) {
        for (int p = 0; p < P; ++p) {
            double lane[L];
            store<L>(lane, acc[j][p]);
            for (int l = 0; l < L; ++l) G[(p * L + l) * ldg + j] += lane[l];
        }
    }
}

template <int L, int P>
void gram_strip(Range rows, const double* V, Size ldv, const double* W, Size ldw, Size b, double* G) {
    Size j = 0;
    for (; j + 4 <= b; j += 4) gram_tile<L, P, 4>(rows, V, ldv, W + j, ldw, G + j, b);
    for (; j + 2 <= b; j += 2) gram_tile<L, P, 2>(rows, V, ldv, W + j, ldw, G + j, b);
    for (; j < b; ++j) gram_tile<L, P, 1>(rows, V, ldv, W + j, ldw, G + j, b);
}

// Strips as wide as the registers allow (5·4 packs of accumulators): rows of up to 40 columns are then read from end
// to end, and W once per strip.
void gram_rows(Range rows, const double* V, Size ldv, Size m, const double* W, Size ldw, Size b, double* G) {
    Size i = 0;
    for (; i + 40 <= m; i += 40) gram_strip<8, 5>(rows, V + i, ldv, W, ldw, b, G + i * b);
    if (i + 32 <= m) {
        gram_strip<8, 4>(rows, V + i, ldv, W, ldw, b, G + i * b);
        i += 32;
    } else if (i + 24 <= m) {
        gram_strip<8, 3>(rows, V + i, ldv, W, ldw, b, G + i * b);
        i += 24;
    } else if (i + 16 <= m) {
        gram_strip<8, 2>(rows, V + i, ldv, W, ldw, b, G + i * b);
        i += 16;
    } else if (i + 8 <= m) {
        gram_strip<8, 1>(rows, V + i, ldv, W, ldw, b, G + i * b);
        i += 8;
    }
    for (; i + 4 <= m; i += 4) gram_strip<4, 1>(rows, V + i, ldv, W, ldw, b, G + i * b);
    for (; i + 2 <= m; i += 2) gram_strip<2, 1>(rows, V + i, ldv, W, ldw, b, G + i * b);
    for (; i < m; ++i) gram_strip<1, 1>(rows, V + i, ldv, W, ldw, b, G + i * b);
}

/// out(R rows, L·P columns) = Σ_i V(r, i) C(i, :)
template <int R, int L, int P>
void multiply_tile(const double* V, Size ldv, Size m, const double* C, Size ldc, double* out, Size ldo) {
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
        for (int p = 0; p < P; ++p) store<L>(out + r * ldo + p * L, acc[r][p]);
    }
}

/// out(R rows, ldc columns) = V C, the padding columns included.
template <int R>
void multiply_strip(const double* V, Size ldv, Size m, const double* C, Size ldc, double* out) {
    Size j = 0;
    for (; j + 16 <= ldc; j += 16) multiply_tile<R, 8, 2>(V, ldv, m, C + j, ldc, out + j, ldc);
    for (; j + 8 <= ldc; j += 8) multiply_tile<R, 8, 1>(V, ldv, m, C + j, ldc, out + j, ldc);
    for (; j + 4 <= ldc; j += 4) multiply_tile<R, 4, 1>(V, ldv, m, C + j, ldc, out + j, ldc);
    for (; j + 2 <= ldc; j += 2) multiply_tile<R, 2, 1>(V, ldv, m, C + j, ldc, out + j, ldc);
    for (; j < ldc; ++j) multiply_tile<R, 1, 1>(V, ldv, m, C + j, ldc, out + j, ldc);
}

enum class Update { set, add, subtract };

template <int R>
void finish_rows(const double* out, Size ldo, Size b, Update update, double* Y, Size ldy) {
    for (int r = 0; r < R; ++r) {
        const double* o = out + r * ldo;
        double* y = Y + r * ldy;
        switch (update) {
            case Update::set:
                for (Size j = 0; j < b; ++j) y[j] = o[j];
                break;
            case Update::add:
                for (Size j = 0; j < b; ++j) y[j] += o[j];
                break;
            case Update::subtract:
                for (Size j = 0; j < b; ++j) y[j] -= o[j];
                break;
        }
    }
}

/// The products of four rows are complete in `out` before Y is touched, so Y may be V.
void multiply_range(Range rows, const double* V, Size ldv, Size m, const Factor& C, Update update, double* Y, Size ldy,
                    double* out) {
    Size r = rows.begin;
    for (; r + 4 <= rows.end; r += 4) {
        for (Size q = r + kAhead; q < r + kAhead + 4; ++q) {
            for (Size i = 0; i < m; i += 8) __builtin_prefetch(V + q * ldv + i);
        }
        multiply_strip<4>(V + r * ldv, ldv, m, C.value, C.ld, out);
        finish_rows<4>(out, C.ld, C.columns, update, Y + r * ldy, ldy);
    }
    for (; r < rows.end; ++r) {
        multiply_strip<1>(V + r * ldv, ldv, m, C.value, C.ld, out);
        finish_rows<1>(out, C.ld, C.columns, update, Y + r * ldy, ldy);
    }
}

void clear_sums(double* x, Size count) {
    for (Size i = 0; i < count; ++i) x[i] = 0.0;
}

// Column-wise kernels for a fixed number B ≤ 8 of neighbouring columns: accumulators and coefficients in registers.

template <int B>
void dots_columns(Range rows, const double* X, Size ldx, const double* Y, Size ldy, double* d) {
    double sum[B] = {};
    for (Size r = rows.begin; r < rows.end; ++r) {
        for (int j = 0; j < B; ++j) sum[j] += X[r * ldx + j] * Y[r * ldy + j];
    }
    for (int j = 0; j < B; ++j) d[j] = sum[j];
}

/// B complex columns: conj(x) y = (x_re y_re + x_im y_im) + i (x_re y_im − x_im y_re).
template <int B>
void complex_dots_columns(Range rows, const double* X, Size ldx, const double* Y, Size ldy, double* d) {
    double direct[2 * B] = {}, crossed[2 * B] = {};
    for (Size r = rows.begin; r < rows.end; ++r) {
        const double* x = X + r * ldx;
        const double* y = Y + r * ldy;
        for (int j = 0; j < 2 * B; ++j) direct[j] += x[j] * y[j];
        for (int j = 0; j < 2 * B; ++j) crossed[j] += x[j] * y[j ^ 1];
    }
    for (int j = 0; j < B; ++j) {
        d[2 * j] = direct[2 * j] + direct[2 * j + 1];
        d[2 * j + 1] = crossed[2 * j] - crossed[2 * j + 1];
    }
}

template <int B>
void descend_columns(Range rows, const Descent& d, Size first, double* partial) {
    double a[B], sum[B] = {};
    for (int j = 0; j < B; ++j) a[j] = d.step[first + j];
    for (Size r = rows.begin; r < rows.end; ++r) {
        const double* p = d.P + r * d.ldp + first;
        const double* q = d.Q + r * d.ldq + first;
        double* x = d.X + r * d.ldx + first;
        double* residual = d.R + r * d.ldr + first;
        double next[B];
        for (int j = 0; j < B; ++j) next[j] = residual[j] - a[j] * q[j];
        for (int j = 0; j < B; ++j) x[j] += a[j] * p[j];
        for (int j = 0; j < B; ++j) residual[j] = next[j];
        for (int j = 0; j < B; ++j) sum[j] += next[j] * next[j];
    }
    for (int j = 0; j < B; ++j) partial[first + j] = sum[j];
}

template <int B>
void combine_columns(Range rows, const double* X, Size ldx, const double* t_in, double* Y, Size ldy,
                     const double* s_in) {
    double s[B], t[B];
    for (int j = 0; j < B; ++j) s[j] = s_in[j], t[j] = t_in[j];
    for (Size r = rows.begin; r < rows.end; ++r) {
        double y[B];
        for (int j = 0; j < B; ++j) y[j] = s[j] * Y[r * ldy + j] + t[j] * X[r * ldx + j];
        for (int j = 0; j < B; ++j) Y[r * ldy + j] = y[j];
    }
}

/// Calls kernel.operator()<B>(first) for runs of at most eight columns.
template <class Kernel>
void for_columns(Size b, const Kernel& kernel) {
    for (Size first = 0; first < b; first += 8) {
        switch (b - first < 8 ? b - first : 8) {
            case 1:
                kernel.template operator()<1>(first);
                break;
            case 2:
                kernel.template operator()<2>(first);
                break;
            case 3:
                kernel.template operator()<3>(first);
                break;
            case 4:
                kernel.template operator()<4>(first);
                break;
            case 5:
                kernel.template operator()<5>(first);
                break;
            case 6:
                kernel.template operator()<6>(first);
                break;
            case 7:
                kernel.template operator()<7>(first);
                break;
            default:
                kernel.template operator()<8>(first);
                break;
        }
    }
}

}  // namespace

Size partitions(Size n) {
    constexpr Size kRows = 1024, kMost = 64;
    const Size parts = (n + kRows - 1) / kRows;
    return parts < 1 ? 1 : (parts > kMost ? kMost : parts);
}

void clear(Size count, double* x) {
#pragma omp parallel for schedule(static) if (count > kSerialRows)
    for (Size i = 0; i < count; ++i) x[i] = 0.0;
}

void gram(Size n, const double* V, Size ldv, Size m, const double* W, Size ldw, Size b, double* partial) {
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        double* G = partial + p * m * b;
        clear_sums(G, m * b);
        const Range all = partition_rows(n, p);
        for (Size r = all.begin; r < all.end; r += kChunk) {
            const Range rows{r, r + kChunk < all.end ? r + kChunk : all.end};
            gram_rows(rows, V, ldv, m, W, ldw, b, G);
        }
    }
}

void project_and_gram(Size n, const double* V, Size ldv, Size m, const Factor& C, double* W, Size ldw, double* partial,
                      double* scratch) {
    const Size parts = partitions(n), b = C.columns;
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        double* G = partial + p * m * b;
        clear_sums(G, m * b);
        const Range all = partition_rows(n, p);
        for (Size r = all.begin; r < all.end; r += kChunk) {
            const Range rows{r, r + kChunk < all.end ? r + kChunk : all.end};
            multiply_range(rows, V, ldv, m, C, Update::subtract, W, ldw, scratch + 4 * p * C.ld);
            gram_rows(rows, V, ldv, m, W, ldw, b, G);
        }
    }
}

void multiply(Size n, const double* V, Size ldv, Size m, const Factor& C, bool accumulate, double* Y, Size ldy,
              double* scratch) {
    const Size parts = partitions(n);
    const Update update = accumulate ? Update::add : Update::set;
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p)
        multiply_range(partition_rows(n, p), V, ldv, m, C, update, Y, ldy, scratch + 4 * p * C.ld);
}

void dots(Size n, const double* X, Size ldx, const double* Y, Size ldy, Size b, double* partial) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) { dots_columns<B>(rows, X + j, ldx, Y + j, ldy, partial + p * b + j); });
    }
}

void dots_complex(Size n, const double* X, Size ldx, const double* Y, Size ldy, Size b, double* partial) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) {
            complex_dots_columns<B>(rows, X + 2 * j, ldx, Y + 2 * j, ldy, partial + 2 * (p * b + j));
        });
    }
}

void descend(Size n, const Descent& descent, Size b, double* partial) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) { descend_columns<B>(rows, descent, j, partial + p * b); });
    }
}

void combine(Size n, const double* X, Size ldx, const double* t, double* Y, Size ldy, const double* s, Size b) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) { combine_columns<B>(rows, X + j, ldx, t + j, Y + j, ldy, s + j); });
    }
}

}  // namespace lambdabar::native
