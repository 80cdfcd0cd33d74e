#pragma once
// What the wrappers of the native kernels share: partial sums, their reduction, and the sentence about what is not
// finite.
#include "native.hpp"
#include "real_view.hpp"

#include <lambdabar/block/sum.hpp>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace lambdabar {

/// Adds the partitions in their fixed order, then over processes.
inline Block<double> reduce(const std::vector<double>& partial, Index n, Index rows, Index cols, const Sum& sum) {
    Block<double> G = Block<double>::Zero(rows, cols);
    const Index parts = native::partitions(n);
    for (Index p = 0; p < parts; ++p) {
        G += Eigen::Map<const Block<double>>(partial.data() + p * rows * cols, rows, cols);
    }
    sum(G.data(), G.size());
    return G;
}

inline std::vector<double> partial_sums(Index n, Index count) {
    return std::vector<double>(static_cast<std::size_t>(native::partitions(n) * count));
}

inline native::Factor native_view(const RealFactor& factor) {
    return {factor.values.data(), factor.columns, factor.stride};
}

template <class S>
[[noreturn]] void throw_not_finite(ConstBlockRef<S> X, std::string_view what) {
    std::ostringstream message;
    message << what << " is not finite";
    for (Index r = 0; r < X.rows(); ++r) {
        for (Index c = 0; c < X.cols(); ++c) {
            if (!std::isfinite(std::abs(X(r, c)))) {
                message << ": row " << r << " of column " << c << " is " << X(r, c);
                throw std::invalid_argument(message.str());
            }
        }
    }
    message << ": an inner product overflowed, or another process holds the entry";
    throw std::invalid_argument(message.str());
}

/// The numbers of the columns, once per real column.
template <class S>
Eigen::VectorXd real_columns(const Eigen::VectorXd& a) {
    constexpr Index w = kRealColumns<S>;
    return Eigen::VectorXd::NullaryExpr(w * a.size(), [&](Index j) { return a(j / w); });
}

/// Sums of real columns as those of the columns they belong to.
template <class S>
Eigen::VectorXd column_sums(const double* real_sums, Index columns) {
    constexpr Index w = kRealColumns<S>;
    return Eigen::Map<const Block<double>>(real_sums, columns, w).rowwise().sum();
}

/// Column norms from the partial sums of squares of real columns.
template <class S>
Eigen::VectorXd norms_from(const std::vector<double>& partial, ConstBlockRef<S> X, const Sum& sum,
                           std::string_view what) {
    const Block<double> squares = reduce(partial, X.rows(), 1, kRealColumns<S> * X.cols(), sum);
    const Eigen::VectorXd result = column_sums<S>(squares.data(), X.cols()).cwiseSqrt();
    if (!result.allFinite()) throw_not_finite<S>(X, what);
    return result;
}

}  // namespace lambdabar
