#pragma once
// Chebyshev polynomials of an operator, on an ellipse.
#include "damping_ellipse.hpp"

#include <functional>

namespace lambdabar {

/// Y = scale·(C X − shift X) − beta Y; Y is not read if beta = 0.
template <ScalarType T>
using FusedProduct = std::function<void(In<T> X, std::complex<double> shift, double scale, double beta, Out<T> Y)>;

/// p(z) = T_d((z − c)/e)/T_d(r/e) with the center c and the foci c ± e of an ellipse; r is its real semi-axis at
/// `unit_growth`, so that |p| is about exp(d·(growth(z) − unit_growth)).
struct ChebyshevPolynomial {
    DampingEllipse ellipse;
    double unit_growth = 0.0;
    Index degree = 1;

    std::complex<double> at(std::complex<double> z) const;
};

/// X = p(C) X: `degree` products with the block.
template <ScalarType T>
void apply_polynomial(const ChebyshevPolynomial& p, const FusedProduct<T>& C, Block<T>& X);

/// y_i ← (p(C) − p(s_i))(C − s_i)⁻¹ y_i, the polynomial of degree d − 1 that divides p(C) − p(s_i) by C − s_i. For a
/// real T the columns of Y are the real parts of complex y_i and then their imaginary parts. `degree` − 1 products with
/// the block.
template <ScalarType T>
void apply_quotient(const ChebyshevPolynomial& p, const FusedProduct<T>& C, const Eigen::VectorXcd& shifts,
                    Block<T>& Y);

}  // namespace lambdabar
