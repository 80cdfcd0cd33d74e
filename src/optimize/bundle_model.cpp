#include "bundle_model.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

#include "block/dense.hpp"
#include "crossing/cone_scaling.hpp"

namespace lambdabar {

namespace {

constexpr int kIterations = 60;

// maximize v − ‖x‖²/(2t)  with  s = value + Cᵀx − v·e ⪰ 0,  l ≤ x ≤ u,  1ᵀx = total;  e: coordinates of I, and 1.
// Multipliers: U (and α) of s, z_l and z_u of the bounds, y of the sum:
//
//     x/t − C u − z_l + z_u − y·1 = 0,     eᵀu = 1,     U S = μI,  z_l∘(x − l) = μ,  z_u∘(u − x) = μ.
//
// Newton's step, in coordinates ũ in which U and S are one diagonal matrix (ConeScaling; g: Ũ ↦ G Ũ Gᴴ):
//
//     D dx = C du + dy·1 + q,     D = 1/t + z_l/(x − l) + z_u/(u − x)
//     (1 + gᵀCᵀD⁻¹C g) dũ + gᵀCᵀD⁻¹1 dy − gᵀe dv = μ/D_c − D_c + gᵀ(r_s − CᵀD⁻¹q).
template <ScalarType S>
class Interior {
public:
    explicit Interior(const BundleModel<S>& model)
        : M_(model), d_(coordinate_count<S>(model.r)), parameters_(model.C.rows()) {
        e_ = Eigen::VectorXd::Ones(d_ + 1);
        e_.head(d_) = to_coordinates<S>(Matrix<S>::Identity(M_.r, M_.r));
        start();
    }

    BundleStep<S> solve(double accuracy) {
        for (int i = 0; i < kIterations && !done(accuracy) && step(); ++i) {
        }
        const double total = std::real(U_.trace()) + alpha_;
        return {x_, v_, U_ / total, alpha_ / total};
    }

private:
    bool bounded_below(Index l) const { return std::isfinite(M_.lower(l)); }
    bool bounded_above(Index l) const { return std::isfinite(M_.upper(l)); }

    void start() {
        // A point inside the bounds, a tenth of a steepest step away from them.
        const Eigen::VectorXd slope = M_.C * e_ / e_.squaredNorm();
        const double reach = std::max(0.1 * M_.t * slope.norm() / std::sqrt(double(parameters_)), 1e-12);
        x_ = Eigen::VectorXd::Zero(parameters_);
        for (Index l = 0; l < parameters_; ++l) {
            const double width = M_.upper(l) - M_.lower(l), margin = std::min(reach, 0.25 * width);
            x_(l) = std::clamp(x_(l), M_.lower(l) + margin, M_.upper(l) - margin);
        }
        const Eigen::VectorXd at_x = M_.value + M_.C.transpose() * x_;
        const Eigen::VectorXd values = dense_eigh<S>(matrix(at_x)).values;
        const double low = values(0), high = values(M_.r - 1);
        const double spread = std::max({high - low, M_.t * slope.squaredNorm(), 1e-10 * std::abs(low), 1e-14});
        v_ = low - 0.5 * spread;
        if (M_.has_aggregate) v_ = std::min(v_, at_x(d_) - 0.5 * spread);
        s_ = at_x - v_ * e_;
        const double count = static_cast<double>(M_.r + (M_.has_aggregate ? 1 : 0));
        U_ = Matrix<S>::Identity(M_.r, M_.r) / count;
        alpha_ = M_.has_aggregate ? 1.0 / count : 0.0;
        const double mu = complementarity_of_cone() / count;
        z_low_ = z_high_ = Eigen::VectorXd::Zero(parameters_);
        for (Index l = 0; l < parameters_; ++l) {
            if (bounded_below(l)) z_low_(l) = mu / (x_(l) - M_.lower(l));
            if (bounded_above(l)) z_high_(l) = mu / (M_.upper(l) - x_(l));
        }
    }

