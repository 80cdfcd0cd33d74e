#include <lambdabar/optimize/maximize_eigmin.hpp>

#include "block/dense.hpp"
#include "bundle_model.hpp"
#include "crossing/scaled_basis.hpp"
#include "parameter_set.hpp"
#include "sentence.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kSerious = 0.1;    // of the predicted increase, for a trial point to become the centre
constexpr double kActive = 1e-3;    // of the largest weight, for a vector to count as one of the multiple eigenvalue
constexpr double kNear = 1e-3;      // predicted increase, relative to λ, from which on certificates are sought
constexpr double kFar = 1e4;        // by how much the proximal term is weakened for them
constexpr Index kRoom = 12;         // test vectors, at least
constexpr double kDropped = 1e-12;  // weights below vanish with their vectors

template <ScalarType S>
class SpectralBundle {
public:
    SpectralBundle(const detail::OperatorAt<S>& at, const Eigen::VectorXd& p, const MaximizeOptions<S>& options)
        : at_(at), options_(options), set_(complete(options.set, p)), p_(p) {
        if (options.bundle < 2 || options.bundle > 32)
            throw std::invalid_argument(sentence("maximize_eigmin: bundle = ", options.bundle, " must lie in 2 … 32"));
        if (!(options.tol > 0.0) || !(options.tol_absolute >= 0.0) || options.max_iterations < 1)
            throw std::invalid_argument(sentence("maximize_eigmin: tol = ", options.tol, " and max_iterations = ",
                                                 options.max_iterations, " must be positive"));
    }

    EigminMaximum<S> solve() {
        EigminMaximum<S>& best = result_;
        best.certified = options_.affine;
        best.pairs = solve_pairs(p_);
        best.value = best.pairs.values(0);
        extend(Block<S>(best.pairs.vectors));
        while (true) {
            build_model();
            const double scale =
                std::max({options_.tol * std::abs(best.value), options_.tol_absolute, 1e-13 * best.pairs.norm_A});
            const BundleStep<S> step = solve_bundle_model(model_, 1e-3 * scale);
            update_certificate(step);
            // The proximal term keeps tr(W A_l) from being level. Near the end the model alone gives the better proof.
            if (step.model - best.value <= kNear * std::abs(best.value)) {
                BundleModel<S> far = model_;
                far.t = t_ * kFar;
                far.has_aggregate = false;
                update_certificate(solve_bundle_model(far, 1e-3 * scale));
            }
            EigminStep log{.iteration = best.iterations, .value = best.value, .trial = best.value, .bound = best.bound};
            log.predicted = step.model - best.value;
            log.proximity = model_.t;
            log.multiplicity = active(step.U);
            const bool stationary = !std::isfinite(best.bound) && log.predicted <= scale &&
                                    best.gradient_norm * std::max(1.0, p_.norm()) <= scale;
            best.converged = best.bound - best.value <= scale || stationary;
            const bool exhausted = best.iterations >= options_.max_iterations;
            if (best.converged || exhausted) {
                record(log);
                break;
            }
            const Eigen::VectorXd trial = into_the_set(p_ + step.x, set_);
            pairs_wanted_ = log.multiplicity + 2;
            room_ = std::min(options_.bundle, std::max(kRoom, 2 * log.multiplicity + 4));
            Eigenpairs<S> pairs = solve_pairs(trial);
            log.trial = pairs.values(0);
            const double increase = log.trial - best.value;
            log.serious = increase >= kSerious * log.predicted && increase > 0.0;
            compress(step, pairs.size());
            extend(Block<S>(pairs.vectors));
            // Where the model holds, the proximal term is only in the way; where it fails, it was too far.
            if (increase >= 0.5 * log.predicted) t_ *= 6.0;
            if (increase < 0.0 || (!options_.affine && !log.serious)) t_ *= 0.4;
            if (log.serious) {
                if (has_aggregate_ && options_.affine) aggregate_value_ += aggregate_slope_.dot(trial - p_);
                if (!options_.affine) has_aggregate_ = false;
                p_ = trial;
                best.value = log.trial;
                best.pairs = std::move(pairs);
            }
            if (!record(log)) break;
        }
        best.p = p_;
        at_(p_, [](const Pencil<S>&, const detail::ContractCluster<S>&) {});  // the caller's operator stays at the best
        return std::move(best);
    }

private:
    Eigenpairs<S> solve_pairs(const Eigen::VectorXd& p) {
        Eigenpairs<S> pairs;
        const Index wanted = options_.pairs > 0 ? options_.pairs : pairs_wanted_;
        at_(p, [&](const Pencil<S>& pencil, const detail::ContractCluster<S>&) {
            const Index most = options_.sum.total(pencil.rows()) - 1;
            EigshOptions<S> eigsh{.k = std::min({wanted, most, options_.bundle}), .tol = options_.eigsh_tol};
            eigsh.extend = std::max<Index>(0, std::min(most, options_.bundle) - eigsh.k);
            eigsh.warm = &warm_;
            eigsh.sum = options_.sum;
            pairs = detail::eigsh<S>(pencil, eigsh);
        });
        ++result_.iterations;
        result_.products += pairs.products;
        if (!pairs.converged) {
            throw NotConverged(sentence("maximize_eigmin: eigensolve ", result_.iterations,
                                        " has not converged: residual ", pairs.residuals.maxCoeff(), ", tolerance ",
                                        pairs.tol * pairs.norm_A));
        }
        return pairs;
    }

