#include "derivative/pencil_oracle.hpp"

namespace oracle {

template <ScalarType S>
PencilDecomposition<S> decompose(const Matrix<S>& A, const Matrix<S>& B, Index first, Index k) {
    const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>> solver(A, B);
    return {B, {solver.eigenvalues(), solver.eigenvectors(), first, k}, Matrix<S>(A.rows(), 0), {}};
}

template <ScalarType S>
PencilDecomposition<S> decompose_singular(const Matrix<S>& A, const Matrix<S>& B, Index rank, Index first, Index k) {
    const Index n = A.rows();
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> mass(B);
    const Matrix<S> N0 = mass.eigenvectors().leftCols(n - rank), R = mass.eigenvectors().rightCols(rank);
    const Matrix<S> A_N = N0.adjoint() * A * N0;
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> massless(Matrix<S>((A_N + A_N.adjoint()) / 2.0));
    const Matrix<S> N = N0 * massless.eigenvectors();
    const Eigen::VectorXd a = massless.eigenvalues();
    const Matrix<S> condensed = R - N * (a.cwiseInverse().template cast<S>().asDiagonal() * (N.adjoint() * A * R));
    Matrix<S> A_R = condensed.adjoint() * A * condensed, B_R = R.adjoint() * B * R;
    A_R = ((A_R + A_R.adjoint()) / 2.0).eval();
    B_R = ((B_R + B_R.adjoint()) / 2.0).eval();
    const Eigen::GeneralizedSelfAdjointEigenSolver<Matrix<S>> solver(A_R, B_R);
    return {B, {solver.eigenvalues(), condensed * solver.eigenvectors(), first, k}, N, a};
}

template <ScalarType S>
void align(PencilDecomposition<S>& d, const Matrix<S>& X, const std::vector<Cluster>& clusters) {
    for (const Cluster& c : clusters) {
        auto basis = d.pairs.all_vectors.middleCols(d.pairs.first + c.first, c.count);
        const Matrix<S> overlap = basis.adjoint() * d.B * X.middleCols(c.first, c.count);
        const Eigen::JacobiSVD<Matrix<S>> svd(overlap, Eigen::ComputeFullU | Eigen::ComputeFullV);
        basis = (basis * svd.matrixU() * svd.matrixV().adjoint()).eval();
    }
}

template <ScalarType S>
Matrix<S> outside(const PencilDecomposition<S>& d, const Matrix<S>& rhs) {
    const Matrix<S>& V = d.pairs.all_vectors;
    const Matrix<S>& N = d.infinite_vectors;
    Matrix<S> W = Matrix<S>::Zero(d.B.rows(), d.pairs.k);
    if (N.cols() > 0) W -= N * (d.infinite_A.cwiseInverse().template cast<S>().asDiagonal() * (N.adjoint() * rhs));
    for (Index i = 0; i < d.pairs.k; ++i) {
        for (Index j = 0; j < d.pairs.n(); ++j) {
            if (d.pairs.inside(j)) continue;
            const double gap = d.pairs.all_values(j) - d.pairs.all_values(d.pairs.first + i);
            W.col(i) -= V.col(j) * (V.col(j).dot(rhs.col(i)) / gap);
        }
    }
    return W;
}

template <ScalarType S>
BothCotangents<S> pullback_pairs(const PencilDecomposition<S>& d, const Eigen::VectorXd& values_bar,
                                 const Matrix<S>& X_bar, double cluster_distance) {
    const Matrix<S> X = d.vectors(), M = X.adjoint() * X_bar;
    const Eigen::VectorXd lambda = d.values();
    const Index k = d.pairs.k;
    Matrix<S> C_A(k, k), C_B(k, k);
    for (Index i = 0; i < k; ++i) {
        for (Index j = 0; j < k; ++j) {
            S K{0};
            if (std::abs(lambda(i) - lambda(j)) > cluster_distance)
                K = 0.5 * (M(j, i) - Eigen::numext::conj(M(i, j))) / (lambda(i) - lambda(j));
            C_A(j, i) = K + (i == j ? values_bar(i) : 0.0);
            C_B(j, i) = 0.5 * (lambda(i) + lambda(j)) * K + 0.25 * (M(j, i) + Eigen::numext::conj(M(i, j))) +
                        (i == j ? values_bar(i) * lambda(i) : 0.0);
        }
    }
    const Matrix<S> W = outside(d, X_bar), W_lambda = W * lambda.template cast<S>().asDiagonal();
    return {X * C_A * X.adjoint() + sym(W * X.adjoint()), -X * C_B * X.adjoint() - sym(W_lambda * X.adjoint()), W};
}

template <ScalarType S>
BothCotangents<S> pullback_spectral(const PencilDecomposition<S>& d, const std::function<double(double)>& f,
                                    const std::function<double(double, double)>& difference, const Matrix<S>& F_bar) {
    const Matrix<S> X = d.vectors(), F_bar_X = F_bar * X, N = sym(X.adjoint() * F_bar_X);
    const Eigen::VectorXd lambda = d.values();
    const Index k = d.pairs.k;
    Matrix<S> C_A(k, k), C_B(k, k), rhs = F_bar_X;
    for (Index i = 0; i < k; ++i) {
        rhs.col(i) *= f(lambda(i));
        for (Index j = 0; j < k; ++j) {
            C_A(j, i) = difference(lambda(j), lambda(i)) * N(j, i);
            C_B(j, i) = (f(lambda(j)) + lambda(i) * difference(lambda(j), lambda(i))) * N(j, i);
        }
    }
    const Matrix<S> W = outside(d, rhs), W_lambda = W * lambda.template cast<S>().asDiagonal();
    return {X * C_A * X.adjoint() + 2.0 * sym(W * X.adjoint()),
            -X * C_B * X.adjoint() - 2.0 * sym(W_lambda * X.adjoint()), W};
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template PencilDecomposition<S> decompose<S>(const Matrix<S>& A, const Matrix<S>& B, Index first, Index k);      \
    template PencilDecomposition<S> decompose_singular<S>(const Matrix<S>& A, const Matrix<S>& B, Index rank,        \
                                                          Index first, Index k);                                     \
    template void align<S>(PencilDecomposition<S> & d, const Matrix<S>& X, const std::vector<Cluster>& clusters);    \
    template Matrix<S> outside<S>(const PencilDecomposition<S>& d, const Matrix<S>& rhs);                            \
    template BothCotangents<S> pullback_pairs<S>(const PencilDecomposition<S>& d, const Eigen::VectorXd& values_bar, \
                                                 const Matrix<S>& X_bar, double cluster_distance);                   \
    template BothCotangents<S> pullback_spectral<S>(                                                                 \
        const PencilDecomposition<S>& d, const std::function<double(double)>& f,                                     \
        const std::function<double(double, double)>& difference, const Matrix<S>& F_bar);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace oracle
