#pragma once
// What must hold of any converged result of eigsh(), given the whole spectrum.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

namespace lambdabar::test {

/// The sizes of clusters that follow one another without a gap; anything else gives no sizes at all.
std::vector<Index> sizes(const std::vector<Cluster>& clusters);

/// How often each number occurs, in ascending order.
std::vector<Index> multiplicities(const Eigen::VectorXd& values);

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

/// The pairs' vectors and the extra ones, beside each other.
template <ScalarType S>
Matrix<S> all_vectors(const Eigenpairs<S>& pairs);

/// Vectors orthonormal, residuals true and small, values and extra values those of their vectors; AX = A all_vectors().
template <ScalarType S>
void check_pairs(const Matrix<S>& AX, double norm, const Eigenpairs<S>& pairs);

template <LinearMap Op>
void check_pairs(const Op& A, double norm, const Eigenpairs<typename Op::Scalar>& pairs) {
    using S = typename Op::Scalar;
    REQUIRE(pairs.vectors.rows() == A.rows());
    check_pairs<S>(apply_to(A, all_vectors<S>(pairs)), norm, pairs);
}

/// check_pairs(), and the values are the k at the wanted end of `spectrum` with all their copies, in the right
/// clusters; the guard is the next one, and the cut is seen. Distinct values must differ by more than the tolerance.
template <ScalarType S>
void check_converged(const Matrix<S>& AX, const Eigen::VectorXd& spectrum, const Eigenpairs<S>& pairs,
                     const EigshOptions<S>& options);

template <LinearMap Op>
void check_converged(const Op& A, const Eigen::VectorXd& spectrum, const Eigenpairs<typename Op::Scalar>& pairs,
                     const EigshOptions<typename Op::Scalar>& options) {
    using S = typename Op::Scalar;
    REQUIRE(pairs.vectors.rows() == A.rows());
    check_converged<S>(apply_to(A, all_vectors<S>(pairs)), spectrum, pairs, options);
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
