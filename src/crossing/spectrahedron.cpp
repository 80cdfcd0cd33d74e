#include "spectrahedron.hpp"

#include <Eigen/QR>

#include <algorithm>
#include <cmath>

#include "block/dense.hpp"
#include "cone_scaling.hpp"

namespace lambdabar {

namespace {

constexpr Index kIterations = 80;

// Optimality of U with multipliers y (trace), Z_1 (0 ⪯ U), Z_2 (U ⪯ I):
//
//     K u + c − y t − z_1 + z_2 = 0,     U Z_1 = 0,     (I − U) Z_2 = 0,     t = coordinates of I.
//
// Newton's method on P Z = μI for P = U and I − U, in coordinates in which both are one diagonal matrix D (G as in
// ConeScaling; a tilde marks Ũ = G⁻¹ U G⁻ᴴ, Z̃ = Gᴴ Z G): dŨ + dZ̃ = μD⁻¹ − D =: R. In those of U, with g the matrix of
// Ũ ↦ G Ũ Gᴴ and T_2 that of the second scaling, the first one is the identity:
//
//     (gᵀKg + 1 + gᵀT_2g) dũ − gᵀt dy = gᵀ(−r − T_2 R_2) + R_1,     tᵀdu = 0
//
// The multipliers' change is taken from the first equation of optimality, not from that of the cone: near the boundary
// the latter multiplies the rounding of du by 1/μ.
template <ScalarType S>
class InteriorPoint {
public:
    InteriorPoint(const Eigen::MatrixXd& K, const Eigen::VectorXd& c, Index m, double trace)
        : m_(m), capped_(trace > 1.0), t_(to_coordinates<S>(Matrix<S>::Identity(m, m))) {
        const double scale = std::max(K.diagonal().maxCoeff(), c.cwiseAbs().maxCoeff());
        K_ = K / scale;
        c_ = c / scale;
        U_ = Matrix<S>::Identity(m, m) * (trace / static_cast<double>(m));
        V_ = Matrix<S>::Identity(m, m) - U_;
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
    double inner(const Matrix<S>& A, const Matrix<S>& B) const { return std::real((A * B).trace()); }
    double complementarity() const {
        const double sum = inner(U_, Z_1_) + (capped_ ? inner(V_, Z_2_) : 0.0);
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
        const ConeScaling<S> of_rest = capped_ ? ConeScaling<S>(V_, Z_2_) : of_U;
        if (!of_U.valid() || !of_rest.valid()) return false;
        const Eigen::MatrixXd g = congruence<S>(of_U.G());
        Eigen::MatrixXd T_2, M = K_;
        if (capped_) {
            const Eigen::MatrixXd g_2 = congruence<S>(of_rest.G_inverse());
            T_2 = g_2.transpose() * g_2;
            M += T_2;
        }
        Eigen::MatrixXd H = g.transpose() * M * g;
        H.diagonal().array() += 1.0;
        const Eigen::LLT<Eigen::MatrixXd> factor(H);
        if (factor.info() != Eigen::Success) return false;
        const Eigen::VectorXd t = g.transpose() * t_, H_t = factor.solve(t);
        const auto diagonal = [](const Eigen::VectorXd& values) {
            return to_coordinates<S>(Matrix<S>(values.template cast<S>().asDiagonal()));
        };

        const auto direction = [&](double target) {
            Eigen::VectorXd rhs = diagonal(target / of_U.D().array() - of_U.D().array()) - g.transpose() * r, R_2;
            if (capped_) {
                const Eigen::VectorXd D = target / of_rest.D().array() - of_rest.D().array();
                R_2 = to_coordinates<S>(of_rest.G() * D.template cast<S>().asDiagonal() * of_rest.G().adjoint());
                rhs -= g.transpose() * (T_2 * R_2);
            }
            Direction d;
            const Eigen::VectorXd free = factor.solve(rhs);
            d.dy = -t.dot(free) / t.dot(H_t);
            d.du = g * (free + d.dy * H_t);
            d.dU = from_coordinates<S>(d.du, m_);
            Eigen::VectorXd dz_1 = K_ * d.du - d.dy * t_ + r;
            d.dZ_2 = Matrix<S>::Zero(m_, m_);
            if (capped_) {
                const Eigen::VectorXd dz_2 = T_2 * (R_2 + d.du);
                d.dZ_2 = from_coordinates<S>(dz_2, m_);
                dz_1 += dz_2;
            }
            d.dZ_1 = from_coordinates<S>(dz_1, m_);
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
        if (capped_) after += inner(V_ - reach * predictor.dU, Z_2_ + reach * predictor.dZ_2);
        after /= static_cast<double>(capped_ ? 2 * m_ : m_);
        const double sigma = std::clamp(std::pow(after / mu, 3), 1e-6, 0.8);
        const Direction d = direction(sigma * mu);
        const double length = std::min(1.0, 0.98 * longest(d));
        if (!(length > 1e-6) || !d.du.allFinite()) return false;
        U_ += length * d.dU;
        V_ -= length * d.dU;
        Z_1_ += length * d.dZ_1;
        Z_2_ += length * d.dZ_2;
        y_ += length * d.dy;
        return true;
    }

    Index m_;
    bool capped_;
    Eigen::VectorXd t_, c_;
    Eigen::MatrixXd K_;
    Matrix<S> U_, V_, Z_1_, Z_2_;  // V = I − U, not computed as that: near the boundary it would cancel
    double y_ = 0.0;
};

/// The nearest matrix in the set but for the trace, which is restored in proportion to the room there is.
template <ScalarType S>
Matrix<S> into_the_set(const Matrix<S>& U, double trace) {
    const DenseEigenpairs<S> pairs = dense_eigh<S>(U);
    Eigen::VectorXd weights = pairs.values.cwiseMax(0.0).cwiseMin(1.0);
    const double excess = weights.sum() - trace;
    const Eigen::VectorXd room = excess > 0.0 ? weights : Eigen::VectorXd(1.0 - weights.array());
    if (room.sum() > 0.0) weights -= excess * room / room.sum();
    return pairs.vectors * weights.cast<S>().asDiagonal() * pairs.vectors.adjoint();
}

/// ∇·(u − u′) at most, over the set: what U may be from optimal.
template <ScalarType S>
double gap(const Eigen::MatrixXd& K, const Eigen::VectorXd& c, const Matrix<S>& U, double trace) {
    const Eigen::VectorXd u = to_coordinates<S>(U), slope = K * u + c;
    const DenseEigenpairs<S> pairs = dense_eigh<S>(from_coordinates<S>(slope, U.rows()));
    return slope.dot(u) - pairs.values.head(static_cast<Index>(trace)).sum();
}

/// On the face of the set that U is next to, U = E Eᴴ + V Y Vᴴ with E for weights of 1 and V for those between, the
/// minimum over Hermitian Y of that trace is the solution of one linear system. The face's error enters squared.
template <ScalarType S>
Matrix<S> polished(const Eigen::MatrixXd& K, const Eigen::VectorXd& c, const Matrix<S>& U, double trace) {
    constexpr double kOnTheFace = 1e-6;
    const Index m = U.rows();
    const DenseEigenpairs<S> pairs = dense_eigh<S>(U);
    Index zeros = 0, ones = 0;
    while (zeros < m && pairs.values(zeros) < kOnTheFace) ++zeros;
    while (ones < m - zeros && pairs.values(m - 1 - ones) > 1.0 - kOnTheFace) ++ones;
    const Index inner = m - zeros - ones;
    const Matrix<S> E = pairs.vectors.rightCols(ones), V = pairs.vectors.middleCols(zeros, inner);
    const Matrix<S> fixed = E * E.adjoint();
    if (inner == 0) return fixed;
    const Index d = coordinate_count<S>(inner);
    Eigen::MatrixXd to_U(K.rows(), d);  // Y ↦ V Y Vᴴ
    for (Index i = 0; i < d; ++i)
        to_U.col(i) = to_coordinates<S>(V * from_coordinates<S>(Eigen::VectorXd::Unit(d, i), inner) * V.adjoint());
    const Eigen::VectorXd t = to_coordinates<S>(Matrix<S>::Identity(inner, inner));
    Eigen::MatrixXd system = Eigen::MatrixXd::Zero(d + 1, d + 1);
    system.topLeftCorner(d, d) = to_U.transpose() * K * to_U;
    system.col(d).head(d) = t;
    system.row(d).head(d) = t.transpose();
    Eigen::VectorXd rhs(d + 1);
    rhs << -to_U.transpose() * (K * to_coordinates<S>(fixed) + c), trace - static_cast<double>(ones);
    // K may be singular: of all solutions the one nearest to U.
    const Eigen::VectorXd y = to_coordinates<S>(V.adjoint() * U * V);
    Eigen::VectorXd present(d + 1);
    present << y, 0.0;
    const Eigen::VectorXd change = system.completeOrthogonalDecomposition().solve(rhs - system * present);
    return fixed + V * from_coordinates<S>(y + change.head(d), inner) * V.adjoint();
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
    const Matrix<S> better = into_the_set<S>(polished<S>(K, c, point.U, trace), trace);
    if (gap<S>(K, c, better, trace) < gap<S>(K, c, point.U, trace)) point.U = better;
    return point;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                       \
    template SpectrahedronPoint<S> minimize_on_spectrahedron<S>(const Eigen::MatrixXd&, const Eigen::VectorXd&, Index, \
                                                                double);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
