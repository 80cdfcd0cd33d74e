// Products in single precision: half the traffic of native.hpp's, and an entry costs three instructions.
#include "slices_native.hpp"

#include "pack_native.hpp"
#include "partition_native.hpp"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace lambdabar::native {

namespace {

constexpr Size kAhead = 32;  // slots asked for in advance: the hardware's own streams end at every page

template <int L>
using Singles = Pack<L, float>;

bool is_large(const Slices& A, Size numbers) { return is_large_product(A.start[slices(A.n)] * kSlice, numbers); }

/// result −= beta·y, unless beta = 0 and y is not to be read; += weight∘r.
template <int L>
inline Singles<L> finish(Singles<L> result, const SingleStep& s, Size at, const Singles<L>& weight) {
    if (s.beta != 0.0f) result -= s.beta * load<L>(s.Y + at);
    return result + weight * load<L>(s.R + at);
}

#ifdef __AVX512F__

// One or two numbers a row: too few to fill a register. Eight rows are one, their entries gathered.

#if defined(__znver1__) || defined(__znver2__) || defined(__znver3__) || defined(__znver4__) || defined(__znver5__)

// The gather instructions of these processors take twice as long as loads one by one.

inline double pair(const float* X, int column) {
    double both;
    std::memcpy(&both, X + 2 * static_cast<Size>(column), sizeof both);
    return both;
}
inline Singles<8> gather_rows(const float* X, const int* column, Singles<8>) {
    return Singles<8>{X[column[0]], X[column[1]], X[column[2]], X[column[3]],
                      X[column[4]], X[column[5]], X[column[6]], X[column[7]]};
}
inline Singles<16> gather_rows(const float* X, const int* column, Singles<16>) {
    return Singles<16>(Pack<8>{pair(X, column[0]), pair(X, column[1]), pair(X, column[2]), pair(X, column[3]),
                               pair(X, column[4]), pair(X, column[5]), pair(X, column[6]), pair(X, column[7])});
}

#else

inline Singles<8> gather_rows(const float* X, const int* column, Singles<8>) {
    return Singles<8>(_mm256_i32gather_ps(X, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(column)), 4));
}
inline Singles<16> gather_rows(const float* X, const int* column, Singles<16>) {
    return Singles<16>(_mm512_castpd_ps(_mm512_mask_i32gather_pd(
        _mm512_setzero_pd(), 0xff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(column)), X, 8)));
}

#endif

template <int L>
void narrow_sweep(const Slices& A, const SingleStep& s) {
    constexpr int kAll = 8 * L;
    const int* column = A.column;
    const float* value = A.value;
    float shifts[kAll], weights[kAll];
    for (int j = 0; j < kAll; ++j) shifts[j] = s.shift[j % L], weights[j] = s.weight[j % L];
    const Singles<kAll> shift = load<kAll>(shifts), weight = load<kAll>(weights);
#pragma omp parallel for schedule(static) if (is_large(A, L))
    for (Size q = 0; q < slices(A.n); ++q) {
        Singles<kAll> sum = {};
        for (Size e = A.start[q]; e < A.start[q + 1]; ++e) {
            __builtin_prefetch(value + (e + kAhead) * kSlice);
            __builtin_prefetch(column + (e + kAhead) * kSlice);
            const Singles<8> a = load<8>(value + e * kSlice);
            const Singles<kAll> x = gather_rows(s.X, column + e * kSlice, Singles<kAll>{});
            if constexpr (L == 1)
                sum += a * x;
            else
                sum += __builtin_shufflevector(a, a, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7) * x;
        }
        const Size at = q * kAll;
        store<kAll>(s.Y + at, finish<kAll>(s.scale * (sum - shift * load<kAll>(s.X + at)), s, at, weight));
    }
}

