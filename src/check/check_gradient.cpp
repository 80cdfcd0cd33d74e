#include "differences.hpp"
#include "objective_laws.hpp"
#include "operator_laws.hpp"
#include "taylor_test.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kGapFraction = 0.1;  // of the smallest gap, by which the first step may move A X
constexpr double kProbeStep = 1e-4;   // where that movement is measured
constexpr double kLargestStep = 0.1;  // of the parameters' size

template <ScalarType S>
void require_options(const GradientCheckOptions<S>& options) {
    std::ostringstream message;
    if (options.directions < 1 || options.steps < 3) {
        message << "directions = " << options.directions << " must be ≥ 1 and steps = " << options.steps << " ≥ 3";
    } else if (!(options.step_ratio > 1.0) || !std::isfinite(options.step_ratio)) {
        message << "step_ratio = " << options.step_ratio << " must exceed 1";
    } else if (!(options.first_step >= 0.0) || !std::isfinite(options.first_step)) {
        message << "first_step = " << options.first_step << " must be ≥ 0 (0: chosen)";
    } else {
        return;
    }
    throw std::invalid_argument("check_gradient: " + message.str());
}

template <ScalarType S>
class GradientCheck {
public:
    GradientCheck(const detail::ParametricOperator<S>& A, const Objective<S>& objective,
                  const GradientCheckOptions<S>& options)
        : A_(A), objective_(objective), options_(options), sum_(options.eigsh.sum) {}

    GradientReport run() {
        const Eigen::VectorXd p = Eigen::VectorXd::Zero(A_.parameters);
        A_.at(p, [&](const OperatorRef<S>& A) {
            if (operator_passes(A)) report_.fault = Fault::none;
            if (report_.fault == Fault::none) solve(A);
        });
        if (!report_.passed() && report_.rows.empty() && !has_gradient_) return std::move(report_);
        taylor();
        return std::move(report_);
    }

private:
    /// Adds a law; the first that fails decides the fault.
    void add(const Law& law, Fault fault) {
        report_.laws.push_back(law);
        if (law.passed || report_.fault != Fault::none) return;
        report_.fault = fault;
        report_.verdict = std::string("failed (") + name_of(fault) + "): " + law.detail;
    }

    bool operator_passes(const OperatorRef<S>& A) {
        const OperatorCheckOptions laws{.seed = options_.seed, .sum = sum_};
        const OperatorReport report = detail::check_operator(A, laws);
        for (const Law& law : report.laws) add(law, Fault::operator_law);
        return report.passed();
    }

    /// Everything at p: pairs, the objective's laws, the operator derivative's, the gradient.
    void solve(const OperatorRef<S>& A) {
        pairs_ = detail::eigsh<S>({.A = A}, options_.eigsh);
        report_.products += pairs_.products;
        if (!pairs_.converged) throw_not_converged(pairs_, 0.0);
        const Evaluation<S> evaluation = objective_(pairs_);
        report_.value = evaluation.value;
        bar_ = total_cotangent(pairs_, evaluation, sum_);
        add(invariance_law(objective_, pairs_, evaluation, bar_, options_.seed, sum_), Fault::value);
        if (report_.fault != Fault::none) return;
        add(value_cotangent_law(objective_, pairs_, bar_, evaluation.value, options_.seed), Fault::cotangent);
        add(vector_cotangent_law(objective_, pairs_, bar_, evaluation.value, options_.seed, sum_), Fault::cotangent);
        if (!evaluation.spectral) add(coupling_law(objective_, pairs_, bar_, options_.seed), Fault::cotangent);
        add(operator_derivative_law(A_, A.rows(), options_.directions, {.seed = options_.seed, .sum = sum_}),
            Fault::operator_derivative);
        open_end_only_ = evaluation.spectral && evaluation.bar.vectors.size() == 0 && evaluation.bar.values.size() == 0;
        try {
            pull_back(A, evaluation);
        } catch (const NotDifferentiable&) {
            if (report_.fault == Fault::none)
                throw;  // otherwise a consequence of the fault found: no gradient, no rows
        }
    }

    void pull_back(const OperatorRef<S>& A, const Evaluation<S>& evaluation) {
        PullbackOptions<S> options = options_.pullback;
        options.sum = sum_;
        Eigen::VectorXd g = Eigen::VectorXd::Zero(A_.parameters);
        const auto accumulate = [&](const Pullback<S>& pullback) {
            g += A_.gradient(pullback.A);
            cotangents_.push_back(pullback.A);
            report_.products += pullback.report.products;
            report_.error_estimate = std::max(report_.error_estimate, pullback.report.error_estimate);
        };
        if (!open_end_only_) accumulate(detail::pullback<S>({.A = A}, pairs_, evaluation.bar, options));
        if (evaluation.spectral) accumulate(detail::pullback<S>({.A = A}, pairs_, *evaluation.spectral, options));
        gradient_ = std::move(g);
        scales_.gap = smallest_gap(pairs_, open_end_only_);
        scales_.noise = value_noise(A, pairs_, cotangents_, bar_, evaluation.value, scales_.gap, sum_);
        has_gradient_ = true;
    }

