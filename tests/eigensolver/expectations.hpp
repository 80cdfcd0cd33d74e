#pragma once
// What must hold of any converged result of eigsh(), given the whole spectrum.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

namespace lambdabar::test {

/// The sizes of clusters that follow one another without a gap; anything else gives no sizes at all.
inline std::vector<Index> sizes(const std::vector<Cluster>& clusters) {
    std::vector<Index> counts;
    Index next = 0;
    for (const Cluster& cluster : clusters) {
        if (cluster.first != next || cluster.count < 1) return {};
        next += cluster.count;
        counts.push_back(cluster.count);
    }
    return counts;
}

/// How often each number occurs, in ascending order.
inline std::vector<Index> multiplicities(const Eigen::VectorXd& values) {
    std::vector<Index> counts;
    for (Index i = 0; i < values.size(); ++i) {
        if (i == 0 || values(i) != values(i - 1)) counts.push_back(0);
        ++counts.back();
    }
    return counts;
}

/// The rounding of eigenvalues and residuals: products with rows of up to n entries and Rayleigh–Ritz on up to n
/// vectors each commit a few √n·eps·‖A‖, and the matrix itself has the wanted spectrum to n·eps·‖A‖.
inline double rounding(Index n, double norm) { return 10.0 * static_cast<double>(n) * kEps * norm; }

template <LinearMap Op>
Matrix<typename Op::Scalar> apply_to(const Op& A, const Matrix<typename Op::Scalar>& X) {
    const Block<typename Op::Scalar> block = X;
    Block<typename Op::Scalar> Y(X.rows(), X.cols());
    A.apply(block, Y);
    return Y;
}

/// Vectors orthonormal, residuals true and small, values and extra values those of their vectors.
template <LinearMap Op>
void check_pairs(const Op& A, double norm, const Eigenpairs<typename Op::Scalar>& pairs) {
    using S = typename Op::Scalar;
    const Index n = A.rows(), k = pairs.size(), e = pairs.extra.cols();
    REQUIRE(pairs.vectors.rows() == n);
    REQUIRE(pairs.vectors.cols() == k);
    Matrix<S> X(n, k + e);
    X << pairs.vectors, pairs.extra;
    CHECK(orthonormality_error(X) <= 10.0 * kEps * std::sqrt(static_cast<double>(n)) * static_cast<double>(k + e));
    const Matrix<S> AX = apply_to(A, X);
    Eigen::VectorXd all_values(k + e);
    all_values << pairs.values, pairs.extra_values;
    const Matrix<S> R = AX - X * all_values.cast<S>().asDiagonal();
    const double noise = rounding(n, norm);
    for (Index i = 0; i < k; ++i) {
        CHECK(std::abs(R.col(i).norm() - pairs.residuals(i)) <= noise);
        if (pairs.converged) CHECK(pairs.residuals(i) <= pairs.tol * pairs.norm_A);
    }
    const Eigen::VectorXd rayleigh = X.conjugate().cwiseProduct(AX).colwise().sum().real().transpose();
    CHECK((rayleigh - all_values).cwiseAbs().maxCoeff() <= noise);
    CHECK(std::is_sorted(pairs.values.data(), pairs.values.data() + k));
    CHECK(pairs.norm_A <= norm * (1.0 + 100.0 * kEps) + noise);
}

/// check_pairs(), and the values are the k at the wanted end of `spectrum` with all their copies, in the right
/// clusters; the guard is the next one, and the cut is seen. Distinct values must differ by more than the tolerance.
template <LinearMap Op>
void check_converged(const Op& A, const Eigen::VectorXd& spectrum, const Eigenpairs<typename Op::Scalar>& pairs,
                     const EigshOptions<typename Op::Scalar>& options) {
    const Index n = spectrum.size(), k = options.k;
    const double norm = spectrum.cwiseAbs().maxCoeff();
    const double noise = rounding(n, norm);
    const bool smallest = options.which == Which::smallest;
    REQUIRE(pairs.converged);
    CHECK(pairs.reason == StopReason::converged);
    REQUIRE(pairs.size() == k);
    CHECK(pairs.which == options.which);
    CHECK(pairs.tol == std::max(options.tol, pairs.tol));
    CHECK(pairs.tol <= std::max(options.tol, 100.0 * kEps));
    check_pairs(A, norm, pairs);

    // Weyl: the k Ritz values lie within ‖R‖ of k eigenvalues; if no copy is missed, of the wanted ones.
    const Eigen::VectorXd wanted = smallest ? spectrum.head(k) : spectrum.tail(k);
    CHECK((pairs.values - wanted).cwiseAbs().maxCoeff() <= pairs.residuals.norm() + noise);
    CHECK(sizes(pairs.clusters) == multiplicities(wanted));

    const double open_end = smallest ? wanted(k - 1) : wanted(0);
    const double next = smallest ? spectrum(k) : spectrum(n - 1 - k);
    CHECK(pairs.cuts_cluster == (next == open_end));
    // The guard is a Ritz value of the complement: never beyond the eigenvalue, and as close as its residual.
    const double inward = smallest ? pairs.guard_value - next : next - pairs.guard_value;
    CHECK(inward >= -noise - pairs.residuals.norm());
    CHECK(inward <= pairs.guard_residual + noise);
}

/// Solves and checks.
template <LinearMap Op>
Eigenpairs<typename Op::Scalar> solve_and_check(const Op& A, const Eigen::VectorXd& spectrum,
                                                const EigshOptions<typename Op::Scalar>& options) {
    auto pairs = eigsh(A, options);
    check_converged(A, spectrum, pairs, options);
    return pairs;
}

}  // namespace lambdabar::test
