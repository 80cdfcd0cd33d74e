#pragma once
// A dense reference for derivative/: the formulas of docs/mathematics.md, sections 2 and 3, with B = I, by one full
// eigendecomposition and explicit sums over all eigenvectors. Nothing of the library but its types is used.
#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <Eigen/Dense>

#include <cmath>
#include <functional>
#include <vector>

namespace oracle {

using lambdabar::Cluster;
using lambdabar::Index;
using lambdabar::Matrix;
using lambdabar::ScalarType;
using lambdabar::Which;

/// All eigenpairs of A, and which of them (first … first + k − 1) form the set.
template <ScalarType S>
struct Decomposition {
    Eigen::VectorXd all_values;  // n, ascending
    Matrix<S> all_vectors;       // n×n
    Index first = 0, k = 0;

    Index n() const { return all_values.size(); }
    Eigen::VectorXd values() const { return all_values.segment(first, k); }
    Matrix<S> vectors() const { return all_vectors.middleCols(first, k); }
    bool inside(Index j) const { return j >= first && j < first + k; }
    /// Distance from the set to the rest of the spectrum.
    double gap() const {
        return first == 0 ? all_values(k) - all_values(k - 1) : all_values(first) - all_values(first - 1);
    }
};

template <ScalarType S>
Decomposition<S> decompose(const Matrix<S>& A, Index k, Which which);

/// Replaces the vectors of each cluster of the set by the basis of the same space nearest to `X`: X_c U with U the
/// unitary polar factor of X_cᴴ X. A cotangent X̄ given for the basis `X` then means the same for both.
template <ScalarType S>
void align(Decomposition<S>& d, const Matrix<S>& X, const std::vector<Cluster>& clusters);

template <class Derived>
auto sym(const Eigen::MatrixBase<Derived>& M) {
    return Matrix<typename Derived::Scalar>((M + M.adjoint()) / 2.0);
}

/// w_i = −Σ_{j outside the set} x_j (x_jᴴ rhs_i)/(λ_j − λ_i)
template <ScalarType S>
Matrix<S> outside(const Decomposition<S>& d, const Matrix<S>& rhs);

/// Section 2: Ā for cotangents of the pairs; K_ji = 0 where |λ_i − λ_j| ≤ cluster_distance.
template <ScalarType S>
Matrix<S> pullback_pairs(const Decomposition<S>& d, const Eigen::VectorXd& values_bar, const Matrix<S>& X_bar,
                         double cluster_distance);

/// Section 3: Ā for F = Σ f(λ_i) x_i x_iᴴ; `difference(a, b)` is f[a, b], exact at every a and b.
template <ScalarType S>
Matrix<S> pullback_spectral(const Decomposition<S>& d, const std::function<double(double)>& f,
                            const std::function<double(double, double)>& difference, const Matrix<S>& F_bar);

/// f(t) = exp(−c t) with its slope and its divided difference, none of which cancels:
/// f[a, b] = −c f(b) expm1(−c(a − b))/(−c(a − b)).
struct Exponential {
    double c = 1.0;
    double operator()(double t) const { return std::exp(-c * t); }
    double slope(double t) const { return -c * std::exp(-c * t); }
    double difference(double a, double b) const {
        const double x = -c * (a - b);
        return -c * std::exp(-c * b) * (x == 0.0 ? 1.0 : std::expm1(x) / x);
    }
};

/// A number with a bound of its own error.
struct Estimate {
    double value = 0.0, error = 0.0;
};

/// dφ/dt at 0 by central differences at h, 2h, 4h, extrapolated to order 6. Error: the last extrapolation's change,
/// plus the rounding of φ (known to `noise`) over h.
Estimate central_difference(const std::function<double(double)>& phi, double h, double noise);

}  // namespace oracle
