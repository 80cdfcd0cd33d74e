#pragma once
#include <lambdabar/crossing/hermitian_coordinates.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include <limits>

namespace lambdabar {

// The pieces of an interior-point method on Hermitian positive definite m×m matrices, m small.

/// Nesterov and Todd's scaling of P, Z ≻ 0, in which both are one diagonal matrix: with P = L Lᴴ, Z = R Rᴴ and
/// RᴴL = X D Yᴴ it is G = L Y D^(−1/2), G⁻ᴴ = R X D^(−1/2) (Todd, Toh & Tütüncü, SIAM J. Optim. 8, 1998).
template <ScalarType S>
class ConeScaling {
public:
    ConeScaling(const Matrix<S>& P, const Matrix<S>& Z) : L_(P), R_(Z) {
        valid_ = L_.info() == Eigen::Success && R_.info() == Eigen::Success;
        if (!valid_) return;
        const Matrix<S> L = L_.matrixL(), R = R_.matrixL();
        const Eigen::JacobiSVD<Matrix<S>> svd(R.adjoint() * L, Eigen::ComputeFullU | Eigen::ComputeFullV);
        const Eigen::VectorXd scale = svd.singularValues().cwiseSqrt().cwiseInverse();
        valid_ = scale.allFinite();
        D_ = svd.singularValues();
        G_ = L * svd.matrixV() * scale.template cast<S>().asDiagonal();
        G_inverse_ = (R * svd.matrixU() * scale.template cast<S>().asDiagonal()).adjoint();
    }

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
    static double step(const Eigen::LLT<Matrix<S>>& factor, const Matrix<S>& direction) {
        Matrix<S> scaled = factor.matrixL().solve(direction);
        scaled = factor.matrixL().solve(scaled.adjoint().eval()).eval();
        scaled = (0.5 * (scaled + scaled.adjoint())).eval();
        const Eigen::SelfAdjointEigenSolver<Matrix<S>> solver(scaled, Eigen::EigenvaluesOnly);
        const double lowest = solver.eigenvalues()(0);
        return lowest < -1e-10 ? -1.0 / lowest : 1e10;
    }

    Eigen::LLT<Matrix<S>> L_, R_;
    Matrix<S> G_, G_inverse_;
    Eigen::VectorXd D_;
    bool valid_ = false;
};

/// The matrix of U ↦ G U Gᴴ in coordinates. O(m⁴).
template <ScalarType S>
Eigen::MatrixXd congruence(const Matrix<S>& G) {
    const Index m = G.rows(), d = coordinate_count<S>(m);
    Eigen::MatrixXd T(d, d);
    Index at = 0;
    for (Index a = 0; a < m; ++a) {
        for (Index b = 0; b < a; ++b) {  // E = (e_a e_bᴴ + e_b e_aᴴ)/√2 and i(e_a e_bᴴ − e_b e_aᴴ)/√2
            const Matrix<S> product = G.col(a) * G.col(b).adjoint() * S{std::numbers::sqrt2};
            T.col(at++) = to_coordinates<S>(product);
            if constexpr (!std::same_as<S, double>) T.col(at++) = to_coordinates<S>(S{0.0, 1.0} * product);
        }
        T.col(at++) = to_coordinates<S>(G.col(a) * G.col(a).adjoint());
    }
    return T;
}

}  // namespace lambdabar
