// Inner products, norms and updates column by column, fused where an algorithm needs them together.
//
// Budget: each operand is streamed once per call; coefficients and sums stay in registers.
#include "entries_native.hpp"

namespace lambdabar::native {

namespace {

template <int B>
void dots_columns(Range rows, const double* X, Size ldx, const double* Y, Size ldy, double* d) {
    with_layout<B>(
        [=](auto x, auto y) {
            for_entries<B>(rows, d, [=](Size r, int j, double& sum) { sum += X[x(r, j)] * Y[y(r, j)]; });
        },
        ldx, ldy);
}

/// B complex columns: conj(x) y = (x_re y_re + x_im y_im) + i (x_re y_im − x_im y_re).
template <int B>
void complex_dots_columns(Range rows, const double* X, Size ldx, const double* Y, Size ldy, double* d) {
    double direct[2 * B] = {}, crossed[2 * B] = {};
    for (Size r = rows.begin; r < rows.end; ++r) {
        const double* x = X + r * ldx;
        const double* y = Y + r * ldy;
#ifdef __GNUC__
        asm("" : "+r"(x), "+r"(y));  // row by row: vectorized across rows, GCC 12 reads a row past the last one
#endif
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
    double a[B];
    for (int j = 0; j < B; ++j) a[j] = d.step[first + j];
    const double *P = d.P + first, *Q = d.Q + first;
    double* __restrict X = d.X + first, * __restrict R = d.R + first;
    with_layout<B>(
        [=, &a](auto p, auto q, auto x, auto y) {
            for_entries<B>(rows, partial + first, [=, &a](Size r, int j, double& sum) {
                const double residual = R[y(r, j)] - a[j] * Q[q(r, j)];
                X[x(r, j)] += a[j] * P[p(r, j)];
                R[y(r, j)] = residual;
                sum += residual * residual;
            });
        },
        d.ldp, d.ldq, d.ldx, d.ldr);
}

/// Y = Y∘s + X∘t; X = nullptr: Y = Y∘s.
template <int B>
void combine_columns(Range rows, const double* X, Size ldx, const double* t_in, double* Y, Size ldy,
                     const double* s_in) {
    double s[B], t[B], none[B];
    for (int j = 0; j < B; ++j) s[j] = s_in[j], t[j] = X ? t_in[j] : 0.0;
    if (!X) {
        with_layout<B>(
            [=, &s, &none](auto y) {
                for_entries<B>(rows, none, [=, &s](Size r, int j, double&) { Y[y(r, j)] *= s[j]; });
            },
            ldy);
        return;
    }
    with_layout<B>(
        [=, &s, &t, &none](auto x, auto y) {
            for_entries<B>(rows, none,
                           [=, &s, &t](Size r, int j, double&) { Y[y(r, j)] = s[j] * Y[y(r, j)] + t[j] * X[x(r, j)]; });
        },
        ldx, ldy);
}

/// Y += X∘a, and Σ Y² or Σ V∘Y (V given) of the new Y.
template <int B>
void add_and_sum_columns(Range rows, const Addition& d, Size first, double* partial) {
    double a[B];
    for (int j = 0; j < B; ++j) a[j] = d.factor[first + j];
    const double *X = d.X + first, *V = d.V ? d.V + first : nullptr;
    double* __restrict Y = d.Y + first;
    if (V) {
        with_layout<B>(
            [=, &a](auto x, auto v, auto y) {
                for_entries<B>(rows, partial + first, [=, &a](Size r, int j, double& sum) {
                    const double next = Y[y(r, j)] + a[j] * X[x(r, j)];
                    Y[y(r, j)] = next;
                    sum += V[v(r, j)] * next;
                });
            },
            d.ldx, d.ldv, d.ldy);
        return;
    }
    with_layout<B>(
        [=, &a](auto x, auto y) {
            for_entries<B>(rows, partial + first, [=, &a](Size r, int j, double& sum) {
                const double next = Y[y(r, j)] + a[j] * X[x(r, j)];
                Y[y(r, j)] = next;
                sum += next * next;
            });
        },
        d.ldx, d.ldy);
}

template <int B>
void minres_columns(Range rows, const MinresUpdate& d, Size first) {
    double a[B], b[B], c[B], step[B], none[B];
    for (int j = 0; j < B; ++j) {
        a[j] = d.v[first + j];
        b[j] = d.w1[first + j];
        c[j] = d.w2[first + j];
        step[j] = d.step[first + j];
    }
    const double *V = d.V + first, *W2 = d.W2 + first;
    double* __restrict W1 = d.W1 + first, * __restrict X = d.X + first;
    with_layout<B>(
        [=, &a, &b, &c, &step, &none](auto v, auto w2, auto w1, auto x) {
            for_entries<B>(rows, none, [=, &a, &b, &c, &step](Size r, int j, double&) {
                const double w = a[j] * V[v(r, j)] + b[j] * W1[w1(r, j)] + c[j] * W2[w2(r, j)];
                W1[w1(r, j)] = w;
                X[x(r, j)] += step[j] * w;
            });
        },
        d.ldv, d.ldw2, d.ldw1, d.ldx);
}

}  // namespace

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

void add_and_sum(Size n, const Addition& addition, Size b, double* partial) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) { add_and_sum_columns<B>(rows, addition, j, partial + p * b); });
    }
}

void minres_update(Size n, const MinresUpdate& update, Size b) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) { minres_columns<B>(rows, update, j); });
    }
}

void combine(Size n, const double* X, Size ldx, const double* t, double* Y, Size ldy, const double* s, Size b) {
    if (n == 0) return;
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        const Range rows = partition_rows(n, p);
        for_columns(b, [&]<int B>(Size j) {
            combine_columns<B>(rows, X ? X + j : nullptr, ldx, t ? t + j : nullptr, Y + j, ldy, s + j);
        });
    }
}

}  // namespace lambdabar::native