    Matrix<S> matrix(const Eigen::VectorXd& s) const { return from_coordinates<S>(s.head(d_), M_.r); }
    double complementarity_of_cone() const {
        return to_coordinates<S>(U_).dot(s_.head(d_)) + (M_.has_aggregate ? alpha_ * s_(d_) : 0.0);
    }
    /// Σ of all products, and their number.
    std::pair<double, double> complementarity() const {
        double sum = complementarity_of_cone(), count = static_cast<double>(M_.r + (M_.has_aggregate ? 1 : 0));
        for (Index l = 0; l < parameters_; ++l) {
            if (bounded_below(l)) sum += z_low_(l) * (x_(l) - M_.lower(l)), count += 1.0;
            if (bounded_above(l)) sum += z_high_(l) * (M_.upper(l) - x_(l)), count += 1.0;
        }
        return {sum, count};
    }
    Eigen::VectorXd dual() const {
        Eigen::VectorXd u(d_ + 1);
        u << to_coordinates<S>(U_), alpha_;
        return u;
    }
    bool done(double accuracy) const { return complementarity().first <= accuracy && residual_ <= 1e-9; }

    struct Direction {
        Eigen::VectorXd dx, du, ds, dz_low, dz_high;
        double dv = 0.0, dy = 0.0;
    };