    void taylor() {
        const Eigen::VectorXd x_bar = norms<S>(Block<S>(bar_.vectors), sum_);
        for (Index d = 0; d < options_.directions; ++d) {
            const Eigen::VectorXd v =
                A_.scale * random_direction(A_.parameters, options_.seed, 10 + static_cast<std::uint64_t>(d));
            double slope = gradient_.dot(v);
            sum_(&slope, 1);
            report_.slopes.push_back(slope);
            const Eigen::VectorXd speed = movement(v);
            scales_.slope = std::max(scales_.slope, (bar_.values.cwiseAbs() + x_bar / scales_.gap).dot(speed));
            double h = options_.first_step;
            if (h == 0.0) {
                const double fastest = speed.maxCoeff();
                h = fastest > 0.0 ? std::min(kLargestStep, kGapFraction * scales_.gap / fastest) : kLargestStep;
            }
            for (Index step = 0; step < options_.steps; ++step, h /= options_.step_ratio)
                report_.rows.push_back(row(d, v, h));
        }
        judge(report_, scales_, options_.step_ratio);
    }

    /// ‖∂A/∂v x_i‖ by a difference.
    Eigen::VectorXd movement(const Eigen::VectorXd& v) const {
        const Block<S> X = pairs_.vectors;
        Block<S> Y(X.rows(), X.cols()), Z(X.rows(), X.cols());
        A_.at(kProbeStep * v, [&](const OperatorRef<S>& A) { A.apply(X, Y); });
        A_.at(Eigen::VectorXd::Zero(v.size()), [&](const OperatorRef<S>& A) { A.apply(X, Z); });
        return norms<S>(Block<S>(Y - Z), sum_, "check_gradient: the operator's product") / kProbeStep;
    }

    TaylorRow row(Index direction, const Eigen::VectorXd& v, double h) {
        TaylorRow row{.direction = direction, .step = h};
        A_.at(h * v, [&](const OperatorRef<S>& A) {
            EigshOptions<S> options = options_.eigsh;
            options.warm = nullptr;
            options.start.resize(pairs_.vectors.rows(), pairs_.size() + pairs_.extra.cols());
            options.start << pairs_.vectors, pairs_.extra;
            const Eigenpairs<S> pairs = detail::eigsh<S>({.A = A}, options);
            report_.products += pairs.products;
            if (!pairs.converged) throw_not_converged(pairs, h);
            row.value = objective_(pairs).value;
            row.noise = scales_.noise + value_noise(A, pairs, cotangents_, bar_, row.value, scales_.gap, sum_);
        });
        row.remainder = std::abs(row.value - report_.value - h * report_.slopes.back());
        return row;
    }

    [[noreturn]] static void throw_not_converged(const Eigenpairs<S>& pairs, double h) {
        std::ostringstream message;
        Index worst = 0;
        for (Index i = 0; i < pairs.residuals.size(); ++i) {
            if (!(pairs.residuals(i) <= pairs.residuals(worst))) worst = i;
        }
        message << "check_gradient: eigsh at step h = " << h << " has not converged after " << pairs.products
                << " products: pair " << worst + 1 << " has the residual " << pairs.residuals(worst)
                << ", the tolerance is " << pairs.tol * pairs.norm_A;
        throw NotConverged(message.str());
    }

    const detail::ParametricOperator<S>& A_;
    const Objective<S>& objective_;
    const GradientCheckOptions<S>& options_;
    const Sum& sum_;
    Eigenpairs<S> pairs_;
    PairCotangent<S> bar_;  // the whole cotangent, as pairs
    Eigen::VectorXd gradient_;
    std::vector<Cotangent<S>> cotangents_;
    TaylorScales scales_;
    bool has_gradient_ = false;
    bool open_end_only_ = false;  // a spectral function alone: gaps inside the set do not matter
    GradientReport report_;
};

}  // namespace

const char* name_of(Fault fault) {
    switch (fault) {
        case Fault::none:
            return "none";
        case Fault::operator_law:
            return "operator law";
        case Fault::value:
            return "value";
        case Fault::cotangent:
            return "cotangent";
        case Fault::operator_derivative:
            return "operator derivative";
        case Fault::accuracy:
            return "accuracy";
    }
    return "unknown";
}

std::string GradientReport::describe() const {
    std::string text;
    char line[160];
    if (!rows.empty()) {
        std::snprintf(line, sizeof line, "value at p %.16g\n", value);
        text += line;
        text += "direction       step                     value   remainder   order\n";
    }
    for (const TaylorRow& row : rows) {
        const bool noisy = !row.above_noise();
        char order[16] = "    –";
        if (std::isfinite(row.order) && !noisy) std::snprintf(order, sizeof order, "%7.2f", row.order);
        std::snprintf(line, sizeof line, "%9ld  %9.2e  %24.16e   %9.2e %s\n", static_cast<long>(row.direction + 1),
                      row.step, row.value, row.remainder, noisy ? "  noise" : order);
        text += line;
    }
    for (const Law& law : laws) {
        const bool in_verdict = verdict.find(law.detail) != std::string::npos;
        if (!law.passed && !in_verdict) text += law.name + ": " + law.detail + ".\n";
    }
    return text + verdict + ".\n";
}

namespace detail {

template <ScalarType S>
GradientReport check_gradient(const ParametricOperator<S>& A, const Objective<S>& objective,
                              const GradientCheckOptions<S>& options) {
    require_options(options);
    if (!objective) throw std::invalid_argument("check_gradient: the objective is missing");
    return GradientCheck<S>(A, objective, options).run();
}

template GradientReport check_gradient<double>(const ParametricOperator<double>&, const Objective<double>&,
                                               const GradientCheckOptions<double>&);
template GradientReport check_gradient<std::complex<double>>(const ParametricOperator<std::complex<double>>&,
                                                             const Objective<std::complex<double>>&,
                                                             const GradientCheckOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
