#pragma once
// The fixed partitions of the rows over which all kernels run and reduce.
#include "native.hpp"

namespace lambdabar::native {

constexpr Size kSerialRows = 8192;  // below, starting a team of threads costs more than it saves

/// Whether a sparse product with so many columns is worth a second thread: to wake one costs some hundred microseconds
/// at worst.
inline bool is_large_product(Size entries, Size columns) { return entries * (columns + 4) > 600000; }

struct Range {
    Size begin, end;
};

inline Range partition_rows(Size n, Size p) {
    const Size parts = partitions(n);
    return {n * p / parts, n * (p + 1) / parts};
}

}  // namespace lambdabar::native
