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
Matrix<S> random_matrix(Index rows, Index cols, unsigned seed) {
    std::mt19937_64 random(seed);
    Matrix<S> A(rows, cols);
    for (Index c = 0; c < cols; ++c) {
        for (Index r = 0; r < rows; ++r) A(r, c) = random_normal<S>(random);
    }
    return A;
}

/// (M + Mᴴ)/2 with an exactly real diagonal.
template <ScalarType S>
Matrix<S> hermitian_part(const Matrix<S>& M) {
    Matrix<S> H = (M + M.adjoint()) / 2.0;
    H.diagonal() = H.diagonal().real().template cast<S>().eval();
    return H;
}

template <ScalarType S>
Matrix<S> random_hermitian(Index n, unsigned seed) {
    return hermitian_part<S>(random_matrix<S>(n, n, seed));
}

/// `cols` orthonormal columns of a Haar-distributed unitary (up to column phases).
template <ScalarType S>
Matrix<S> random_orthonormal(Index rows, Index cols, unsigned seed) {
    const Eigen::HouseholderQR<Matrix<S>> qr(random_matrix<S>(rows, cols, seed));
    return qr.householderQ() * Matrix<S>::Identity(rows, cols);
}

/// Dense Q diag(values) Qᴴ with a random unitary Q: eigenvalues `values` up to about n·eps·‖A‖.
template <ScalarType S>
Matrix<S> hermitian_with_spectrum(const Eigen::VectorXd& values, unsigned seed) {
    const Matrix<S> Q = random_orthonormal<S>(values.size(), values.size(), seed);
    return hermitian_part<S>(Matrix<S>(Q * values.template cast<S>().asDiagonal() * Q.adjoint()));
}

/// Sparse matrix with the given eigenvalues (up to a few eps·‖A‖), both triangles stored: the shuffled diagonal,
/// rotated by `layers` layers of random plane rotations of neighbours. 4·layers − 1 entries per row at most. Repeated
/// values keep their multiplicity, but eigenvectors are local: the matrix is no harder for rounding than a dense one.
template <ScalarType S>
Sparse<S> sparse_with_spectrum(const Eigen::VectorXd& values, unsigned seed, int layers = 3) {
    const Index n = values.size();
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> angle(0.0, 2.0 * std::numbers::pi);
    Eigen::VectorXd shuffled = values;
    std::shuffle(shuffled.data(), shuffled.data() + n, random);
    Sparse<S> A(n, n);
    A.reserve(Eigen::VectorXi::Constant(n, 1));
    for (Index i = 0; i < n; ++i) A.insert(i, i) = S{shuffled(i)};
    for (int layer = 0; layer < layers; ++layer) {
        std::vector<Eigen::Triplet<S>> rotation;
        const auto put = [&](Index r, Index c, S value) {
            rotation.emplace_back(static_cast<int>(r), static_cast<int>(c), value);
        };
        const Index first = layer % 2;
        for (Index i = 0; i < std::min(first, n); ++i) put(i, i, S{1});
        for (Index i = first; i < n; i += 2) {
            if (i + 1 == n) {
                put(i, i, S{1});
                continue;
            }
            const double t = angle(random);
            S phase{1};
            if constexpr (!std::same_as<S, double>) phase = std::polar(1.0, angle(random));
            put(i, i, S{std::cos(t)});
            put(i, i + 1, -std::sin(t) * phase);
            put(i + 1, i, std::sin(t) * Eigen::numext::conj(phase));
            put(i + 1, i + 1, S{std::cos(t)});
        }
        Sparse<S> Q(n, n);
        Q.setFromTriplets(rotation.begin(), rotation.end());
        A = Sparse<S>(Q * Sparse<S>(A * Sparse<S>(Q.adjoint())));
    }
    const Sparse<S> adjoint = A.adjoint();
    A = Sparse<S>((A + adjoint) * S{0.5});
    for (Index i = 0; i < n; ++i) A.coeffRef(i, i) = S{std::real(A.coeff(i, i))};
    A.makeCompressed();
    return A;
}

// ---- Laplacians on a grid with Dirichlet walls
// -----------------------------------------------------------------------

/// Σ_d tridiag(−1, 2, −1) in direction d: 3-, 5- or 7-point stencil, both triangles, unit grid spacing.
template <ScalarType S = double>
Sparse<S> laplacian(const std::vector<Index>& points) {
    Index n = 1;
    for (const Index m : points) n *= m;
    std::vector<Eigen::Triplet<S>> entries;
    for (Index i = 0; i < n; ++i) {
        const auto row = static_cast<int>(i);
        entries.emplace_back(row, row, S{2.0 * static_cast<double>(points.size())});
        Index stride = 1;
        for (const Index m : points) {
            const Index x = i / stride % m;
            if (x > 0) entries.emplace_back(row, static_cast<int>(i - stride), S{-1});
            if (x + 1 < m) entries.emplace_back(row, static_cast<int>(i + stride), S{-1});
            stride *= m;
        }
    }
    Sparse<S> A(n, n);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

/// Its spectrum, ascending: Σ_d 4 sin²(π j_d / 2(m_d + 1)), 1 ≤ j_d ≤ m_d.
inline Eigen::VectorXd laplacian_spectrum(const std::vector<Index>& points) {
    std::vector<double> values{0.0};
    for (const Index m : points) {
        std::vector<double> sums;
        for (const double value : values) {
            for (Index j = 1; j <= m; ++j) {
                const double s =
                    std::sin(std::numbers::pi * static_cast<double>(j) / (2.0 * static_cast<double>(m + 1)));
                sums.push_back(value + 4.0 * s * s);
            }
        }
        values = std::move(sums);
    }
    std::sort(values.begin(), values.end());
    return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Index>(values.size()));
}

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
ReferenceEigenpairs<S> reference_eigh(const Matrix<S>& A) {
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> solver(A);
    return {solver.eigenvalues(), solver.eigenvectors()};
}

/// Re tr(AᴴB)
template <class MatrixA, class MatrixB>
double inner(const MatrixA& A, const MatrixB& B) {
    return std::real(A.conjugate().cwiseProduct(B).sum());
}

/// The n×n matrix sym(V Wᴴ) of a cotangent.
template <ScalarType S>
Matrix<S> dense(const Cotangent<S>& bar) {
    const Matrix<S> product = bar.V * bar.W.adjoint();
    return (product + product.adjoint()) / 2.0;
}

template <ScalarType S>
Matrix<S> dense(const Sparse<S>& A) {
    return Matrix<S>(A);
}

/// Shorthand for a vector of numbers: numbers({1, 2, 2, 3}).
inline Eigen::VectorXd numbers(std::initializer_list<double> values) {
    return Eigen::Map<const Eigen::VectorXd>(values.begin(), static_cast<Index>(values.size()));
}

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
