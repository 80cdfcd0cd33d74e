#include "spectrahedron.hpp"

#include "cone_scaling.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr Index kIterations = 80;

// Optimality of U with multipliers y (trace), Z_1 (0 ⪯ U), Z_2 (U ⪯ I):
//
//     K u + c − y t − z_1 + z_2 = 0,     U Z_1 = 0,     (I − U) Z_2 = 0,     t = coordinates of I.
//
// Newton's method on U Z = μI in Nesterov and Todd's symmetric form, dP + W dZ W = μZ⁻¹ − P =: R for P = U and I − U:
//
//     (K + T_1 + T_2) du − t dy = −r + T_1 R_1 − T_2 R_2,     tᵀdu = 0,     T = W⁻¹ ⊗ W⁻¹
//     dz_1 = T_1 (R_1 − du),     dz_2 = T_2 (R_2 + du).
template <ScalarType S>
class InteriorPoint {
public:
    InteriorPoint(const Eigen::MatrixXd& K, const Eigen::VectorXd& c, Index m, double trace)
        : m_(m), capped_(trace > 1.0), t_(to_coordinates<S>(Matrix<S>::Identity(m, m))) {
        const double scale = std::max(K.diagonal().maxCoeff(), c.cwiseAbs().maxCoeff());
        K_ = K / scale;
        c_ = c / scale;
        U_ = Matrix<S>::Identity(m, m) * (trace / static_cast<double>(m));
        const double size = std::max(1.0, (K_ * to_coordinates<S>(U_) + c_).norm());
        Z_1_ = Z_2_ = Matrix<S>::Identity(m, m) * size;
        if (!capped_) Z_2_.setZero();
    }

    SpectrahedronPoint<S> solve() {
        Index iteration = 0;
        while (iteration < kIterations && step()) ++iteration;
        return {U_, iteration};
    }

private:
    Matrix<S> rest() const { return Matrix<S>::Identity(m_, m_) - U_; }
    double inner(const Matrix<S>& A, const Matrix<S>& B) const { return std::real((A * B).trace()); }
    double complementarity() const {
        const double sum = inner(U_, Z_1_) + (capped_ ? inner(rest(), Z_2_) : 0.0);
        return sum / static_cast<double>(capped_ ? 2 * m_ : m_);
    }

    struct Direction {
        Eigen::VectorXd du;
        Matrix<S> dU, dZ_1, dZ_2;
        double dy = 0.0;
    };

    /// One predictor and corrector; false if nothing is left to gain.
    bool step() {
        const double mu = complementarity();
        const Eigen::VectorXd u = to_coordinates<S>(U_);
        const Eigen::VectorXd r = K_ * u + c_ - y_ * t_ - to_coordinates<S>(Z_1_) + to_coordinates<S>(Z_2_);
        if (mu <= 1e-16 && r.norm() <= 1e-14) return false;
        const ConeScaling<S> of_U(U_, Z_1_);
        const ConeScaling<S> of_rest = capped_ ? ConeScaling<S>(rest(), Z_2_) : of_U;
        if (!of_U.valid() || !of_rest.valid()) return false;
        const Eigen::MatrixXd T_1 = congruence<S>(of_U.W_inverse());
        Eigen::MatrixXd T_2, H = K_ + T_1;
        if (capped_) {
            T_2 = congruence<S>(of_rest.W_inverse());
            H += T_2;
        }
        const Eigen::LLT<Eigen::MatrixXd> factor(H);
        if (factor.info() != Eigen::Success) return false;
        const Eigen::VectorXd H_t = factor.solve(t_);

        const auto direction = [&](double target) {
            const Eigen::VectorXd R_1 = to_coordinates<S>(target * of_U.Z_inverse() - U_);
            Eigen::VectorXd rhs = -r + T_1 * R_1, R_2;
            if (capped_) {
                R_2 = to_coordinates<S>(target * of_rest.Z_inverse() - rest());
                rhs -= T_2 * R_2;
            }
            Direction d;
            const Eigen::VectorXd free = factor.solve(rhs);
            d.dy = -t_.dot(free) / t_.dot(H_t);
            d.du = free + d.dy * H_t;
            d.dU = from_coordinates<S>(d.du, m_);
            d.dZ_1 = from_coordinates<S>(T_1 * (R_1 - d.du), m_);
            d.dZ_2 = capped_ ? from_coordinates<S>(T_2 * (R_2 + d.du), m_) : Matrix<S>::Zero(m_, m_);
            return d;
        };
        const auto longest = [&](const Direction& d) {
            double step = std::min(of_U.step_of_P(d.dU), of_U.step_of_Z(d.dZ_1));
            if (capped_) step = std::min({step, of_rest.step_of_P(-d.dU), of_rest.step_of_Z(d.dZ_2)});
            return step;
        };
        const Direction predictor = direction(0.0);
        const double reach = std::min(1.0, longest(predictor));
        double after = inner(U_ + reach * predictor.dU, Z_1_ + reach * predictor.dZ_1);
        if (capped_) after += inner(rest() - reach * predictor.dU, Z_2_ + reach * predictor.dZ_2);
        after /= static_cast<double>(capped_ ? 2 * m_ : m_);
        const double sigma = std::clamp(std::pow(after / mu, 3), 1e-6, 0.8);
        const Direction d = direction(sigma * mu);
        const double length = std::min(1.0, 0.98 * longest(d));
        if (!(length > 1e-6) || !d.du.allFinite()) return false;
        U_ += length * d.dU;
        Z_1_ += length * d.dZ_1;
        Z_2_ += length * d.dZ_2;
        y_ += length * d.dy;
        return true;
    }

    Index m_;
    bool capped_;
    Eigen::VectorXd t_, c_;
    Eigen::MatrixXd K_;
    Matrix<S> U_, Z_1_, Z_2_;
    double y_ = 0.0;
};

/// The nearest matrix in the set but for the trace, which is restored by a shift of what lies strictly inside.
template <ScalarType S>
Matrix<S> into_the_set(const Matrix<S>& U, double trace) {
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> solver(0.5 * (U + U.adjoint()));
    Eigen::VectorXd weights = solver.eigenvalues().cwiseMax(0.0).cwiseMin(1.0);
    const double excess = weights.sum() - trace;
    const Eigen::VectorXd room = excess > 0.0 ? weights : Eigen::VectorXd(1.0 - weights.array());
    if (room.sum() > 0.0) weights -= excess * room / room.sum();
    return solver.eigenvectors() * weights.cast<S>().asDiagonal() * solver.eigenvectors().adjoint();
}

}  // namespace

template <ScalarType S>
SpectrahedronPoint<S> minimize_on_spectrahedron(const Eigen::MatrixXd& K, const Eigen::VectorXd& c, Index m,
                                                double trace) {
    const double share = trace / static_cast<double>(m);
    SpectrahedronPoint<S> point{Matrix<S>::Identity(m, m) * share};
    const bool single = m == 1 || share >= 1.0, constant = K.cwiseAbs().maxCoeff() == 0.0 && c.isZero(0.0);
    if (single || constant) return point;
    point = InteriorPoint<S>(K, c, m, trace).solve();
    point.U = into_the_set<S>(point.U, trace);
    return point;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                       \
    template SpectrahedronPoint<S> minimize_on_spectrahedron<S>(const Eigen::MatrixXd&, const Eigen::VectorXd&, Index, \
                                                                double);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
