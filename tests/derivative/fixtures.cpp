#include "derivative/fixtures.hpp"

namespace lambdabar::test {

template <ScalarType S>
SetProblem<S> set_problem(const Eigen::VectorXd& at_the_end, Which which, unsigned seed, Index n) {
    const Index k = at_the_end.size();
    Eigen::VectorXd values(n);
    values << at_the_end, Eigen::VectorXd::LinSpaced(n - k, 6.0, 12.0);
    Eigen::VectorXd set = at_the_end;
    if (which == Which::largest) {
        values = (-values.reverse()).eval();
        set = (-set.reverse()).eval();
    }
    return {{hermitian_with_spectrum<S>(values, seed)}, which, find_clusters(set, Eigen::VectorXd::Zero(k), 1e-9)};
}

template <ScalarType S>
double smallest_gap(const oracle::Decomposition<S>& d, const std::vector<Cluster>& clusters) {
    double gap = d.gap();
    for (std::size_t c = 1; c < clusters.size(); ++c) {
        const Index i = d.first + clusters[c].first;
        gap = std::min(gap, d.all_values(i) - d.all_values(i - 1));
    }
    return gap;
}

template <ScalarType S>
Matrix<S> fix_gauge(const Matrix<S>& X, Matrix<S> X_bar, const std::vector<Cluster>& clusters) {
    for (const Cluster& c : clusters) {
        const auto X_c = X.middleCols(c.first, c.count);
        const Matrix<S> M = X_c.adjoint() * X_bar.middleCols(c.first, c.count);
        X_bar.middleCols(c.first, c.count) -= X_c * (M - M.adjoint()) / 2.0;
    }
    return X_bar;
}

template <ScalarType S>
GroupObjective<S>::GroupObjective(Index n, std::vector<Cluster> clusters, unsigned seed)
    : H(random_hermitian<S>(n, seed)),
      groups(std::move(clusters)),
      weights(random_matrix<double>(static_cast<Index>(groups.size()), 1, seed + 1)) {}

namespace {

template <ScalarType S>
Matrix<S> projector(const Matrix<S>& X, const Cluster& c) {
    return X.middleCols(c.first, c.count) * X.middleCols(c.first, c.count).adjoint();
}

}  // namespace

template <ScalarType S>
double GroupObjective<S>::operator()(const Eigen::VectorXd& values, const Matrix<S>& X) const {
    double phi = 0.0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const Cluster& c = groups[g];
        const Matrix<S> PH = projector(X, c) * H;
        phi += 0.5 * weights(static_cast<Index>(g)) * values.segment(c.first, c.count).squaredNorm();
        phi += std::real((PH * PH).trace());
    }
    return phi;
}

template <ScalarType S>
PairCotangent<S> GroupObjective<S>::cotangent(const Eigen::VectorXd& values, const Matrix<S>& X) const {
    PairCotangent<S> bar{values, Matrix<S>(X.rows(), X.cols())};
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const Cluster& c = groups[g];
        bar.values.segment(c.first, c.count) *= weights(static_cast<Index>(g));
        bar.vectors.middleCols(c.first, c.count) = 4.0 * H * projector(X, c) * H * X.middleCols(c.first, c.count);
    }
    return bar;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                   \
    template struct GroupObjective<S>;                                                                             \
    template SetProblem<S> set_problem<S>(const Eigen::VectorXd& at_the_end, Which which, unsigned seed, Index n); \
    template double smallest_gap<S>(const oracle::Decomposition<S>& d, const std::vector<Cluster>& clusters);      \
    template Matrix<S> fix_gauge<S>(const Matrix<S>& X, Matrix<S> X_bar, const std::vector<Cluster>& clusters);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
