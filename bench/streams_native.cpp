#include "streams_native.hpp"

namespace bench::native {

namespace {

using Size = std::ptrdiff_t;
typedef double Pack __attribute__((vector_size(64)));
constexpr int kLanes = 8, kChains = 12;

}  // namespace

void fill(Size n, double* x, double value, int threads) {
#pragma omp parallel for simd schedule(static) num_threads(threads)
    for (Size i = 0; i < n; ++i) x[i] = value;
}

double sum(Size n, const double* x, int threads) {
    double total = 0.0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
    {
        double lane[8 * kLanes] = {};
#pragma omp for schedule(static)
        for (Size block = 0; block < n / (8 * kLanes); ++block) {
            for (int l = 0; l < 8 * kLanes; ++l) lane[l] += x[block * 8 * kLanes + l];
        }
        for (int l = 0; l < 8 * kLanes; ++l) total += lane[l];
    }
    return total;
}

void triad(Size n, const double* x, const double* y, double s, double* z, int threads) {
#pragma omp parallel for simd schedule(static) num_threads(threads)
    for (Size i = 0; i < n; ++i) z[i] = x[i] + s * y[i];
}

void update(Size n, const double* y, double s, double* x, int threads) {
#pragma omp parallel for simd schedule(static) num_threads(threads)
    for (Size i = 0; i < n; ++i) x[i] += s * y[i];
}

double multiply_add(Size steps, int threads, double* sink) {
    double total = 0.0;
#pragma omp parallel num_threads(threads) reduction(+ : total)
    {
        Pack chain[kChains] = {};
        const Pack a = Pack{} + 0.999999, b = Pack{} + *sink;
        for (Size s = 0; s < steps; ++s) {
            for (int c = 0; c < kChains; ++c) chain[c] = chain[c] * a + b;
        }
        for (int c = 0; c < kChains; ++c) {
            for (int l = 0; l < kLanes; ++l) total += chain[c][l];
        }
    }
    *sink = total * 1e-300;
    return 2.0 * kLanes * kChains * static_cast<double>(steps) * threads;
}

}  // namespace bench::native
