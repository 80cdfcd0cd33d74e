#include "dense.hpp"

#include <Eigen/Eigenvalues>

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

template DenseEigenpairs<double> dense_eigh<double>(const Matrix<double>&);
template DenseEigenpairs<std::complex<double>> dense_eigh<std::complex<double>>(const Matrix<std::complex<double>>&);

}  // namespace lambdabar