/// One complex number a row.
void narrow_complex_sweep(const Slices& A, const SingleStep& s) {
    const int* column = A.column;
    const float* value = A.value;
    const Singles<16> shift = Singles<16>{} + s.shift[0], weight = Singles<16>{} + s.weight[0];
    const Singles<16> turn = {-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1};
#pragma omp parallel for schedule(static) if (is_large(A, 2))
    for (Size q = 0; q < slices(A.n); ++q) {
        Singles<16> re = {}, im = {};
        for (Size e = A.start[q]; e < A.start[q + 1]; ++e) {
            __builtin_prefetch(value + 2 * (e + kAhead) * kSlice);
            __builtin_prefetch(column + (e + kAhead) * kSlice);
            const Singles<16> a = load<16>(value + 2 * e * kSlice);
            const Singles<16> x = gather_rows(s.X, column + e * kSlice, Singles<16>{});
            re += __builtin_shufflevector(a, a, 0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14) * x;
            im += __builtin_shufflevector(a, a, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15) * x;
        }
        const Size at = q * 16;
        const Singles<16> product = re + turn * exchange_pairs<16>(im);
        store<16>(s.Y + at, finish<16>(s.scale * (product - shift * load<16>(s.X + at)), s, at, weight));
    }
}

#endif

template <int L>
void sweep(const Slices& A, const SingleStep& s) {
    const int* column = A.column;
    const float* value = A.value;
    const Singles<L> shift = load<L>(s.shift), weight = load<L>(s.weight);
#pragma omp parallel for schedule(static) if (is_large(A, L))
    for (Size q = 0; q < slices(A.n); ++q) {
        Singles<L> sum[kSlice] = {};
        for (Size e = A.start[q]; e < A.start[q + 1]; ++e) {
            __builtin_prefetch(value + (e + kAhead) * kSlice);
            __builtin_prefetch(column + (e + kAhead) * kSlice);
#pragma GCC unroll 8
            for (Size i = 0; i < kSlice; ++i)
                sum[i] += value[e * kSlice + i] * load<L>(s.X + static_cast<Size>(column[e * kSlice + i]) * L);
        }
#pragma GCC unroll 8
        for (Size i = 0; i < kSlice; ++i) {
            const Size at = (q * kSlice + i) * L;
            store<L>(s.Y + at, finish<L>(s.scale * (sum[i] - shift * load<L>(s.X + at)), s, at, weight));
        }
    }
}

/// L = 2·width numbers a row: Σ a x = Σ Re(a) x + i Σ Im(a) x.
template <int L>
void complex_sweep(const Slices& A, const SingleStep& s) {
    const int* column = A.column;
    const float* value = A.value;
    float shifts[L], weights[L], turns[L];
    for (int j = 0; j < L; ++j) {
        shifts[j] = s.shift[j / 2];
        weights[j] = s.weight[j / 2];
        turns[j] = j % 2 == 0 ? -1.0f : 1.0f;  // with the parts exchanged: multiplication by i
    }
    const Singles<L> shift = load<L>(shifts), weight = load<L>(weights), turn = load<L>(turns);
#pragma omp parallel for schedule(static) if (is_large(A, L))
    for (Size q = 0; q < slices(A.n); ++q) {
        Singles<L> re[kSlice] = {}, im[kSlice] = {};
        for (Size e = A.start[q]; e < A.start[q + 1]; ++e) {
            __builtin_prefetch(value + 2 * (e + kAhead) * kSlice);
            __builtin_prefetch(value + 2 * (e + kAhead) * kSlice + 16);
            __builtin_prefetch(column + (e + kAhead) * kSlice);
#pragma GCC unroll 8
            for (Size i = 0; i < kSlice; ++i) {
                const Size slot = e * kSlice + i;
                const Singles<L> x = load<L>(s.X + static_cast<Size>(column[slot]) * L);
                re[i] += value[2 * slot] * x;
                im[i] += value[2 * slot + 1] * x;
            }
        }
#pragma GCC unroll 8
        for (Size i = 0; i < kSlice; ++i) {
            const Size at = (q * kSlice + i) * L;
            const Singles<L> product = re[i] + turn * exchange_pairs<L>(im[i]);
            store<L>(s.Y + at, finish<L>(s.scale * (product - shift * load<L>(s.X + at)), s, at, weight));
        }
    }
}

}  // namespace

void slice_widths(const Rows& A, Size* start) {
    start[0] = 0;
#pragma omp parallel for schedule(static) if (A.n > kSerialRows)
    for (Size q = 0; q < slices(A.n); ++q) {
        Size width = 0;
        for (Size r = q * kSlice; r < A.n && r < (q + 1) * kSlice; ++r) {
            const Size entries = A.start[r + 1] - A.start[r];
            if (entries > width) width = entries;
        }
        start[q + 1] = width;
    }
}

