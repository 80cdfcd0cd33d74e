#pragma once
#include <lambdabar/block/kernels.hpp>

#include <functional>

namespace lambdabar {

/// L_c w_c = r_c for all columns c, each with its own operator and Krylov space; operator and preconditioner work on
/// blocks of columns, told which.
struct FlexibleProblem {
    using Map =
        std::function<void(const std::vector<Index>& columns, In<std::complex<double>> X, Out<std::complex<double>> Y)>;
    Map apply, precondition;
    Eigen::VectorXd targets;  // absolute
    Index basis_size = 30, max_products = 0;
};

struct FlexibleSolution {
    Block<std::complex<double>> W;
    Eigen::VectorXd residuals;  // computed anew at each restart
    Index products = 0, iterations = 0;
};

/// Restarted flexible GMRES (Saad, SIAM J. Sci. Comput. 14, 1993): L Z = V H̄ with Z_j = M_j⁻¹V_j, the residual minimal
/// over the span of Z. Holds 2·basis_size + 1 vectors for each column. Converged columns drop out.
FlexibleSolution flexible_gmres(const FlexibleProblem& problem, const Block<std::complex<double>>& R, const Sum& sum);

}  // namespace lambdabar
