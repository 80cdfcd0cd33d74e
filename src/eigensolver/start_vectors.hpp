#pragma once
// What the solvers by products have in common before their first step.
#include "block/metric.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <algorithm>
#include <limits>

namespace lambdabar {

/// The Warm value that the options name, if it holds vectors of this problem in every process; else nullptr.
template <ScalarType S>
const Warm<S>* usable_warm(const EigshOptions<S>& options, Index rows) {
    const Warm<S>* warm = options.warm;
    const bool fits = warm && warm->vectors.rows() == rows && warm->vectors.cols() > 0 &&
                      warm->values.size() == warm->vectors.cols() && warm->which == options.which;
    return options.sum.total(fits ? 0 : 1) > 0 ? nullptr : warm;
}

/// The vectors to start from: those of `warm`, or the caller's, which may have no column.
template <ScalarType S>
const Matrix<S>& start_vectors(const Warm<S>* warm, const EigshOptions<S>& options) {
    return warm ? warm->vectors : options.start;
}

/// ‖A‖ of the last solve, scaled down where the values `theta` of its vectors say that the operator has become smaller.
template <ScalarType S>
double remembered_norm(const Warm<S>& warm, const Eigen::VectorXd& theta);

/// What the vectors of the step before, at most `most` of them, add to the orthonormal V: along a smooth path X moves
/// by nearly the same difference again, so that Rayleigh–Ritz on both extrapolates to second order. No column if V has
/// none.
template <ScalarType S>
Block<S> previous_directions(const EigshOptions<S>& options, ConstBlockRef<S> V, const Metric<S>& metric, Index most);

/// The limit of the options on products; by default generous, and more so where products cost microseconds.
template <ScalarType S>
Index product_limit(const EigshOptions<S>& options, Index global_n) {
    return options.max_products > 0 ? options.max_products : 40000 + 2000 * options.k + 400'000'000 / global_n;
}

/// Residuals cannot be resolved below the rounding of a product and a rotation.
inline double attainable_tolerance(double tol) { return std::max(tol, 50.0 * std::numeric_limits<double>::epsilon()); }

/// [last, the first `count` columns of `earlier`].
template <ScalarType S>
Matrix<S> followed_by(const Matrix<S>& last, const Matrix<S>& earlier, Index count) {
    Matrix<S> all(last.rows(), last.cols() + count);
    all.leftCols(last.cols()) = last;
    if (count > 0) all.rightCols(count) = earlier.leftCols(count);
    return all;
}

/// Whether `warm` holds adjoints of k pairs, n rows each.
template <ScalarType S>
bool holds_adjoints(const Warm<S>& warm, Index n, Index k) {
    return warm.adjoints.rows() == n && warm.adjoints.cols() == k;
}

/// Of how many calls before those: 0, 1 or 2.
template <ScalarType S>
Index previous_adjoints_held(const Warm<S>& warm, Index n, Index k) {
    const Matrix<S>& W = warm.previous_adjoints;
    return holds_adjoints(warm, n, k) && W.rows() == n && W.cols() % k == 0 ? std::min<Index>(W.cols() / k, 2) : 0;
}

}  // namespace lambdabar
