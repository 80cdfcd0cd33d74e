#pragma once
#include "eigensolver/chebyshev_polynomial.hpp"
#include "shifted_krylov.hpp"

namespace lambdabar {

/// An operator C whose products are cheap, and what is known of it.
template <ScalarType T>
struct ProjectedOperator {
    FusedProduct<T> product;
    std::function<void(BlockRef<T>)> project;  // commutes with C; the systems live in its range
    Eigen::VectorXcd projected_out;            // eigenvalues that belong to what it removes
    Eigen::VectorXcd left;                     // eigenvalues known to be left, if any
    double norm = 0.0;                         // largest |eigenvalue| met
};

/// The systems of shifted_krylov_solve(), by a polynomial p of C where that is worth it. Since p(z) − p(s) is divisible
/// by z − s,
///
///     (p(C) − p(s_i)) y_i = r_i,    w_i = (p(C) − p(s_i))(C − s_i)⁻¹ y_i
///
/// has the residuals of (C − s_i) w_i = r_i: a shifted system of p(C), again for all shifts in one Krylov space, with a
/// fraction of the orthogonalizations (polynomial preconditioning: Liu, Morgan & Wilcox, SIAM J. Sci. Comput. 37, 2015;
/// Loe & Morgan, Numer. Linear Algebra Appl. 29, 2021). p is the Chebyshev polynomial of an ellipse around the Ritz
/// values of a first short cycle with C itself (Manteuffel, Numer. Math. 28, 1977), with p(s) = 1 for the outermost
/// shift. Real C: real arithmetic, whatever the shifts.
///
/// Where p is larger on the space than at a shift, the ellipse was too small; Ritz values of C from that space join the
/// others. Where no ellipse holds the spectrum and not the shifts, or three polynomials have not led to a tenth of the
/// residual, shifted_krylov_solve() goes on. Residuals are true ones, each of one block product with C.
template <ScalarType T>
ShiftedSolution polynomial_krylov_solve(const ProjectedOperator<T>& C, const Block<std::complex<double>>& R,
                                        const ShiftedSystems& systems, const Sum& sum);

}  // namespace lambdabar
