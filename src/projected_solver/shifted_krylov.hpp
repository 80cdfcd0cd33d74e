#pragma once
#include "eigensolver/krylov_decomposition.hpp"

namespace lambdabar {

/// (C − s_i) w_i = r_i for all columns i of R from one block Krylov space of C.
struct ShiftedSystems {
    Eigen::VectorXcd shifts;
    Eigen::VectorXd targets;  // absolute, on ‖r_i − (C − s_i) w_i‖
    Index basis_size = 0, max_products = 0;
    std::uint64_t seed = 1;
};

struct ShiftedSolution {
    Block<std::complex<double>> W;
    Eigen::VectorXd residuals;  // by the recurrence
    Index products = 0, iterations = 0;
};

/// C V = V H + V₊E with all residuals in the span of V₊. A cycle expands V until it is full and corrects by Galerkin,
/// w_i += V c_i, (H − s_i) c_i = Vᴴ r_i: the new residual −V₊E c_i lies in V₊ again, whatever the shift. V then shrinks
/// to the Schur vectors nearest to the shifts. Where the minimal residual over the cycle's space is small enough, or
/// the Galerkin residual has grown, the minimizing c_i is taken, and the solve ends, or begins again from its
/// residuals. Real C: real arithmetic, on the real and imaginary parts of R.
template <ScalarType T>
ShiftedSolution shifted_krylov_solve(const typename KrylovDecomposition<T>::Apply& C,
                                     const Block<std::complex<double>>& R, const ShiftedSystems& systems,
                                     const Sum& sum);

}  // namespace lambdabar
