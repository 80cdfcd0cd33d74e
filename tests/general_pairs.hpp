#pragma once
// Dense references for A x = λ B x without symmetry: everything from one full decomposition.
#include "support.hpp"

#include <lambdabar/derivative/general_cotangent.hpp>

#include <functional>
#include <numeric>

namespace lambdabar::test {

/// Every entry stored, zeros too.
template <ScalarType S>
Sparse<S> full(const Matrix<S>& A);

/// X diag(values) X⁻¹ with X a random matrix of moderate condition; real values and conjugate pairs give a real matrix.
template <ScalarType S>
Matrix<S> with_general_spectrum(const Eigen::VectorXcd& values, unsigned seed, double skew = 0.3);

/// All pairs of A x = λ B x, by descending merit; ‖x‖ = 1, yᴴBx = 1.
struct DensePairs {
    Eigen::VectorXcd values;
    Matrix<Complex> X, Y;
};

template <ScalarType S>
DensePairs dense_pairs(const Matrix<S>& A, const Matrix<S>& B, const std::function<double(Complex)>& merit);

inline double rightmost(Complex z) { return z.real(); }

/// The n×n matrix V Wᴴ of a cotangent.
template <ScalarType S>
Matrix<S> dense(const GeneralCotangent<S>& bar) {
    return bar.V * bar.W.adjoint();
}

/// w with (A − λ)ᴴ w = −r, xᴴw = 0, by all other eigenvectors: w = −Σ_{j≠i} y_j (x_jᴴ r)/conj(λ_j − λ_i).
Vector<Complex> dense_adjoint(const DensePairs& all, Index i, const Vector<Complex>& r);

/// (φ(A + h D) − φ(A − h D))/2h, the h² term removed by a second difference (Richardson).
double central_difference(const std::function<double(double)>& phi, double h);

}  // namespace lambdabar::test
