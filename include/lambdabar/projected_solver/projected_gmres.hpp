#pragma once
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/operator/general_pencil.hpp>

namespace lambdabar {

struct GmresOptions {
    Eigen::VectorXd tol = Eigen::VectorXd::Constant(1, 1e-10);  // on residual / right side; one number or one a column
    Index basis_size = 0;                                       // vectors held; 0: chosen
    Index max_products = 0;                                     // single-vector products or solves; 0: generous
    /// M ≈ A − λB of the columns at hand: `solve` is M⁻¹ (forward systems), `solve_adjoint` M⁻ᴴ (adjoint systems); it
    /// may change from call to call. Empty: the factorization the pairs came with, or none.
    GeneralSolve<std::complex<double>> preconditioner = {};
    std::uint64_t seed = 1;
    Sum sum = {};
};

struct [[nodiscard]] GmresSolution {
    Block<std::complex<double>> W;  // n×c
    Eigen::VectorXd residuals;  // relative, computed anew; with a factorization, of (C − μ) w = −μ (A − σB)⁻¹r
    std::vector<bool> column_converged;
    bool converged = false;
    Index products = 0;  // with A or Aᴴ
    Index solves = 0;
    Index iterations = 0;  // block steps
    std::string method;
};

/// One system for each column c of `rhs`: (A − λ_i B) w = r, or with `adjoint` (A − λ_i B)ᴴ w = r, i = index[c].
struct SingularSystems {
    bool adjoint = true;
    std::vector<Index> index;                  // which pair's λ
    std::vector<std::vector<Index>> excluded;  // pairs in whose directions r and w are to have no part, i among them
};

namespace detail {
template <ScalarType S>
GmresSolution projected_gmres(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                              const SingularSystems& systems, Block<std::complex<double>> rhs,
                              const GmresOptions& options);
}

/// Solves singular systems beside known eigenpairs, all columns at once: the part of r along the excluded pairs is
/// dropped; w along the other pairs is explicit, c_j/(λ_j − λ_i); what remains lies where all known pairs are
/// projected out obliquely, by I − BX Yᴴ on the right side and I − X YᴴB on the solution (adjoint: their adjoints).
///
/// Without a preconditioner all columns share one block Krylov space of A (or of (A − σB)⁻¹B, B⁻¹A): it is the same for
/// all shifts λ_i. It is restarted with the Ritz vectors nearest to the shifts (Morgan, SIAM J. Sci. Comput. 24, 2002;
/// Darnell, Morgan & Wilcox, Linear Algebra Appl. 429, 2008): restarts continue from the Galerkin residuals, which lie
/// in one block for all shifts; the last cycle takes the minimal residuals. Where A has entries, `basis_size` is not
/// given and there are more than 120 rows, that space is one of a Chebyshev polynomial of A (Liu, Morgan & Wilcox, SIAM
/// J. Sci. Comput. 37, 2015) as long as it makes progress: more products, a fraction of the orthogonalizations, 24
/// vectors and more for more than two columns. With a preconditioner, flexible GMRES
/// (Saad, SIAM J. Sci. Comput. 14, 1993), a Krylov space for each column, products and preconditioner by the block.
/// Throws std::invalid_argument for sizes that do not match and numbers that are not finite.
template <AdjointLinearMap Op>
GmresSolution projected_gmres(const Op& A, const GeneralEigenpairs<typename Op::Scalar>& pairs,
                              const SingularSystems& systems, Block<std::complex<double>> rhs,
                              const GmresOptions& options = {}) {
    return detail::projected_gmres<typename Op::Scalar>(detail::general_pencil(A), pairs, systems, std::move(rhs),
                                                        options);
}

}  // namespace lambdabar