    bool step() {
        const auto [sum, count] = complementarity();
        const double mu = sum / count;
        const ConeScaling<S> scaling(U_, matrix(s_));
        if (!scaling.valid()) return false;
        // The aggregate's 1×1 block: G = √(α/s), D = √(α s).
        const double g_a = M_.has_aggregate ? std::sqrt(alpha_ / s_(d_)) : 0.0;
        const double D_a = M_.has_aggregate ? std::sqrt(alpha_ * s_(d_)) : 1.0;
        Eigen::MatrixXd g = Eigen::MatrixXd::Zero(d_ + 1, d_ + 1);
        g.topLeftCorner(d_, d_) = congruence<S>(scaling.G());
        g(d_, d_) = g_a;
        const Eigen::VectorXd s_low = x_ - M_.lower, s_high = M_.upper - x_;
        Eigen::VectorXd D = Eigen::VectorXd::Constant(parameters_, 1.0 / M_.t);
        for (Index l = 0; l < parameters_; ++l) {
            if (bounded_below(l)) D(l) += z_low_(l) / s_low(l);
            if (bounded_above(l)) D(l) += z_high_(l) / s_high(l);
        }
        const Eigen::MatrixXd C_D = D.cwiseInverse().asDiagonal() * M_.C;
        Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(d_ + 1, d_ + 1);
        gram.noalias() = M_.C.transpose() * C_D;
        Eigen::MatrixXd H = g.transpose() * gram * g;
        H.diagonal().array() += 1.0;
        const Eigen::LLT<Eigen::MatrixXd> factor(H);
        if (factor.info() != Eigen::Success) return false;

        const Eigen::VectorXd u = dual();
        const Eigen::VectorXd r_x =
            x_ / M_.t - M_.C * u - z_low_ + z_high_ - Eigen::VectorXd::Constant(parameters_, y_);
        const Eigen::VectorXd r_s = s_ - (M_.value + M_.C.transpose() * x_ - v_ * e_);
        const double r_t = 1.0 - e_.head(d_).dot(u.head(d_)) - alpha_;
        const double r_e = M_.has_total ? M_.total - x_.sum() : 0.0;
        Eigen::VectorXd e = g.transpose() * e_;
        if (!M_.has_aggregate) e(d_) = 0.0;
        const Eigen::VectorXd b = g.transpose() * C_D.colwise().sum().transpose();
        const Eigen::VectorXd H_e = factor.solve(e), H_b = factor.solve(b);
        const double ones = D.cwiseInverse().sum();

        const auto direction = [&](double target) {
            Direction n;
            Eigen::VectorXd q = -r_x;
            for (Index l = 0; l < parameters_; ++l) {
                if (bounded_below(l)) q(l) += target / s_low(l) - z_low_(l);
                if (bounded_above(l)) q(l) -= target / s_high(l) - z_high_(l);
            }
            Eigen::VectorXd R(d_ + 1);
            R.head(d_) = to_coordinates<S>(Matrix<S>(
                (target / scaling.D().array() - scaling.D().array()).matrix().template cast<S>().asDiagonal()));
            R(d_) = M_.has_aggregate ? target / D_a - D_a : 0.0;
            const Eigen::VectorXd H_h = factor.solve(R + g.transpose() * (r_s - C_D.transpose() * q));
            // eᵀdũ = r_t,  bᵀdũ + ones·dy = r_e − 1ᵀD⁻¹q  with  dũ = H_h − H_b dy + H_e dv
            const double ee = e.dot(H_e), eb = e.dot(H_b), bb = b.dot(H_b);
            const double first = r_t - e.dot(H_h);
            if (M_.has_total) {
                const double second = r_e - q.cwiseQuotient(D).sum() - b.dot(H_h);
                Eigen::Matrix2d system;
                system << ee, -eb, eb, ones - bb;
                const Eigen::Vector2d solution = system.fullPivLu().solve(Eigen::Vector2d(first, second));
                n.dv = solution(0);
                n.dy = solution(1);
            } else {
                n.dv = first / ee;
            }
            n.du = g * (H_h - n.dy * H_b + n.dv * H_e);
            n.dx = (M_.C * n.du + Eigen::VectorXd::Constant(parameters_, n.dy) + q).cwiseQuotient(D);
            n.ds = M_.C.transpose() * n.dx - n.dv * e_ - r_s;
            n.dz_low = n.dz_high = Eigen::VectorXd::Zero(parameters_);
            for (Index l = 0; l < parameters_; ++l) {
                if (bounded_below(l)) n.dz_low(l) = (target - z_low_(l) * n.dx(l)) / s_low(l) - z_low_(l);
                if (bounded_above(l)) n.dz_high(l) = (target + z_high_(l) * n.dx(l)) / s_high(l) - z_high_(l);
            }
            return n;
        };
        const auto longest = [&](const Direction& n) {
            double length = std::min(scaling.step_of_P(from_coordinates<S>(n.du.head(d_), M_.r)),
                                     scaling.step_of_Z(from_coordinates<S>(n.ds.head(d_), M_.r)));
            const auto limit = [&length](double at, double change) {
                if (change < 0.0) length = std::min(length, -at / change);
            };
            if (M_.has_aggregate) limit(alpha_, n.du(d_)), limit(s_(d_), n.ds(d_));
            for (Index l = 0; l < parameters_; ++l) {
                if (bounded_below(l)) limit(s_low(l), n.dx(l)), limit(z_low_(l), n.dz_low(l));
                if (bounded_above(l)) limit(s_high(l), -n.dx(l)), limit(z_high_(l), n.dz_high(l));
            }
            return length;
        };
        const Direction predictor = direction(0.0);
        const double reach = std::min(1.0, longest(predictor));
        const double sigma = std::clamp(std::pow(1.0 - reach, 3), 1e-5, 0.8);
        const Direction n = direction(sigma * mu);
        const double length = std::min(1.0, 0.98 * longest(n));
        if (!(length > 1e-8) || !n.dx.allFinite()) return false;
        x_ += length * n.dx;
        v_ += length * n.dv;
        y_ += length * n.dy;
        s_ += length * n.ds;
        U_ += length * from_coordinates<S>(n.du.head(d_), M_.r);
        if (M_.has_aggregate) alpha_ += length * n.du(d_);
        z_low_ += length * n.dz_low;
        z_high_ += length * n.dz_high;
        const double scale = 1.0 + (M_.C * u).cwiseAbs().maxCoeff();
        residual_ = (1.0 - length) * std::max(r_x.cwiseAbs().maxCoeff() / scale, std::abs(r_t));
        return true;
    }

    const BundleModel<S>& M_;
    Index d_, parameters_;
    Eigen::VectorXd e_, x_, s_, z_low_, z_high_;
    Matrix<S> U_;
    double v_ = 0.0, y_ = 0.0, alpha_ = 0.0, residual_ = 1.0;
};

}  // namespace

template <ScalarType S>
BundleStep<S> solve_bundle_model(const BundleModel<S>& model, double accuracy) {
    return Interior<S>(model).solve(accuracy);
}

template BundleStep<double> solve_bundle_model<double>(const BundleModel<double>&, double);
template BundleStep<std::complex<double>> solve_bundle_model<std::complex<double>>(
    const BundleModel<std::complex<double>>&, double);

}  // namespace lambdabar
