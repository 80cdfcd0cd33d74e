#pragma once
// What the tests share: random matrices with a chosen spectrum, operators and dense references. Everything is drawn
// from std::mt19937_64, never from the library's own generator, so that a test does not trust what it tests.
#include <lambdabar/derivative/cotangent.hpp>
#include <lambdabar/operator/concepts.hpp>

#include <Eigen/Dense>
#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <complex>
#include <concepts>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fake_ranks.hpp"

namespace lambdabar::test {

using Complex = std::complex<double>;
inline constexpr double kEps = std::numeric_limits<double>::epsilon();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class S>
using Sparse = Eigen::SparseMatrix<S>;

// ---- random matrices ------------------------------------------------------------------------------------------------

template <ScalarType S>
S random_normal(std::mt19937_64& random) {
    std::normal_distribution<double> normal;
    if constexpr (std::same_as<S, double>) {
        return normal(random);
    } else {
        const double real = normal(random);
        return {real, normal(random)};
    }
}

/// Independent standard normal entries (complex: real and imaginary part each).
template <ScalarType S>
Matrix<S> random_matrix(Index rows, Index cols, unsigned seed);

/// (M + Mᴴ)/2 with an exactly real diagonal.
template <ScalarType S>
Matrix<S> hermitian_part(const Matrix<S>& M);

template <ScalarType S>
Matrix<S> random_hermitian(Index n, unsigned seed);

/// `cols` orthonormal columns of a Haar-distributed unitary (up to column phases).
template <ScalarType S>
Matrix<S> random_orthonormal(Index rows, Index cols, unsigned seed);

/// Dense Q diag(values) Qᴴ with a random unitary Q: eigenvalues `values` up to about n·eps·‖A‖.
template <ScalarType S>
Matrix<S> hermitian_with_spectrum(const Eigen::VectorXd& values, unsigned seed);

/// Sparse matrix with the given eigenvalues (up to a few eps·‖A‖), both triangles stored: the shuffled diagonal,
/// rotated by `layers` layers of random plane rotations of neighbours. 4·layers − 1 entries per row at most. Repeated
/// values keep their multiplicity, but eigenvectors are local: the matrix is no harder for rounding than a dense one.
template <ScalarType S>
Sparse<S> sparse_with_spectrum(const Eigen::VectorXd& values, unsigned seed, int layers = 3);

// ---- Laplacians on a grid with Dirichlet walls
// -----------------------------------------------------------------------

/// Σ_d tridiag(−1, 2, −1) in direction d: 3-, 5- or 7-point stencil, both triangles, unit grid spacing.
template <ScalarType S = double>
Sparse<S> laplacian(const std::vector<Index>& points);

/// Its spectrum, ascending: Σ_d 4 sin²(π j_d / 2(m_d + 1)), 1 ≤ j_d ≤ m_d.
Eigen::VectorXd laplacian_spectrum(const std::vector<Index>& points);

// ---- operators and dense references
// ----------------------------------------------------------------------------------

/// A LinearMap by dense product, without a fused form.
template <ScalarType S>
struct DenseOperator {
    using Scalar = S;
    Matrix<S> A;
    Index rows() const { return A.rows(); }
    void apply(In<S> X, Out<S> Y) const { Y.noalias() = A * X; }
};
template <class S>
DenseOperator(Matrix<S>) -> DenseOperator<S>;

template <class S>
struct ReferenceEigenpairs {
    Eigen::VectorXd values;  // ascending
    Matrix<S> vectors;
};

/// All eigenpairs by Eigen's dense solver.
template <ScalarType S>
ReferenceEigenpairs<S> reference_eigh(const Matrix<S>& A);

/// Re tr(AᴴB)
template <class MatrixA, class MatrixB>
double inner(const MatrixA& A, const MatrixB& B) {
    return std::real(A.conjugate().cwiseProduct(B).sum());
}

/// The n×n matrix sym(V Wᴴ) of a cotangent.
template <ScalarType S>
Matrix<S> dense(const Cotangent<S>& bar);

template <ScalarType S>
Matrix<S> dense(const Sparse<S>& A) {
    return Matrix<S>(A);
}

/// Shorthand for a vector of numbers: numbers({1, 2, 2, 3}).
Eigen::VectorXd numbers(std::initializer_list<double> values);

/// ‖XᴴX − I‖_F
template <class Derived>
double orthonormality_error(const Eigen::MatrixBase<Derived>& X) {
    return (X.adjoint() * X - Matrix<typename Derived::Scalar>::Identity(X.cols(), X.cols())).norm();
}

/// The message of the exception of type Error that f throws; another one propagates; "" if none is thrown.
template <class Error, class Function>
std::string message_of(Function&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace lambdabar::test
