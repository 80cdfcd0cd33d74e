// What BlockLanczos returns, in terms of the problem A x = λ B x.
#include "block_lanczos.hpp"

#include "block/dense.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambdabar {

/// λ of a Ritz value of sign·C.
template <ScalarType S>
double BlockLanczos<S>::eigenvalue(double theta) const {
    const double mu = transform_.sign * theta;
    return transform_.inverted ? transform_.sigma + 1.0 / mu : mu;
}

/// The residual of Ritz pair i in units of λ: to first order |dλ| = |dμ|/μ².
template <ScalarType S>
double BlockLanczos<S>::eigenvalue_residual(Index i) const {
    return transform_.inverted ? residual_(i) / (theta_(i) * theta_(i)) : residual_(i);
}

/// The distance in λ below which eigenvalues are one cluster, in units of the Ritz values at the open end.
template <ScalarType S>
double BlockLanczos<S>::cluster_distance() const {
    if (!transform_.inverted) return options_.cluster_tol * norm_;
    const Index k = std::min(k_, m_);
    double scale = std::abs(transform_.sigma);
    for (Index i = 0; i < k; ++i) scale = std::max(scale, std::abs(eigenvalue(theta_(i))));
    return options_.cluster_tol * scale * theta_(k - 1) * theta_(k - 1);
}

/// The k wanted vectors and the extra ones; frees the basis.
template <ScalarType S>
void BlockLanczos<S>::take_vectors(Index k, Index extra, Eigenpairs<S>& pairs) {
    T_.resize(0, 0);
    R_.resize(0, 0);
    A_.release();
    Block<S> X(n_, k);
    if (transform_.inverted) {
        const Eigen::VectorXd inverse = theta_.head(k).cwiseInverse();
        set_product<S>(X, AV_.leftCols(m_), Y_.leftCols(k) * inverse.template cast<S>().asDiagonal());
        // XᴴBX = I up to the square of the residuals now.
        rotate<S>(X, orthonormalizing_step<S>(metric_.inner(X, X, BW_, options_.sum)));
    } else {
        set_product<S>(X, V_.leftCols(m_), Y_.leftCols(k));
    }
    pairs.vectors = X;
    X.resize(n_, extra);
    set_product<S>(X, V_.leftCols(m_), Y_.middleCols(k, extra));
    V_.resize(0, 0);
    pairs.extra = X;
    if (transform_.inverted) {
        set_product<S>(X, AV_.leftCols(m_), transform_.sign * Y_.middleCols(k, extra));
        pairs.extra_images = X;
        AV_.resize(0, 0);
    }
}

/// Ritz values come in the order of their distance from the wanted end; pairs ascend.
template <ScalarType S>
void BlockLanczos<S>::sort_ascending(Eigenpairs<S>& pairs) const {
    const Index k = pairs.values.size();
    std::vector<Index> order(static_cast<std::size_t>(k));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return pairs.values(i) < pairs.values(j); });
    if (std::is_sorted(order.begin(), order.end())) return;
    pairs.values = Eigen::VectorXd(pairs.values(order));
    pairs.residuals = Eigen::VectorXd(pairs.residuals(order));
    pairs.vectors = Matrix<S>(pairs.vectors(Eigen::all, order));
}

/// Clusters, the guard, and whether the set cuts a cluster: every Ritz value beyond the k is held against both ends,
/// because the set nearest to σ is open at both.
template <ScalarType S>
void BlockLanczos<S>::describe_neighbourhood(Index extra, Eigenpairs<S>& pairs) const {
    const double distance = options_.cluster_tol * pairs.norm_A;
    const Index k = pairs.values.size();
    pairs.clusters = find_clusters(pairs.values, pairs.residuals, distance);
    if (m_ <= k_) return;
    pairs.guard_value = eigenvalue(theta_(k_));
    pairs.guard_residual = eigenvalue_residual(k_);
    pairs.cuts_cluster = std::isnan(residual_(k_));
    for (Index i = k_; i < k_ + (transform_.nearest ? std::max<Index>(extra, 1) : 1) && i < m_; ++i) {
        const double value = eigenvalue(theta_(i)), residual = i == k_ ? pairs.guard_residual : 0.0;
        const auto joins = [&](Index end) {
            return same_cluster(std::abs(value - pairs.values(end)), pairs.residuals(end), residual, distance);
        };
        if (pairs.which != Which::largest && joins(k - 1)) pairs.cuts_cluster = true;
        if (pairs.which != Which::smallest && joins(0)) pairs.cuts_cluster = true;
    }
}

template <ScalarType S>
Eigenpairs<S> BlockLanczos<S>::result(StopReason reason) {
    Eigenpairs<S> pairs;
    const Index k = std::min(k_, m_);
    // What an inverted operator has cost a solve is kept for the adjoint.
    const Index wanted = options_.extra < 0 ? (transform_.inverted ? capacity_ : k_) : options_.extra;
    const Index extra = std::min(wanted, m_ - k);
    pairs.which = options_.which;
    pairs.values.resize(k);
    pairs.residuals.resize(k);
    for (Index i = 0; i < k; ++i) {
        pairs.values(i) = eigenvalue(theta_(i));
        pairs.residuals(i) = eigenvalue_residual(i);
    }
    pairs.extra_values.resize(extra);
    for (Index i = 0; i < extra; ++i) pairs.extra_values(i) = eigenvalue(theta_(k + i));
    pairs.norm_A =
        transform_.inverted ? std::max(pairs.values.cwiseAbs().maxCoeff(), std::abs(transform_.sigma)) : norm_;
    pairs.tol = tol_;
    pairs.cluster_tol = options_.cluster_tol;
    take_vectors(k, extra, pairs);
    sort_ascending(pairs);
    describe_neighbourhood(extra, pairs);
    pairs.reason = reason;
    pairs.converged = reason == StopReason::converged;
    pairs.probed = probed_;
    pairs.products = A_.products();
    pairs.iterations = iterations_;
    pairs.basis_size = capacity_;
    pairs.filter_degree = degree_;
    pairs.engine = "block_lanczos";
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S)                                                        \
    template double BlockLanczos<S>::eigenvalue(double) const;                          \
    template double BlockLanczos<S>::eigenvalue_residual(Index) const;                  \
    template double BlockLanczos<S>::cluster_distance() const;                          \
    template void BlockLanczos<S>::take_vectors(Index, Index, Eigenpairs<S>&);          \
    template void BlockLanczos<S>::sort_ascending(Eigenpairs<S>&) const;                \
    template void BlockLanczos<S>::describe_neighbourhood(Index, Eigenpairs<S>&) const; \
    template Eigenpairs<S> BlockLanczos<S>::result(StopReason);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
