#include "spin_chains_native.hpp"

namespace bench::native {

namespace {

using Size = std::ptrdiff_t;

template <int B>
void apply_columns(int spins, double field, const double* X, Size ldx, const double* shift, double scale, double beta,
                   double* Y, Size ldy) {
    const Size states = Size{1} << spins;
#pragma omp parallel for schedule(static)
    for (Size r = 0; r < states; ++r) {
        const Size turned = ((r << 1) | (r >> (spins - 1))) & (states - 1);
        const double diagonal =
            2.0 * static_cast<double>(__builtin_popcountll(static_cast<unsigned long long>(r ^ turned))) -
            static_cast<double>(spins);
        double flipped[B] = {};
        for (int j = 0; j < spins; ++j) {
            const double* x = X + (r ^ (Size{1} << j)) * ldx;
            for (int c = 0; c < B; ++c) flipped[c] += x[c];
        }
        const double* x = X + r * ldx;
        double* y = Y + r * ldy;
        for (int c = 0; c < B; ++c) {
            const double value = scale * ((diagonal - shift[c]) * x[c] - field * flipped[c]);
            y[c] = beta == 0.0 ? value : value - beta * y[c];
        }
    }
}

}  // namespace

void ising_apply(int spins, double field, const double* X, Size ldx, Size b, const double* shift, double scale,
                 double beta, double* Y, Size ldy) {
    Size j = 0;
    for (; j + 8 <= b; j += 8) apply_columns<8>(spins, field, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    for (; j + 4 <= b; j += 4) apply_columns<4>(spins, field, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    for (; j + 2 <= b; j += 2) apply_columns<2>(spins, field, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    for (; j < b; ++j) apply_columns<1>(spins, field, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
}

}  // namespace bench::native
