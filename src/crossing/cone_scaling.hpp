#pragma once
#include <lambdabar/crossing/hermitian_coordinates.hpp>

#include <Eigen/Cholesky>

namespace lambdabar {

// The pieces of an interior-point method on Hermitian positive definite m×m matrices, m small.

/// Nesterov and Todd's scaling of P, Z ≻ 0, in which both are one diagonal matrix: with P = L Lᴴ, Z = R Rᴴ and
/// RᴴL = X D Yᴴ it is G = L Y D^(−1/2), G⁻ᴴ = R X D^(−1/2) (Todd, Toh & Tütüncü, SIAM J. Optim. 8, 1998).
template <ScalarType S>
class ConeScaling {
public:
    ConeScaling(const Matrix<S>& P, const Matrix<S>& Z);

    /// False if P or Z is not positive definite to rounding.
    bool valid() const { return valid_; }
    const Matrix<S>& G() const { return G_; }
    const Matrix<S>& G_inverse() const { return G_inverse_; }
    /// G⁻¹ P G⁻ᴴ = Gᴴ Z G, diagonal.
    const Eigen::VectorXd& D() const { return D_; }

    /// The largest t ≤ 1e10 with P + t dP ⪰ 0, and with Z + t dZ ⪰ 0.
    double step_of_P(const Matrix<S>& dP) const { return step(L_, dP); }
    double step_of_Z(const Matrix<S>& dZ) const { return step(R_, dZ); }

private:
    static double step(const Eigen::LLT<Matrix<S>>& factor, const Matrix<S>& direction);

    Eigen::LLT<Matrix<S>> L_, R_;
    Matrix<S> G_, G_inverse_;
    Eigen::VectorXd D_;
    bool valid_ = false;
};

/// The matrix of U ↦ G U Gᴴ in coordinates. O(m⁴).
template <ScalarType S>
Eigen::MatrixXd congruence(const Matrix<S>& G);

}  // namespace lambdabar
