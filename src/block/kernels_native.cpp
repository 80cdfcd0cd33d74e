// Gram matrices and thin products on row-major blocks: a pass over partitions of the rows each. products_native.hpp has
// the budget.
#include "products_native.hpp"

namespace lambdabar::native {

Size partitions(Size n) {
    constexpr Size kLeast = 1024, kMost = 64;
    const Size parts = (n + kLeast - 1) / kLeast;
    return parts < 1 ? 1 : (parts > kMost ? kMost : parts);
}

void clear(Size count, double* x) {
#pragma omp parallel for schedule(static) if (count > kSerialRows)
    for (Size i = 0; i < count; ++i) x[i] = 0.0;
}

void copy(Size n, const double* X, Size ldx, Size b, double* Y, Size ldy) {
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size r = 0; r < n; ++r) {
        for (Size j = 0; j < b; ++j) Y[r * ldy + j] = X[r * ldx + j];
    }
}

void gram(Size n, const double* V, Size ldv, Size m, const double* W, Size ldw, Size b, double* partial) {
    const Size parts = partitions(n);
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        double* G = partial + p * m * b;
        clear_sums(G, m * b);
        for_chunks(partition_rows(n, p), [&](Range rows) { gram_chunk(rows, V, ldv, m, W, ldw, b, G); });
    }
}

void project_and_gram(Size n, const double* V, Size ldv, Size m, const Factor& C, double* W, Size ldw,
                      double* partial) {
    const Size parts = partitions(n), b = C.columns;
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p) {
        double* G = partial + p * m * b;
        clear_sums(G, m * b);
        for_chunks(partition_rows(n, p), [&](Range rows) {
            multiply_range(rows, V, ldv, m, C, Update::subtract, W, ldw);
            AheadOfBoth nothing{{V, 0, 0, 1}, {W, 0, 0, 1}};
            gram_rows(rows, V, ldv, m, W, ldw, b, G, nothing);
        });
    }
}

void multiply(Size n, const double* V, Size ldv, Size m, const Factor& C, bool accumulate, double* Y, Size ldy,
              double* scratch) {
    const Size parts = partitions(n);
    const Update update = accumulate ? Update::add : Update::set;
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size p = 0; p < parts; ++p)
        multiply_range(partition_rows(n, p), V, ldv, m, C, update, Y, ldy,
                       scratch == nullptr ? nullptr : scratch + kScratchRows * p * C.ld);
}

}  // namespace lambdabar::native
