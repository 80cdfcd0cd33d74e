#pragma once
// The adjoint systems of eigenvectors, P(A − λ_i)P w_i = −P x̄_i, solved as other differentiable eigensolvers publish
// it: own implementations, one column after the other, on lambdabar's kernels and product.
#include "cases.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace bench {

struct ReferenceAdjoint {
    Index products = 0;
    double worst = 0.0;  // largest residual, relative to the tolerance of its column
    Index failed = 0;    // columns above it when the products ran out
};

/// As KrylovKit.jl's rule for eigsolve: each column by GMRES(30) on (I − x_i x_iᴴ)(A − λ_i)(I − x_i x_iᴴ), its own
/// eigenvector projected out, the others not (the other components follow from the residuals of the pairs only).
/// `tolerance` (k): absolute residual. At most `limit` products a column.
template <lambdabar::ScalarType S>
ReferenceAdjoint adjoint_by_own_vector_gmres(const Product<S>& A, const lambdabar::Eigenpairs<S>& pairs,
                                             const lambdabar::Matrix<S>& bar, const Eigen::VectorXd& tolerance,
                                             Index limit);

/// As eigd's projected iterations: each column by conjugate gradients with all computed eigenvectors projected out.
template <lambdabar::ScalarType S>
ReferenceAdjoint adjoint_by_column_cg(const Product<S>& A, const lambdabar::Eigenpairs<S>& pairs,
                                      const lambdabar::Matrix<S>& bar, const Eigen::VectorXd& tolerance, Index limit);

}  // namespace bench
