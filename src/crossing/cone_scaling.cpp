#include "cone_scaling.hpp"

#include <Eigen/SVD>

#include <numbers>

#include "block/dense.hpp"

namespace lambdabar {

template <ScalarType S>
ConeScaling<S>::ConeScaling(const Matrix<S>& P, const Matrix<S>& Z) : L_(P), R_(Z) {
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

template <ScalarType S>
double ConeScaling<S>::step(const Eigen::LLT<Matrix<S>>& factor, const Matrix<S>& direction) {
    Matrix<S> scaled = factor.matrixL().solve(direction);
    scaled = factor.matrixL().solve(scaled.adjoint().eval()).eval();
    const double lowest = dense_eigh<S>(scaled).values(0);
    return lowest < -1e-10 ? -1.0 / lowest : 1e10;
}

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

#define LAMBDABAR_INSTANTIATE(S)   \
    template class ConeScaling<S>; \
    template Eigen::MatrixXd congruence<S>(const Matrix<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
