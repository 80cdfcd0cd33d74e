#include "dense.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace lambdabar {

namespace detail {

template <int Bytes>
void compiled_with_eigen_max_align_bytes() {}
template void compiled_with_eigen_max_align_bytes<EIGEN_MAX_ALIGN_BYTES>();

}  // namespace detail

template <ScalarType S>
DenseEigenpairs<S> dense_eigh(const Matrix<S>& G) {
    const Matrix<S> H = (G + G.adjoint()) / 2.0;
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> solver(H);
    if (solver.info() != Eigen::Success) {
        throw std::runtime_error("the QR iteration on the projected " + std::to_string(G.rows()) + "×" +
                                 std::to_string(G.rows()) + " matrix did not converge");
    }
    return {solver.eigenvalues(), solver.eigenvectors()};
}

namespace {

/// b ← T⁻¹ b, T symmetric tridiagonal with diagonal d and off-diagonal `lower`, by Gaussian elimination with row
/// exchanges; a pivot of zero becomes `tiny`.
template <ScalarType S>
void solve_tridiagonal(Eigen::VectorXd d, Eigen::VectorXd lower, double tiny, Eigen::Ref<Vector<S>> b) {
    const Index m = d.size();
    Eigen::VectorXd upper = lower, second = Eigen::VectorXd::Zero(m);  // the two diagonals above d
    for (Index i = 0; i + 1 < m; ++i) {
        if (std::abs(d(i)) < std::abs(lower(i))) {
            std::swap(d(i), lower(i));
            std::swap(upper(i), d(i + 1));
            std::swap(b(i), b(i + 1));
            if (i + 2 < m) std::swap(second(i), upper(i + 1));
        }
        if (d(i) == 0.0) d(i) = tiny;
        const double factor = lower(i) / d(i);
        d(i + 1) -= factor * upper(i);
        if (i + 2 < m) upper(i + 1) -= factor * second(i);
        b(i + 1) -= factor * b(i);
    }
    if (d(m - 1) == 0.0) d(m - 1) = tiny;
    for (Index i = m - 1; i >= 0; --i) {
        if (i + 1 < m) b(i) -= upper(i) * b(i + 1);
        if (i + 2 < m) b(i) -= second(i) * b(i + 2);
        b(i) /= d(i);
    }
}

}  // namespace

template <ScalarType S>
Matrix<S> hermitian_resolvent(const Matrix<S>& H, const Eigen::VectorXd& tau, const Matrix<S>& g) {
    const Eigen::Tridiagonalization<Matrix<S>> form(H);
    const Eigen::VectorXd diagonal = form.diagonal(), off = form.subDiagonal();
    const double largest = diagonal.cwiseAbs().maxCoeff();
    Matrix<S> y = form.matrixQ().adjoint() * g;
    for (Index j = 0; j < y.cols(); ++j) {
        const double size = 1.0 + std::abs(tau(j)) * largest;
        solve_tridiagonal<S>(1.0 - tau(j) * diagonal.array(), -tau(j) * off,
                             std::numeric_limits<double>::epsilon() * size, y.col(j));
    }
    return form.matrixQ() * y;
}

template <ScalarType S>
Matrix<S> leading_directions(const Matrix<S>& G, double relative, double absolute) {
    const DenseEigenpairs<S> pairs = dense_eigh<S>(G);
    const Index b = G.rows();
    const double shortest = std::max(relative * std::sqrt(std::max(pairs.values(b - 1), 0.0)), absolute);
    Index rank = 0;
    while (rank < b && pairs.values(b - 1 - rank) > shortest * shortest) ++rank;
    const Eigen::VectorXd scale = pairs.values.tail(rank).cwiseSqrt().cwiseInverse();
    return pairs.vectors.rightCols(rank) * scale.template cast<S>().asDiagonal();
}

template Matrix<double> leading_directions<double>(const Matrix<double>&, double, double);
template Matrix<std::complex<double>> leading_directions<std::complex<double>>(const Matrix<std::complex<double>>&,
                                                                               double, double);
template Matrix<double> hermitian_resolvent<double>(const Matrix<double>&, const Eigen::VectorXd&,
                                                    const Matrix<double>&);
template Matrix<std::complex<double>> hermitian_resolvent<std::complex<double>>(const Matrix<std::complex<double>>&,
                                                                                const Eigen::VectorXd&,
                                                                                const Matrix<std::complex<double>>&);
template DenseEigenpairs<double> dense_eigh<double>(const Matrix<double>&);
template DenseEigenpairs<std::complex<double>> dense_eigh<std::complex<double>>(const Matrix<std::complex<double>>&);

}  // namespace lambdabar