    /// The span of the new vectors and of what fits of the old ones, orthonormal; Gram–Schmidt twice, column by column.
    void extend(const Block<S>& X) {
        const Index n = X.rows(), offered = X.cols() + Q_.cols();
        Block<S> V(n, std::min(offered, std::max(room_, X.cols())));
        Index r = 0;
        for (Index i = 0; i < offered && r < V.cols(); ++i) {
            Block<S> v = i < X.cols() ? Block<S>(X.col(i)) : Block<S>(Q_.col(i - X.cols()));
            for (int pass = 0; pass < 2 && r > 0; ++pass)
                add_product<S>(v, V.leftCols(r), -gram<S>(V.leftCols(r), v, options_.sum));
            const double norm = norms<S>(v, options_.sum)(0);
            if (norm < 1e-5) continue;
            V.col(r++) = v / S{norm};
        }
        Q_ = V.leftCols(r);
    }

    /// The model of the present centre.
    void build_model() {
        const Index r = Q_.cols(), d = coordinate_count<S>(r), parameters = p_.size();
        model_.r = r;
        at_(p_, [&](const Pencil<S>& pencil, const detail::ContractCluster<S>& contract) {
            Block<S> AQ(Q_.rows(), r);
            pencil.A.apply(Q_, AQ);
            result_.products += r;
            model_.value.resize(d + 1);
            model_.value << to_coordinates<S>(gram<S>(Q_, AQ, options_.sum)), aggregate_value_;
            const Eigen::MatrixXd C = hermitian_components<S>(Q_, Eigen::VectorXd::Zero(r), 1.0, contract);
            if (C.rows() != parameters) {
                throw std::invalid_argument(
                    sentence("maximize_eigmin: the operator has ", C.rows(), " parameters, p has ", parameters));
            }
            model_.C.resize(parameters, d + 1);
            model_.C.leftCols(d) = C;
        });
        if (!has_aggregate_) aggregate_slope_ = Eigen::VectorXd::Zero(parameters);
        model_.C.col(d) = aggregate_slope_;
        model_.has_aggregate = has_aggregate_;
        if (t_ == 0.0) {  // a first step of a third of p
            const double slope = model_.C.col(d - 1).norm();
            t_ = 0.3 * (p_.norm() > 0.0 ? p_.norm() : 1.0) / std::max(slope, 1e-300);
        }
        model_.t = t_;
        model_.lower = set_.lower - p_;
        model_.upper = set_.upper - p_;
        model_.has_total = !std::isnan(set_.total);
        model_.total = model_.has_total ? set_.total - p_.sum() : 0.0;
    }

