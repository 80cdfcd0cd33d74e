#pragma once
// Sparse pencils A x = λ B x built from a chosen spectrum, with a regular or a singular mass.
#include "support.hpp"

namespace lambdabar::test {

/// A = L C Lᴴ and B = L N Lᴴ: the finite eigenvalues are those of C on the rows where N is 1.
template <ScalarType S>
struct TestPencil {
    Sparse<S> A, B;            // both triangles
    Eigen::VectorXd spectrum;  // the finite eigenvalues, ascending
    double condition = 1.0;    // a bound of ‖L‖²‖L⁻¹‖², which is the condition of B where it is regular
    double size = 1.0;         // max |λ|, and ‖C‖ on the massless rows

    Index n() const { return A.rows(); }
    /// What rounding does to an eigenvalue: perturbations n·eps·‖A‖ and n·eps·(|λ| + |σ|)·‖B‖, over the least
    /// eigenvalue of B; 10 as in rounding() of the standard problem.
    double noise(double sigma = 0.0) const {
        const double shift = std::isnan(sigma) ? 0.0 : std::abs(sigma);
        return 10.0 * static_cast<double>(n()) * kEps * condition * (size + shift);
    }
};

/// The null space of B: none; zero rows in a diagonal B; zero rows beside a mass with couplings; no zero row, but
/// linear combinations of rows that vanish.
enum class Mass { regular, lumped, consistent, hidden };

/// (M + Mᴴ)/2 with an exactly real diagonal and without stored zeros.
template <ScalarType S>
Sparse<S> exactly_hermitian(const Sparse<S>& M);

/// Every fourth row is massless, if any is (never the first): n rows for spectrum.size() finite eigenvalues.
/// `massless_sign`: the sign of A on the null space of B; 0: both.
template <ScalarType S>
TestPencil<S> test_pencil(Eigen::VectorXd spectrum, unsigned seed, Mass mass = Mass::regular, int massless_sign = 1);

/// `low` values first, then n − low.size() others from `next` upwards in steps of `step`.
Eigen::VectorXd spectrum_above(const Eigen::VectorXd& low, Index n, double next, double step);

/// All finite eigenpairs of a pencil with a regular B, by a dense Cholesky factor of B.
template <ScalarType S>
ReferenceEigenpairs<S> reference_eigh(const Matrix<S>& A, const Matrix<S>& B);

}  // namespace lambdabar::test
