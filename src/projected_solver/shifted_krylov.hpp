#pragma once
#include "eigensolver/krylov_decomposition.hpp"

namespace lambdabar {

/// (C − s_i) w_i = r_i for all columns i of R from one block Krylov space of C.
struct ShiftedSystems {
    Eigen::VectorXcd shifts;
    Eigen::VectorXd targets;  // absolute, on ‖r_i − (C − s_i) w_i‖
    Index basis_size = 0, max_products = 0;
    std::uint64_t seed = 1;
    /// Looks whether it is enough after every step, not only when the basis is full; ends where the minimal residuals
    /// are taken for the first time, and leaves it to the caller to verify them.
    bool single_run = false;
    double radius = std::numeric_limits<double>::infinity();  // a single run ends where a Ritz value is larger
};

struct ShiftedSolution {
    Block<std::complex<double>> W;
    Eigen::VectorXd residuals;  // true ones; by the recurrence after a single run
    Index products = 0, iterations = 0;
    Eigen::VectorXcd ritz_values;  // of the last basis of a single run
    Index degree = 0;              // of the polynomial used last, if any
};

/// The real and imaginary parts side by side for a real T, a complex block as it is; and back.
template <ScalarType T>
Block<T> parts_of(const Block<std::complex<double>>& R) {
    if constexpr (std::same_as<T, double>) {
        Block<double> parts(R.rows(), 2 * R.cols());
        parts << R.real(), R.imag();
        return parts;
    } else {
        return R;
    }
}
template <ScalarType T>
Block<std::complex<double>> whole_of(const Block<T>& parts) {
    if constexpr (std::same_as<T, double>) {
        const Index b = parts.cols() / 2;
        Block<std::complex<double>> R(parts.rows(), b);
        R.real() = parts.leftCols(b);
        R.imag() = parts.rightCols(b);
        return R;
    } else {
        return parts;
    }
}

/// C V = V H + V₊E with all residuals in the span of V₊. A cycle expands V until it is full and corrects by Galerkin,
/// w_i += V c_i, (H − s_i) c_i = Vᴴ r_i: the new residual −V₊E c_i lies in V₊ again, whatever the shift. V then shrinks
/// to the Schur vectors nearest to the shifts. Where the minimal residual over the cycle's space is small enough, or
/// the Galerkin residual has grown, the minimizing c_i is taken, and the solve ends, or begins again from its
/// residuals. Real C: real arithmetic, on the real and imaginary parts of R. `basis` receives V of a single run.
template <ScalarType T>
ShiftedSolution shifted_krylov_solve(const typename KrylovDecomposition<T>::Apply& C,
                                     const Block<std::complex<double>>& R, const ShiftedSystems& systems,
                                     const Sum& sum, Block<T>* basis = nullptr);

}  // namespace lambdabar