    /// tr(W A(p)) ≤ value + max over the set of g·(p − centre), for W = Q U Qᴴ, tr U = 1, without the aggregate.
    void update_certificate(const BundleStep<S>& step) {
        const double trace = std::real(step.U.trace());
        if (!(trace > 0.1)) return;
        const Index d = coordinate_count<S>(model_.r);
        const auto weights = dense_eigh<S>(Matrix<S>(step.U / trace));
        const Eigen::VectorXd nonnegative = weights.values.cwiseMax(0.0) / weights.values.cwiseMax(0.0).sum();
        const Matrix<S> U = weights.vectors * nonnegative.template cast<S>().asDiagonal() * weights.vectors.adjoint();
        const Eigen::VectorXd u = to_coordinates<S>(U), g = model_.C.leftCols(d) * u;
        const double bound = model_.value.head(d).dot(u) - g.dot(p_) + largest(g, set_);
        result_.gradient_norm = g.norm();
        // Of another centre only an affine model's bounds remain true.
        if (options_.affine && !(bound < result_.bound)) return;
        result_.bound = bound;
        result_.certificate_vectors = Q_;
        result_.certificate_weights = U;
    }

    Index active(const Matrix<S>& U) const {
        const Eigen::VectorXd weights = dense_eigh<S>(U).values;
        return (weights.array() > kActive * weights(weights.size() - 1)).count();
    }

    /// Q ← Q E, by falling weight; what extend() will have no room for goes into the aggregate.
    void compress(const BundleStep<S>& step, Index offered) {
        const auto weights = dense_eigh<S>(step.U);
        const Index r = Q_.cols(), d = coordinate_count<S>(r);
        const Matrix<S> E = weights.vectors.rowwise().reverse();
        const Eigen::VectorXd w = weights.values.reverse().cwiseMax(0.0);
        const Index kept = std::min(r, std::max<Index>(0, room_ - offered));
        const double dropped = w.tail(r - kept).sum() + step.alpha;
        if (dropped > kDropped) {
            const Matrix<S> rest = E.rightCols(r - kept) * w.tail(r - kept).template cast<S>().asDiagonal() *
                                   E.rightCols(r - kept).adjoint();
            Eigen::VectorXd u(d + 1);
            u << to_coordinates<S>(rest), step.alpha;
            aggregate_value_ = model_.value.dot(u) / dropped;
            aggregate_slope_ = model_.C * u / dropped;
            has_aggregate_ = true;
        } else {
            has_aggregate_ = false;
        }
        Block<S> Q(Q_.rows(), r);
        set_product<S>(Q, Q_, E);
        Q_ = std::move(Q);
    }

    bool record(EigminStep log) {
        log.bound = result_.bound;
        result_.history.push_back(log);
        return !options_.monitor || options_.monitor(log);
    }

    const detail::OperatorAt<S>& at_;
    const MaximizeOptions<S>& options_;
    ParameterSet set_;
    Eigen::VectorXd p_;
    Warm<S> warm_;
    Block<S> Q_;
    BundleModel<S> model_;
    bool has_aggregate_ = false;
    double aggregate_value_ = 0.0, t_ = 0.0;  // at the centre
    Eigen::VectorXd aggregate_slope_;
    Index pairs_wanted_ = 3, room_ = kRoom;
    EigminMaximum<S> result_;
};

}  // namespace

template <ScalarType S>
EigminMaximum<S> detail::maximize_eigmin(const OperatorAt<S>& at, const Eigen::VectorXd& p,
                                         const MaximizeOptions<S>& options) {
    return SpectralBundle<S>(at, p, options).solve();
}

template EigminMaximum<double> detail::maximize_eigmin<double>(const OperatorAt<double>&, const Eigen::VectorXd&,
                                                               const MaximizeOptions<double>&);
template EigminMaximum<std::complex<double>> detail::maximize_eigmin<std::complex<double>>(
    const OperatorAt<std::complex<double>>&, const Eigen::VectorXd&, const MaximizeOptions<std::complex<double>>&);

}  // namespace lambdabar
