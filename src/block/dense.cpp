#include "dense.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
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
template DenseEigenpairs<double> dense_eigh<double>(const Matrix<double>&);
template DenseEigenpairs<std::complex<double>> dense_eigh<std::complex<double>>(const Matrix<std::complex<double>>&);

}  // namespace lambdabar
