#include "taylor_test.hpp"

#include "differences.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kRounding = 100.0 * kEps;
constexpr double kSecondOrder = 1.7;     // an observed order of at least this is second
constexpr double kFlatAgreement = 1e-5;  // of g·v with a difference quotient, where curvature hides in the noise

/// What the rows of one direction say.
struct DirectionVerdict {
    std::vector<double> orders;                                       // of rows above the noise, steps descending
    double best_agreement = std::numeric_limits<double>::infinity();  // min max(remainder, noise) / (h·size)
    double gradient_error = std::numeric_limits<double>::infinity();  // min remainder / (h |g·v|)
    double last_remainder = 0.0, last_noise = 0.0;                    // of the last row above the noise
    double largest_noise = 0.0;
    bool none_above_noise = true;
    bool second_order() const {
        return orders.size() >= 2 && orders.back() >= kSecondOrder && orders[orders.size() - 2] >= kSecondOrder;
    }
};

std::string exponent(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1e", number);
    return text;
}

std::string fixed(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", number);
    return text;
}

}  // namespace

template <ScalarType S>
double smallest_gap(const Eigenpairs<S>& pairs, bool open_end_only) {
    double gap = std::numeric_limits<double>::infinity();
    for (std::size_t c = 1; c < pairs.clusters.size() && !open_end_only; ++c) {
        const Index first = pairs.clusters[c].first;
        gap = std::min(gap, pairs.values(first) - pairs.values(first - 1));
    }
    const double edge = pairs.which == Which::smallest ? pairs.values(pairs.size() - 1) : pairs.values(0);
    if (std::isfinite(pairs.guard_value)) gap = std::min(gap, std::abs(pairs.guard_value - edge));
    if (!std::isfinite(gap)) gap = pairs.norm_A;
    return std::max({gap, kEps * pairs.norm_A, std::numeric_limits<double>::min()});
}

template <ScalarType S>
double value_noise(const OperatorRef<S>& A, const Eigenpairs<S>& pairs, const std::vector<Cotangent<S>>& cotangents,
                   const PairCotangent<S>& bar, double value, double gap, const Sum& sum) {
    const Block<S> X = pairs.vectors;
    Block<S> R(X.rows(), X.cols()), A_bar_X = Block<S>::Zero(X.rows(), X.cols());
    A.apply(X, R);
    add_scaled<S>(R, X, -pairs.values);
    for (const Cotangent<S>& c : cotangents) {
        add_product<S>(A_bar_X, c.V, gram<S>(c.W, X, sum) / 2.0);
        add_product<S>(A_bar_X, c.W, gram<S>(c.V, X, sum) / 2.0);
    }
    const Eigen::VectorXd first = dots<S>(A_bar_X, R, sum, "check_gradient: the operator's product").real().cwiseAbs();
    const Eigen::VectorXd sensitivity = norms<S>(A_bar_X, sum), r = norms<S>(R, sum),
                          x_bar = norms<S>(Block<S>(bar.vectors), sum);
    const Eigen::VectorXd second = (bar.values.cwiseAbs() + x_bar / gap).cwiseProduct(r.cwiseAbs2()) / gap;
    return 2.0 * first.sum() + second.sum() + kRounding * (2.0 * pairs.norm_A * sensitivity.sum() + std::abs(value));
}

void judge(GradientReport& report, const TaylorScales& scales, double step_ratio) {
    std::vector<DirectionVerdict> directions(report.slopes.size());
    for (std::size_t r = 0; r < report.rows.size(); ++r) {
        TaylorRow& row = report.rows[r];
        DirectionVerdict& direction = directions[static_cast<std::size_t>(row.direction)];
        const double slope = std::abs(report.slopes[static_cast<std::size_t>(row.direction)]);
        const bool has_last = r > 0 && report.rows[r - 1].direction == row.direction;
        if (has_last && row.remainder > 0.0) {
            row.order = std::log(report.rows[r - 1].remainder / row.remainder) / std::log(step_ratio);
            if (row.above_noise() && report.rows[r - 1].above_noise()) direction.orders.push_back(row.order);
        }
        if (row.above_noise()) direction.last_remainder = row.remainder, direction.last_noise = row.noise;
        direction.none_above_noise = direction.none_above_noise && !row.above_noise();
        direction.largest_noise = std::max(direction.largest_noise, row.noise);
        const double known = std::max(row.remainder, row.noise);
        if (scales.slope > 0.0)
            direction.best_agreement = std::min(direction.best_agreement, known / (row.step * scales.slope));
        if (slope > 0.0)
            direction.gradient_error = std::min(direction.gradient_error, row.remainder / (row.step * slope));
    }
    if (report.fault != Fault::none) return;

    double worst_error = 0.0, lowest_order = std::numeric_limits<double>::infinity(), last_remainder = 0.0, noise = 0.0;
    for (std::size_t d = 0; d < directions.size(); ++d) {
        const DirectionVerdict& direction = directions[d];
        const bool constant = scales.slope == 0.0 && direction.none_above_noise;
        const bool flat = direction.orders.size() < 2 && (direction.best_agreement <= kFlatAgreement || constant);
        if (std::isfinite(direction.gradient_error)) worst_error = std::max(worst_error, direction.gradient_error);
        noise = std::max(noise, direction.largest_noise);
        if (direction.second_order()) {
            lowest_order = std::min(lowest_order, direction.orders.back());
            last_remainder = std::max(last_remainder, direction.last_remainder);
        } else if (!flat && report.fault == Fault::none) {
            report.fault = Fault::accuracy;
            std::ostringstream words;
            words << "failed (accuracy): in direction " << d + 1;
            if (direction.orders.size() < 2) {
                words << " the remainders are lost in the noise of the values, " << exponent(direction.largest_noise)
                      << ": tighten the eigensolver's tol, or take larger steps than the smallest gap, "
                      << exponent(scales.gap) << ", suggests";
            } else {
                words << " the remainder is of order " << fixed(direction.orders.back()) << ", not 2, at "
                      << exponent(direction.last_remainder) << " while the values are good to "
                      << exponent(direction.last_noise) << ": the gradient is off by "
                      << exponent(direction.gradient_error) << " of g·v, the pullback estimates "
                      << exponent(report.error_estimate)
                      << ", and value, cotangent and operator derivative agree with differences";
            }
            report.verdict = words.str();
        }
    }
    report.gradient_error = worst_error;
    if (report.fault != Fault::none) return;
    if (std::isfinite(lowest_order)) {
        report.verdict = "passed: remainders of order " + fixed(lowest_order) + " down to " + exponent(last_remainder) +
                         ", values good to " + exponent(noise) + "; g·v agrees with differences to " +
                         exponent(worst_error);
    } else {
        report.verdict = "passed: the objective is straight up to the noise of its values, " + exponent(noise) +
                         "; g·v agrees with differences to " + exponent(worst_error);
    }
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                  \
    template double smallest_gap<S>(const Eigenpairs<S>&, bool);                                                  \
    template double value_noise<S>(const OperatorRef<S>&, const Eigenpairs<S>&, const std::vector<Cotangent<S>>&, \
                                   const PairCotangent<S>&, double, double, const Sum&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
