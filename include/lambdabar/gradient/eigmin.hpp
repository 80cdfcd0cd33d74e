#pragma once
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/gradient/gradient.hpp>

namespace lambdabar {

/// Options of the one-liners: those of eigsh() that make sense for a single eigenvalue. With a `sum` the gradient is
/// this process's share, as of gradient() without one: add the shares where all processes hold the same parameters.
template <ScalarType S>
struct EigminOptions {
    double tol = 1e-10;  // on ‖A x − λ x‖ / ‖A‖
    std::uint64_t seed = 1;
    Warm<S>* warm = nullptr;
    Monitor monitor = {};
    Sum sum = {};
};

/// An extreme eigenvalue, its gradient and its eigenvector; made for structured bindings.
template <ScalarType S, class Gradient>
struct [[nodiscard]] EigenvalueGradient {
    double value = 0.0;
    Gradient gradient;  // in what gradient(A, ·) returns: stored entries (sparse) or parameters
    Vector<S> vector;
};

namespace detail {

template <LinearMap Op>
auto extreme_eigenvalue(const Op& A, Which which, const EigminOptions<typename Op::Scalar>& options) {
    using S = typename Op::Scalar;
    const auto pairs = lambdabar::eigsh(A, {.k = 1,
                                            .which = which,
                                            .tol = options.tol,
                                            .seed = options.seed,
                                            .warm = options.warm,
                                            .monitor = options.monitor,
                                            .sum = options.sum});
    const auto bar =
        lambdabar::pullback(A, pairs, PairCotangent<S>{.values = Eigen::VectorXd::Ones(1)}, {.sum = options.sum});
    auto g = gradient(A, bar.A);
    return EigenvalueGradient<S, decltype(g)>{pairs.values(0), std::move(g), pairs.vectors.col(0)};
}

}  // namespace detail

/// The smallest eigenvalue of a Hermitian operator with its gradient:
///
///     auto [value, gradient, vector] = eigmin(A);
///
/// Throws NotConverged, and NotDifferentiable if the eigenvalue is multiple (it has no gradient there).
template <LinearMap Op>
auto eigmin(const Op& A, const EigminOptions<typename Op::Scalar>& options = {}) {
    return detail::extreme_eigenvalue(A, Which::smallest, options);
}

/// The largest eigenvalue, likewise.
template <LinearMap Op>
auto eigmax(const Op& A, const EigminOptions<typename Op::Scalar>& options = {}) {
    return detail::extreme_eigenvalue(A, Which::largest, options);
}

}  // namespace lambdabar
