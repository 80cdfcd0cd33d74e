#include "factorization/ldlt_solve.hpp"

#include "block/triangular_native.hpp"
#include "factorization/column_chunks.hpp"

#include <algorithm>
#include <concepts>

#include <omp.h>

namespace lambdabar {

namespace {

/// Columns that travel together through L: each entry of L is loaded once for all of them.
constexpr Index kWidest = 8, kNarrowest = 4;
constexpr Index kSerialWork = 4'000'000;  // entries of L times columns, some milliseconds: below, threads do not pay

// L y = P b, D z = y, Lᴴ P x = z: passes over L, 2; work space: up to 8 vectors.
template <ScalarType S>
void solve_columns(const LdltView<S>& factor, In<S> rhs, BlockRef<S>& x, Index first, Index columns) {
    constexpr bool real = std::same_as<S, double>;
    const Index n = rhs.rows();
    const int lanes = columns <= 2 ? static_cast<int>(columns) : columns <= 4 ? 4 : 8;
    const Index stride = real ? lanes : 2 * lanes;
    std::vector<double> y(static_cast<std::size_t>(n * stride));
    for (Index i = 0; i < n; ++i) {
        const S* from = rhs.data() + i * rhs.outerStride() + first;
        double* to = y.data() + factor.place[i] * stride;
        for (Index j = 0; j < columns; ++j) {
            to[j] = std::real(from[j]);
            if constexpr (!real) to[lanes + j] = std::imag(from[j]);
        }
    }
    const native::LdltFactors factors{.start = factor.start,
                                      .row = factor.row,
                                      .value = reinterpret_cast<const double*>(factor.value),
                                      .diagonal = factor.diagonal.data(),
                                      .panel = factor.panels.data(),
                                      .panels = static_cast<native::Size>(factor.panels.size()) - 1,
                                      .skip = factor.skip};
    real ? native::solve_ldlt(factors, y.data(), lanes) : native::solve_ldlt_complex(factors, y.data(), lanes);
    for (Index i = 0; i < n; ++i) {
        const double* from = y.data() + factor.place[i] * stride;
        S* to = x.data() + i * x.outerStride() + first;
        for (Index j = 0; j < columns; ++j) {
            if constexpr (real) {
                to[j] = from[j];
            } else {
                to[j] = {from[j], from[lanes + j]};
            }
        }
    }
}

}  // namespace

std::vector<int> ldlt_panels(Index n, const int* start, const int* row, int skip) {
    constexpr int kPanel = 4;
    std::vector<int> first;
    for (int k = 0; k < static_cast<int>(n); ++k) {
        // In a Cholesky factor column k − 1 without its first row c is part of column c: all of it, if as long.
        const bool joins = k > 0 && k - first.back() < kPanel && start[k] - start[k - 1] > skip &&
                           row[start[k - 1] + skip] == k && start[k] - start[k - 1] == start[k + 1] - start[k] + 1;
        if (!joins) first.push_back(k);
    }
    first.push_back(static_cast<int>(n));
    return first;
}

template <ScalarType S>
void solve_ldlt(const LdltView<S>& factor, In<S> rhs, Out<S> x) {
    // Columns do not mix, and each is computed alike at every width: so threads may share them as they like.
    const Index columns = rhs.cols();
    const Index entries = factor.start[rhs.rows()];
    const Index threads = columns * entries < kSerialWork ? 1 : omp_get_max_threads();
    const auto chunk = [&](Index first, Index count) { solve_columns<S>(factor, rhs, x, first, count); };
    if (threads == 1) {
        for (Index first = 0; first < columns; first += kWidest) chunk(first, std::min(kWidest, columns - first));
    } else {
        const Index share = (columns + threads - 1) / threads;
        for_column_chunks(columns, std::clamp(share, kNarrowest, kWidest), chunk);
    }
}

template void solve_ldlt<double>(const LdltView<double>&, In<double>, Out<double>);
template void solve_ldlt<std::complex<double>>(const LdltView<std::complex<double>>&, In<std::complex<double>>,
                                               Out<std::complex<double>>);

}  // namespace lambdabar
