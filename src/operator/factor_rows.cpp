#include "factor_rows.hpp"

#include <algorithm>

namespace lambdabar {

namespace {

constexpr Index kWindow = 4096;

/// Rows first … first + kWindow − 1 of N by level, appended to `order`.
template <class Rows>
void append_window(const Rows& N, Index first, bool descending, std::vector<Index>& level, std::vector<int>& order) {
    const Index end = std::min<Index>(first + kWindow, N.rows());
    const auto level_of = [&](Index row) -> Index& { return level[static_cast<std::size_t>(row)]; };
    for (Index i = first; i < end; ++i) {
        const Index row = descending ? first + end - 1 - i : i;
        Index next = 0;
        for (typename Rows::InnerIterator it(N, row); it; ++it) {
            if (it.col() >= first && it.col() < end) next = std::max(next, level_of(it.col()) + 1);
        }
        level_of(row) = next;
        order.push_back(static_cast<int>(row));
    }
    std::stable_sort(order.end() - (end - first), order.end(),
                     [&](int one, int other) { return level_of(one) < level_of(other); });
}

/// D⁻¹ of S⁻¹L (S⁻¹L)ᴴ = (I + N) D (I + N)ᴴ.
template <ScalarType S>
Eigen::VectorXd inverse_squares(const Eigen::SparseMatrix<S>& L, const Eigen::VectorXd& scale) {
    return (L.diagonal().real().array() / scale.array()).square().inverse();
}

template <ScalarType S>
Eigen::SparseMatrix<S, Eigen::RowMajor> strictly_lower(const Eigen::SparseMatrix<S>& L, const Eigen::VectorXd& scale) {
    std::vector<Eigen::Triplet<S>> below;
    below.reserve(static_cast<std::size_t>(L.nonZeros()));
    for (int j = 0; j < L.outerSize(); ++j) {
        const double diagonal = std::real(L.coeff(j, j)) / scale(j);
        for (typename Eigen::SparseMatrix<S>::InnerIterator it(L, j); it; ++it) {
            if (it.row() > j) below.emplace_back(it.row(), j, it.value() / (scale(it.row()) * diagonal));
        }
    }
    Eigen::SparseMatrix<S, Eigen::RowMajor> N(L.rows(), L.cols());
    N.setFromTriplets(below.begin(), below.end());
    return N;
}

}  // namespace

template <ScalarType S>
TriangularRows<S>::TriangularRows(const Eigen::SparseMatrix<S, Eigen::RowMajor>& N, Part part) {
    const Index n = N.rows(), windows = (n + kWindow - 1) / kWindow;
    std::vector<Index> level(static_cast<std::size_t>(n));
    order_.reserve(static_cast<std::size_t>(n));
    const bool descending = part == Part::upper;
    for (Index w = 0; w < windows; ++w)
        append_window(N, kWindow * (descending ? windows - 1 - w : w), descending, level, order_);
    start_.reserve(static_cast<std::size_t>(n) + 1);
    column_.reserve(static_cast<std::size_t>(N.nonZeros()));
    value_.reserve(static_cast<std::size_t>(N.nonZeros()));
    start_.push_back(0);
    for (const int r : order_) {
        for (typename Eigen::SparseMatrix<S, Eigen::RowMajor>::InnerIterator it(N, r); it; ++it) {
            column_.push_back(it.col());
            value_.push_back(it.value());
        }
        start_.push_back(static_cast<int>(column_.size()));
    }
}

template <ScalarType S>
native::OrderedRows TriangularRows<S>::view() const {
    return {static_cast<Index>(order_.size()), order_.data(), start_.data(), column_.data(),
            reinterpret_cast<const double*>(value_.data())};
}

template <ScalarType S>
FactorRows<S>::FactorRows(const Eigen::SparseMatrix<S>& L, const Eigen::VectorXd& scale)
    : FactorRows(strictly_lower<S>(L, scale), inverse_squares<S>(L, scale)) {}

template <ScalarType S>
FactorRows<S>::FactorRows(const Rows& N, Eigen::VectorXd inverse)
    : lower_(N, TriangularRows<S>::Part::lower),
      upper_(N.adjoint(), TriangularRows<S>::Part::upper),
      inverse_(std::move(inverse)) {}

template <ScalarType S>
void FactorRows<S>::solve(BlockRef<S> Y) const {
    constexpr bool real = std::same_as<S, double>;
    auto* y = reinterpret_cast<double*>(Y.data());
    const Index stride = (real ? 1 : 2) * Y.outerStride();
    const auto substitute = real ? native::substitute : native::substitute_complex;
    substitute(lower_.view(), nullptr, y, stride, Y.cols());
    substitute(upper_.view(), inverse_.data(), y, stride, Y.cols());
}

template class TriangularRows<double>;
template class TriangularRows<std::complex<double>>;
template class FactorRows<double>;
template class FactorRows<std::complex<double>>;

}  // namespace lambdabar
