#pragma once
// Column-wise kernels for a fixed number B of neighbouring columns, and the runs of columns that a block is made of.
#include "native.hpp"
#include "partition_native.hpp"

namespace lambdabar::native {

// Column-wise kernels for a fixed number B of neighbouring columns: coefficients and accumulators in registers. They go
// through groups of rows, enough independent sums to hide the latency of an addition. `Layout` says where entry (r, j)
// of a block lies: where blocks are packed the compiler knows it, and a group becomes whole registers. The order of the
// sums is the same for both.

template <int B>
constexpr int kRowGroup = B == 1   ? 16
                          : B == 2 ? 8
                          : B == 4 ? 4
                          : B == 8 ? 2
                                   : 1;

template <int B>
struct Packed {
    Size operator()(Size r, int j) const { return r * B + j; }
};
struct Strided {
    Size ld;
    Size operator()(Size r, int j) const { return r * ld + j; }
};

/// visit(r, j, sum) for every row and column, sum an accumulator of column j; `sum` (B) receives their totals.
template <int B, class Visit>
inline void for_entries(Range rows, double* sum, const Visit& visit) {
    constexpr int U = kRowGroup<B>;
    double group[U * B] = {};
    Size r = rows.begin;
    for (; r + U <= rows.end; r += U) {
        for (int i = 0; i < U * B; ++i) visit(r + i / B, i % B, group[i]);
    }
    for (; r < rows.end; ++r) {
        for (int j = 0; j < B; ++j) visit(r, j, group[j]);
    }
    for (int j = 0; j < B; ++j) sum[j] = 0.0;
    for (int i = 0; i < U * B; ++i) sum[i % B] += group[i];
}

/// kernel(layout…) with the layouts known if all blocks are packed.
template <int B, class Kernel, class... Lds>
inline void with_layout(const Kernel& kernel, Lds... lds) {
    const bool packed = (... && (lds == B));
    if (packed) {
        kernel((static_cast<void>(lds), Packed<B>{})...);
    } else {
        kernel(Strided{lds}...);
    }
}

/// Calls kernel.operator()<B>(first) for runs of sixteen (two cache lines: eight complex columns) or at most eight.
template <class Kernel>
void for_columns(Size b, const Kernel& kernel) {
    Size first = 0;
    for (; first + 16 <= b; first += 16) kernel.template operator()<16>(first);
    for (; first < b; first += 8) {
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

}  // namespace lambdabar::native
