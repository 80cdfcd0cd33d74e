#include "eigensolver/expectations.hpp"

namespace lambdabar::test {

std::vector<Index> sizes(const std::vector<Cluster>& clusters) {
    std::vector<Index> counts;
    Index next = 0;
    for (const Cluster& cluster : clusters) {
        if (cluster.first != next || cluster.count < 1) return {};
        next += cluster.count;
        counts.push_back(cluster.count);
    }
    return counts;
}

std::vector<Index> multiplicities(const Eigen::VectorXd& values) {
    std::vector<Index> counts;
    for (Index i = 0; i < values.size(); ++i) {
        if (i == 0 || values(i) != values(i - 1)) counts.push_back(0);
        ++counts.back();
    }
    return counts;
}

template <ScalarType S>
Matrix<S> all_vectors(const Eigenpairs<S>& pairs) {
    Matrix<S> X(pairs.vectors.rows(), pairs.size() + pairs.extra.cols());
    X << pairs.vectors, pairs.extra;
    return X;
}

template <ScalarType S>
void check_pairs(const Matrix<S>& AX, double norm, const Eigenpairs<S>& pairs) {
    const Matrix<S> X = all_vectors<S>(pairs);
    const Index n = AX.rows(), k = pairs.size(), e = pairs.extra.cols();
    REQUIRE(pairs.vectors.rows() == n);
    REQUIRE(pairs.vectors.cols() == k);
    CHECK(orthonormality_error(X) <= 10.0 * kEps * std::sqrt(static_cast<double>(n)) * static_cast<double>(k + e));
    Eigen::VectorXd all_values(k + e);
    all_values << pairs.values, pairs.extra_values;
    const Matrix<S> R = AX - X * all_values.template cast<S>().asDiagonal();
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

template <ScalarType S>
void check_converged(const Matrix<S>& AX, const Eigen::VectorXd& spectrum, const Eigenpairs<S>& pairs,
                     const EigshOptions<S>& options) {
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
    check_pairs<S>(AX, norm, pairs);

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

#define LAMBDABAR_INSTANTIATE(S)                                                                     \
    template Matrix<S> all_vectors<S>(const Eigenpairs<S>&);                                         \
    template void check_pairs<S>(const Matrix<S>&, double, const Eigenpairs<S>&);                    \
    template void check_converged<S>(const Matrix<S>&, const Eigen::VectorXd&, const Eigenpairs<S>&, \
                                     const EigshOptions<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
