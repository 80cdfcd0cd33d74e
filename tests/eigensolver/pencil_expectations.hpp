#pragma once
// What must hold of any converged result of eigsh(A, B), given the finite spectrum.
#include <lambdabar/operator/sparse.hpp>

#include "expectations.hpp"
#include "pencils.hpp"

namespace lambdabar::test {

/// ‖XᴴBX − I‖_F
template <ScalarType S>
double orthonormality_error(const Matrix<S>& X, const Sparse<S>& B);

/// The residual of every pair in units of λ, by a dense factorization: ‖(A − σB)⁻¹B x − μ x‖_B/μ², μ = 1/(λ − σ), if
/// the pairs have a σ; ‖A x − λ B x‖ in the norm of B⁻¹ (regular) otherwise.
template <ScalarType S>
Eigen::VectorXd true_residuals(const TestPencil<S>& pencil, const Eigenpairs<S>& pairs);

/// The pairs are those of `wanted` (ascending, repeated values exactly equal), `next` is the nearest eigenvalue that
/// does not belong to the set.
template <ScalarType S>
void check_pencil(const TestPencil<S>& pencil, const Eigen::VectorXd& wanted, double next, double tol,
                  const Eigenpairs<S>& pairs);

}  // namespace lambdabar::test
