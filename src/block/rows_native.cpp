// Sparse matrix × block, with the shift, scaling and recurrence term fused into the pass that writes Y.
#include "native.hpp"
#include "pack_native.hpp"

namespace lambdabar::native {

namespace {

/// One strip of L·P columns, real: each stored entry is loaded once and used L·P times.
template <int L, int P>
void real_strip(const Rows& A, const double* X, Size ldx, const double* shift, double scale, double beta, double* Y,
                Size ldy) {
#pragma omp parallel for schedule(static) if (A.n > 1024)
    for (Size r = 0; r < A.n; ++r) {
        Pack<L> acc[P] = {};
        for (int e = A.start[r]; e < A.start[r + 1]; ++e) {
            const double a = A.value[e];
            const double* x = X + static_cast<Size>(A.column[e]) * ldx;
            for (int p = 0; p < P; ++p) acc[p] += a * load<L>(x + p * L);
        }
        for (int p = 0; p < P; ++p) {
            const Pack<L> x = load<L>(X + r * ldx + p * L), sigma = load<L>(shift + p * L);
            Pack<L> y = scale * (acc[p] - sigma * x);
            if (beta != 0.0) y -= beta * load<L>(Y + r * ldy + p * L);
            store<L>(Y + r * ldy + p * L, y);
        }
    }
}

/// One strip of L·P/2 complex columns. Σ a x = Σ Re(a) x + i Σ Im(a) x: two real accumulators, and one
/// multiplication by i at the end instead of one shuffle per entry.
template <int L, int P>
void complex_strip(const Rows& A, const double* X, Size ldx, const double* shift, double scale, double beta, double* Y,
                   Size ldy) {
    const double sign = A.conjugate ? -1.0 : 1.0;
#pragma omp parallel for schedule(static) if (A.n > 1024)
    for (Size r = 0; r < A.n; ++r) {
        Pack<L> re[P] = {}, im[P] = {};
        for (int e = A.start[r]; e < A.start[r + 1]; ++e) {
            const double a_re = A.value[2 * e], a_im = A.value[2 * e + 1];
            const double* x = X + static_cast<Size>(A.column[e]) * ldx;
            for (int p = 0; p < P; ++p) {
                const Pack<L> v = load<L>(x + p * L);
                re[p] += a_re * v;
                im[p] += a_im * v;
            }
        }
        for (int p = 0; p < P; ++p) {
            double u[L], v[L];
            store<L>(u, re[p]);
            store<L>(v, im[p]);
            const double* x = X + r * ldx + p * L;
            double* y = Y + r * ldy + p * L;
            for (int l = 0; l < L; l += 2) {
                const double sigma = shift[(p * L + l) / 2];
                const double y_re = scale * (u[l] - sign * v[l + 1] - sigma * x[l]);
                const double y_im = scale * (u[l + 1] + sign * v[l] - sigma * x[l + 1]);
                y[l] = beta == 0.0 ? y_re : y_re - beta * y[l];
                y[l + 1] = beta == 0.0 ? y_im : y_im - beta * y[l + 1];
            }
        }
    }
}

}  // namespace

void multiply_rows(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale, double beta,
                   double* Y, Size ldy) {
    Size j = 0;
    for (; j + 8 <= b; j += 8) real_strip<8, 1>(A, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    for (; j + 4 <= b; j += 4) real_strip<4, 1>(A, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    for (; j + 2 <= b; j += 2) real_strip<2, 1>(A, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
    for (; j < b; ++j) real_strip<1, 1>(A, X + j, ldx, shift + j, scale, beta, Y + j, ldy);
}

void multiply_rows_complex(const Rows& A, const double* X, Size ldx, Size b, const double* shift, double scale,
                           double beta, double* Y, Size ldy) {
    Size j = 0;
    for (; j + 4 <= b; j += 4) complex_strip<8, 1>(A, X + 2 * j, ldx, shift + j, scale, beta, Y + 2 * j, ldy);
    for (; j + 2 <= b; j += 2) complex_strip<4, 1>(A, X + 2 * j, ldx, shift + j, scale, beta, Y + 2 * j, ldy);
    for (; j < b; ++j) complex_strip<2, 1>(A, X + 2 * j, ldx, shift + j, scale, beta, Y + 2 * j, ldy);
}

}  // namespace lambdabar::native
