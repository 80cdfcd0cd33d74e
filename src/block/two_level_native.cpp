// The passes of two-level conjugate gradients.
//
// Budget: a chunk of rows of all operands stays in the first-level cache while everything that needs it is done: each
// operand is read from memory once a pass, P and Q are written once.
#include "two_level_native.hpp"

#include "entries_native.hpp"
#include "products_native.hpp"

namespace lambdabar::native {

namespace {

void add_gram(Range rows, const Columns& V, const Columns& W, double* G) {
    gram_chunk(rows, V.data, V.ld, V.count, W.data, W.ld, W.count, G);
}

/// Σ z bz and Σ z r
template <int B>
void add_dots(Range rows, const TwoLevelSums& o, Size first, double* zbz, double* zr) {
    const double *Z = o.Z.data + first, *BZ = o.BZ.data + first, *R = o.R.data + first;
    double sum[B];
    for_entries<B>(rows, sum, [&](Size r, int j, double& s) { s += Z[r * o.Z.ld + j] * BZ[r * o.BZ.ld + j]; });
    for (int j = 0; j < B; ++j) zbz[first + j] += sum[j];
    for_entries<B>(rows, sum, [&](Size r, int j, double& s) { s += Z[r * o.Z.ld + j] * R[r * o.R.ld + j]; });
    for (int j = 0; j < B; ++j) zr[first + j] += sum[j];
}

/// R rows of P and Q, once the products with them are in `out`: four blocks of R rows. pq (b) += Σ p q.
template <int R>
void finish_directions(const TwoLevelDirections& o, Size r, const double* out, double* pq) {
    const Size ld = o.terms[0].C.ld, b = o.Z.count;
    for (Size q = r; q < r + R; ++q, out += ld) {
        const double *z = o.Z.data + q * o.Z.ld, *bz = o.BZ.data + q * o.BZ.ld, *rhs = o.R.data + q * o.R.ld;
        const double *p0 = out, *p1 = out + R * ld, *q0 = out + 2 * R * ld, *q1 = out + 3 * R * ld;
        double* __restrict P = o.P + q * o.ldp, * __restrict Q = o.Q + q * o.ldq, * __restrict sum = pq;
        for (Size j = 0; j < b; ++j) {
            P[j] = z[j] + o.beta[j] * P[j] + (p0[j] + p1[j]);
            Q[j] = rhs[j] + o.shift[j] * bz[j] + o.beta[j] * Q[j] + (q0[j] + q1[j]);
            sum[j] += P[j] * Q[j];
        }
    }
}

template <int R>
void direct_rows(const TwoLevelDirections& o, Size r, double* out, double* pq) {
    double* product = out;
    for (const Term& term : o.terms) {
        multiply_strip<R>(term.V + r * term.ldv, term.ldv, term.m, term.C, Update::set, product, term.C.ld);
        product += R * term.C.ld;
    }
    finish_directions<R>(o, r, out, pq);
}

}  // namespace

void two_level_sums(Size n, const TwoLevelSums& o, double* partial) {
    const Size parts = partitions(n), b = o.Z.count;
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        double* XBZ = partial + p * o.size();
        double* ER = XBZ + b * o.X.count;
        double* zbz = ER + b * o.E.count;
        clear_sums(XBZ, o.size());
        for_chunks(partition_rows(n, p), [&](Range rows) {
            add_gram(rows, o.X, o.BZ, XBZ);
            add_gram(rows, o.E, o.R, ER);
            for_columns(b, [&]<int B>(Size j) { add_dots<B>(rows, o, j, zbz, zbz + b); });
        });
    }
}

void two_level_directions(Size n, const TwoLevelDirections& o, double* partial, double* scratch) {
    const Size parts = partitions(n), b = o.Z.count;
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        double* out = scratch + p * kDirectionRows * o.terms[0].C.ld;
        double* pq = partial + p * b;
        clear_sums(pq, b);
        const Range rows = partition_rows(n, p);
        Size r = rows.begin;
        for (; r + kRows <= rows.end; r += kRows) direct_rows<kRows>(o, r, out, pq);
        for (; r < rows.end; ++r) direct_rows<1>(o, r, out, pq);
    }
}

}  // namespace lambdabar::native
