#pragma once

#include "matrix_market_lines.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace lambdabar::detail {

template <ScalarType Scalar>
using Sparse = Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>;

inline constexpr std::int64_t max_int = std::numeric_limits<int>::max();

template <ScalarType Scalar>
constexpr bool is_complex = !std::same_as<Scalar, double>;

inline bool is_finite(double value) { return std::isfinite(value); }
inline bool is_finite(std::complex<double> value) { return std::isfinite(value.real()) && std::isfinite(value.imag()); }

/// The entry (j, i) that an entry (i, j) of the given storage implies.
template <ScalarType Scalar>
Scalar mirrored(Scalar value, MatrixMarketSymmetry symmetry) {
    if (symmetry == MatrixMarketSymmetry::skew_symmetric) return -value;
    if constexpr (is_complex<Scalar>)
        return symmetry == MatrixMarketSymmetry::hermitian ? std::conj(value) : value;
    else
        return value;
}

/// Entries in the order of the file.
template <ScalarType Scalar>
struct Triplets {
    explicit Triplets(std::int64_t capacity)
        : rows(std::make_unique_for_overwrite<int[]>(static_cast<std::size_t>(capacity))),
          cols(std::make_unique_for_overwrite<int[]>(static_cast<std::size_t>(capacity))),
          values(std::make_unique_for_overwrite<Scalar[]>(static_cast<std::size_t>(capacity))) {}

    void append(int row, int col, Scalar value) {
        rows[count] = row;
        cols[count] = col;
        values[count++] = value;
    }

    std::unique_ptr<int[]> rows;
    std::unique_ptr<int[]> cols;
    std::unique_ptr<Scalar[]> values;
    std::size_t count = 0;
};

/// Sorts each column by rows, keeping the order of equal ones, and makes one entry of those: their sum, or the first.
/// Returns an entry whose sum overflowed, or (-1, -1).
template <ScalarType Scalar>
std::pair<Index, Index> sort_and_merge_columns(Sparse<Scalar>& A, bool sum_repeated) {
    int* const outer = A.outerIndexPtr();
    int* const rows = A.innerIndexPtr();
    Scalar* const values = A.valuePtr();
    std::vector<std::pair<int, Scalar>> column;
    std::pair<Index, Index> overflow{-1, -1};
    int kept = 0;
    int first = 0;
    for (Index col = 0; col < A.cols(); ++col) {
        const int last = outer[col + 1];
        if (!std::is_sorted(rows + first, rows + last)) {
            column.clear();
            for (int p = first; p < last; ++p) column.emplace_back(rows[p], values[p]);
            std::stable_sort(column.begin(), column.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
            for (int p = first; p < last; ++p)
                std::tie(rows[p], values[p]) = column[static_cast<std::size_t>(p - first)];
        }
        const int column_start = kept;
        for (int p = first; p < last; ++p) {
            if (kept > column_start && rows[kept - 1] == rows[p]) {
                if (sum_repeated) values[kept - 1] += values[p];
                if (!is_finite(values[kept - 1])) overflow = {rows[p], col};
            } else {
                rows[kept] = rows[p];
                values[kept++] = values[p];
            }
        }
        outer[col + 1] = kept;
        first = last;
    }
    A.resizeNonZeros(kept);
    return overflow;
}

/// Counting sort of the triplets into columns: one pass to count, one to place.
template <ScalarType Scalar>
Sparse<Scalar> assemble(const MatrixMarketLines& lines, const MatrixMarketHeader& header,
                        const Triplets<Scalar>& entries, SymmetricStorage storage) {
    const bool mirror = header.symmetry != MatrixMarketSymmetry::general && storage == SymmetricStorage::expand;
    auto size = static_cast<std::int64_t>(entries.count);
    if (mirror)
        for (std::size_t e = 0; e < entries.count; ++e) size += entries.rows[e] != entries.cols[e] ? 1 : 0;
    if (size > max_int) lines.fail_file("the matrix has ", size, " entries in both triangles, more than ", max_int);

    Sparse<Scalar> A(header.rows, header.cols);
    A.resizeNonZeros(size);
    int* const outer = A.outerIndexPtr();
    std::fill(outer, outer + header.cols + 1, 0);
    for (std::size_t e = 0; e < entries.count; ++e) {
        ++outer[entries.cols[e] + 1];
        if (mirror && entries.rows[e] != entries.cols[e]) ++outer[entries.rows[e] + 1];
    }
    for (Index col = 0; col < header.cols; ++col) outer[col + 1] += outer[col];
    std::vector<int> next(outer, outer + header.cols);  // where the next entry of each column goes
    const auto place = [&](int row, int col, Scalar value) {
        const int at = next[static_cast<std::size_t>(col)]++;
        A.innerIndexPtr()[at] = row;
        A.valuePtr()[at] = value;
    };
    for (std::size_t e = 0; e < entries.count; ++e) {
        const int row = entries.rows[e];
        const int col = entries.cols[e];
        place(row, col, entries.values[e]);
        if (mirror && row != col) place(col, row, mirrored(entries.values[e], header.symmetry));
    }
    const auto [row, col] = sort_and_merge_columns(A, header.field != MatrixMarketField::pattern);
    if (row >= 0)
        lines.fail_file("the repeated entries (", row + 1, ", ", col + 1, ") sum to more than a double holds");
    return A;
}

}  // namespace lambdabar::detail
