#pragma once
#include <lambdabar/crossing/hermitian_coordinates.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

#include <limits>

namespace lambdabar {

// The pieces of an interior-point method on Hermitian positive definite m×m matrices, m small.

/// The Nesterov–Todd point W of P, Z ≻ 0, W Z W = P: with P = L Lᴴ, Z = R Rᴴ and RᴴL = X D Yᴴ it is W = G Gᴴ,
/// G = L Y D^(−1/2) (Todd, Toh & Tütüncü, SIAM J. Optim. 8, 1998). Its inverse is (R X D^(−1/2))(·)ᴴ.
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
        const Matrix<S> G = L * svd.matrixV() * scale.template cast<S>().asDiagonal();
        const Matrix<S> H = R * svd.matrixU() * scale.template cast<S>().asDiagonal();
        W_ = G * G.adjoint();
        W_inverse_ = H * H.adjoint();
    }

    /// False if P or Z is not positive definite to rounding.
    bool valid() const { return valid_; }
    const Matrix<S>& W() const { return W_; }
    const Matrix<S>& W_inverse() const { return W_inverse_; }
    Matrix<S> Z_inverse() const { return R_.solve(Matrix<S>::Identity(W_.rows(), W_.cols())); }
    Matrix<S> P_inverse() const { return L_.solve(Matrix<S>::Identity(W_.rows(), W_.cols())); }

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
    Matrix<S> W_, W_inverse_;
    bool valid_ = false;
};

/// The matrix of U ↦ W U W in coordinates. O(m⁴).
template <ScalarType S>
Eigen::MatrixXd congruence(const Matrix<S>& W) {
    const Index m = W.rows(), d = coordinate_count<S>(m);
    Eigen::MatrixXd T(d, d);
    Index at = 0;
    for (Index a = 0; a < m; ++a) {
        for (Index b = 0; b < a; ++b) {  // E = (e_a e_bᴴ + e_b e_aᴴ)/√2 and i(e_a e_bᴴ − e_b e_aᴴ)/√2
            const Matrix<S> product = W.col(a) * W.row(b) * S{std::numbers::sqrt2};
            T.col(at++) = to_coordinates<S>(product);
            if constexpr (!std::same_as<S, double>) T.col(at++) = to_coordinates<S>(S{0.0, 1.0} * product);
        }
        T.col(at++) = to_coordinates<S>(W.col(a) * W.row(a));
    }
    return T;
}

}  // namespace lambdabar