EntryRange entry_range(const Rows& A, bool complex) {
    const Size parts = complex ? 2 : 1;
    double least = __builtin_inf(), most = -least, off = 0.0;
    bool whole = true;
#pragma omp parallel for schedule(static) reduction(min : least) reduction(max : most, off) \
    reduction(&& : whole) if (A.n > kSerialRows)
    for (Size r = 0; r < A.n; ++r) {
        bool stored = false;
        for (Size e = A.start[r]; e < A.start[r + 1]; ++e) {
            const double* value = A.value + parts * e;
            if (A.column[e] == r) {
                stored = true;
                if (*value < least) least = *value;
                if (*value > most) most = *value;
                continue;
            }
            for (Size part = 0; part < parts; ++part) {
                const double size = value[part] < 0.0 ? -value[part] : value[part];
                if (size > off) off = size;
            }
        }
        whole = whole && stored;
    }
    return {least, most, whole, off};
}

void fill_slices(const Rows& A, bool complex, double factor, double shift, const Size* start, int* column,
                 float* value) {
    const double factor_im = A.conjugate ? -factor : factor;
#pragma omp parallel for schedule(static) if (A.n > kSerialRows)
    for (Size q = 0; q < slices(A.n); ++q) {
        for (Size i = 0; i < kSlice; ++i) {
            const Size r = q * kSlice + i, first = r < A.n ? A.start[r] : 0, end = r < A.n ? A.start[r + 1] : 0;
            for (Size e = start[q]; e < start[q + 1]; ++e) {
                const Size slot = e * kSlice + i, from = first + e - start[q];
                const bool filled = from < end;
                column[slot] = filled ? A.column[from] : static_cast<int>(r < A.n ? r : A.n - 1);
                const double off = filled && A.column[from] == r ? shift : 0.0;
                if (complex) {
                    value[2 * slot] = filled ? static_cast<float>(factor * (A.value[2 * from] - off)) : 0.0f;
                    value[2 * slot + 1] = filled ? static_cast<float>(factor_im * A.value[2 * from + 1]) : 0.0f;
                } else {
                    value[slot] = filled ? static_cast<float>(factor * (A.value[from] - off)) : 0.0f;
                }
            }
        }
    }
}

void multiply_slices(const Slices& A, int width, const SingleStep& step) {
#ifdef __AVX512F__
    if (width == 1) narrow_sweep<1>(A, step);
    if (width == 2) narrow_sweep<2>(A, step);
#else
    if (width == 1) sweep<1>(A, step);
    if (width == 2) sweep<2>(A, step);
#endif
    if (width == 4) sweep<4>(A, step);
    if (width == 8) sweep<8>(A, step);
}

void multiply_slices_complex(const Slices& A, int width, const SingleStep& step) {
#ifdef __AVX512F__
    if (width == 1) narrow_complex_sweep(A, step);
#else
    if (width == 1) complex_sweep<2>(A, step);
#endif
    if (width == 2) complex_sweep<4>(A, step);
    if (width == 4) complex_sweep<8>(A, step);
    if (width == 8) complex_sweep<16>(A, step);
}

void round_rows(Size n, const double* X, Size ldx, Size b, const double* factor, float* Y, Size width) {
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size r = 0; r < slices(n) * kSlice; ++r) {
        for (Size j = 0; j < width; ++j)
            Y[r * width + j] = r < n && j < b ? static_cast<float>(X[r * ldx + j] * factor[j]) : 0.0f;
    }
}

bool widen_rows(Size n, const float* X, Size width, Size b, const double* factor, double* Y, Size ldy) {
    bool finite = true;
#pragma omp parallel for schedule(static) reduction(&& : finite) if (n > kSerialRows)
    for (Size r = 0; r < n; ++r) {
        float sum = 0.0f;
        for (Size j = 0; j < b; ++j) {
            const float x = X[r * width + j];
            sum += x - x;
            Y[r * ldy + j] = static_cast<double>(x) * factor[j];
        }
        finite = finite && sum == 0.0f;
    }
    return finite;
}

}  // namespace lambdabar::native
