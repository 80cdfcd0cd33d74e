// One vector against a row-major basis: what blocks of columns amortize is here done along the rows of V.
#include "single_native.hpp"
#include "pack_native.hpp"
#include "partition_native.hpp"

namespace lambdabar::native {

namespace {

constexpr Size kAhead = 16;  // rows of V asked for in advance

/// Σ_i v_i c_i with two independent packs.
double dot(const double* v, const double* c, Size m) {
    Pack<4> even = {}, odd = {};
    Size i = 0;
    for (; i + 8 <= m; i += 8) {
        even += load<4>(v + i) * load<4>(c + i);
        odd += load<4>(v + i + 4) * load<4>(c + i + 4);
    }
    if (i + 4 <= m) {
        even += load<4>(v + i) * load<4>(c + i);
        i += 4;
    }
    double lane[4];
    store<4>(lane, even + odd);
    double sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);
    for (; i < m; ++i) sum += v[i] * c[i];
    return sum;
}

/// a += v x
void add(double* a, const double* v, double x, Size m) {
    Size i = 0;
    for (; i + 4 <= m; i += 4) store<4>(a + i, load<4>(a + i) + load<4>(v + i) * x);
    for (; i < m; ++i) a[i] += v[i] * x;
}

}  // namespace

// Budget: V once from memory, read twice a row from first-level cache; w read and written once.
void project_single(Size n, const double* V, Size ldv, Size m, const double* c, double* w, Size ldw, double* partial) {
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Size begin = n * p / parts, end = n * (p + 1) / parts;
        double* sums = partial + p * (m + 1);
        for (Size i = 0; i <= m; ++i) sums[i] = 0.0;
        for (Size r = begin; r < end; ++r) {
            const double* v = V + r * ldv;
            for (Size i = 0; i < m; i += 8) __builtin_prefetch(v + kAhead * ldv + i);
            const double x = w[r * ldw] - dot(v, c, m);
            w[r * ldw] = x;
            add(sums, v, x, m);
            sums[m] += x * x;
        }
    }
}

}  // namespace lambdabar::native
