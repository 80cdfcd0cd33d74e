#include "derivative/oracle.hpp"

namespace oracle {

template <ScalarType S>
Decomposition<S> decompose(const Matrix<S>& A, Index k, Which which) {
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> solver(A);
    return {solver.eigenvalues(), solver.eigenvectors(), which == Which::smallest ? 0 : A.rows() - k, k};
}

template <ScalarType S>
void align(Decomposition<S>& d, const Matrix<S>& X, const std::vector<Cluster>& clusters) {
    for (const Cluster& c : clusters) {
        auto basis = d.all_vectors.middleCols(d.first + c.first, c.count);
        const Matrix<S> overlap = basis.adjoint() * X.middleCols(c.first, c.count);
        const Eigen::JacobiSVD<Matrix<S>> svd(overlap, Eigen::ComputeFullU | Eigen::ComputeFullV);
        basis = (basis * svd.matrixU() * svd.matrixV().adjoint()).eval();
    }
}

template <ScalarType S>
Matrix<S> outside(const Decomposition<S>& d, const Matrix<S>& rhs) {
    Matrix<S> W = Matrix<S>::Zero(d.n(), d.k);
    for (Index i = 0; i < d.k; ++i) {
        for (Index j = 0; j < d.n(); ++j) {
            if (d.inside(j)) continue;
            const auto x = d.all_vectors.col(j);
            W.col(i) -= x * (x.dot(rhs.col(i)) / (d.all_values(j) - d.all_values(d.first + i)));
        }
    }
    return W;
}

template <ScalarType S>
Matrix<S> pullback_pairs(const Decomposition<S>& d, const Eigen::VectorXd& values_bar, const Matrix<S>& X_bar,
                         double cluster_distance) {
    const Matrix<S> X = d.vectors(), M = X.adjoint() * X_bar;
    const Eigen::VectorXd lambda = d.values();
    Matrix<S> C = values_bar.cast<S>().asDiagonal();
    for (Index i = 0; i < d.k; ++i) {
        for (Index j = 0; j < d.k; ++j) {
            if (std::abs(lambda(i) - lambda(j)) <= cluster_distance) continue;
            C(j, i) += 0.5 * (M(j, i) - Eigen::numext::conj(M(i, j))) / (lambda(i) - lambda(j));
        }
    }
    return X * C * X.adjoint() + sym(outside(d, X_bar) * X.adjoint());
}

template <ScalarType S>
Matrix<S> pullback_spectral(const Decomposition<S>& d, const std::function<double(double)>& f,
                            const std::function<double(double, double)>& difference, const Matrix<S>& F_bar) {
    const Matrix<S> X = d.vectors(), F_bar_X = F_bar * X, N = sym(X.adjoint() * F_bar_X);
    const Eigen::VectorXd lambda = d.values();
    Matrix<S> C(d.k, d.k), rhs(d.n(), d.k);
    for (Index i = 0; i < d.k; ++i) {
        rhs.col(i) = f(lambda(i)) * F_bar_X.col(i);
        for (Index j = 0; j < d.k; ++j) C(j, i) = difference(lambda(j), lambda(i)) * N(j, i);
    }
    return X * C * X.adjoint() + 2.0 * sym(outside(d, rhs) * X.adjoint());
}

Estimate central_difference(const std::function<double(double)>& phi, double h, double noise) {
    const auto at = [&](double step) { return (phi(step) - phi(-step)) / (2.0 * step); };
    const double d1 = at(h), d2 = at(2.0 * h), d4 = at(4.0 * h);
    const double fine = (4.0 * d1 - d2) / 3.0, coarse = (4.0 * d2 - d4) / 3.0;
    const double value = (16.0 * fine - coarse) / 15.0;
    return {value, std::abs(value - fine) + 2.0 * noise / h};
}

#define LAMBDABAR_INSTANTIATE(S)                                                                               \
    template Decomposition<S> decompose<S>(const Matrix<S>& A, Index k, Which which);                          \
    template void align<S>(Decomposition<S> & d, const Matrix<S>& X, const std::vector<Cluster>& clusters);    \
    template Matrix<S> outside<S>(const Decomposition<S>& d, const Matrix<S>& rhs);                            \
    template Matrix<S> pullback_pairs<S>(const Decomposition<S>& d, const Eigen::VectorXd& values_bar,         \
                                         const Matrix<S>& X_bar, double cluster_distance);                     \
    template Matrix<S> pullback_spectral<S>(const Decomposition<S>& d, const std::function<double(double)>& f, \
                                            const std::function<double(double, double)>& difference,           \
                                            const Matrix<S>& F_bar);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace oracle
