#include "differences.hpp"
#include "operator_laws.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kFirstStep = 0.1;  // in units of the parameters' size
constexpr double kSearchStep = 1e-4;

std::string two_decimals(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", number);
    return text;
}

/// Compares g·d with differences of c(δp) = Re Σ_j v_jᴴ A(p + δp) w_j.
template <ScalarType S>
class DerivativeTest {
public:
    DerivativeTest(const detail::ParametricOperator<S>& A, Index rows, const OperatorCheckOptions& options)
        : A_(A), options_(options) {
        bar_ = {Block<S>(rows, options.columns), Block<S>(rows, options.columns)};
        fill_random<S>(bar_.V, options.seed, 1000, options.sum);
        fill_random<S>(bar_.W, options.seed, 2000, options.sum);
        g_ = A.gradient(bar_);
        at_p_ = std::abs(contraction(Eigen::VectorXd::Zero(A.parameters)));
    }

    SlopeTest test(const Eigen::VectorXd& d) const {
        return test_slope([&](double h) { return contraction(h * d); }, slope(d), size(d), kFirstStep);
    }

    double slope(const Eigen::VectorXd& d) const {
        double sum = g_.dot(d);
        options_.sum(&sum, 1);
        return sum;
    }

    double difference(const Eigen::VectorXd& d) const {
        return (contraction(kSearchStep * d) - contraction(-kSearchStep * d)) / (2.0 * kSearchStep);
    }

    /// The parameter whose derivative is most wrong, by bisection of a direction: 4 operators per halving.
    Index search(const Eigen::VectorXd& d) const {
        Index first = 0, count = A_.parameters;
        while (count > 1) {
            const Index half = count / 2;
            if (miss(d, first, half) >= miss(d, first + half, count - half)) {
                count = half;
            } else {
                first += half, count -= half;
            }
        }
        return first;
    }

private:
    double contraction(const Eigen::VectorXd& delta) const {
        double value = 0.0;
        A_.at(delta, [&](const OperatorRef<S>& A) {
            Block<S> Y = Block<S>::Zero(bar_.W.rows(), bar_.W.cols());
            A.apply(bar_.W, Y);
            value = dots<S>(bar_.V, Y, options_.sum, "check_operator: the operator's product").real().sum();
        });
        return value;
    }

    double miss(const Eigen::VectorXd& d, Index first, Index count) const {
        Eigen::VectorXd part = Eigen::VectorXd::Zero(d.size());
        part.segment(first, count) = d.segment(first, count);
        return std::abs(difference(part) - slope(part));
    }

    /// Root of Σ (g_l d_l)², the size of g·d if its terms were independent; slopes below 1e-6 |c| drown in rounding.
    double size(const Eigen::VectorXd& d) const {
        double square = g_.cwiseProduct(d).squaredNorm();
        options_.sum(&square, 1);
        return std::max(std::sqrt(square), 1e-6 * at_p_);
    }

    const detail::ParametricOperator<S>& A_;
    const OperatorCheckOptions& options_;
    Cotangent<S> bar_;
    Eigen::VectorXd g_;
    double at_p_ = 0.0;
};

}  // namespace

Eigen::VectorXd random_direction(Index count, std::uint64_t seed, std::uint64_t number) {
    Block<double> d(count, 1);
    fill_random<double>(d, seed, number);
    return d.col(0);
}

template <ScalarType S>
Law operator_derivative_law(const detail::ParametricOperator<S>& A, Index rows, Index directions,
                            const OperatorCheckOptions& options) {
    const DerivativeTest<S> derivative(A, rows, options);
    Law law{.name = "vjp = differences", .measured = 0.0, .tolerance = 0.0, .passed = true};
    for (Index number = 0; number < directions && law.passed; ++number) {
        const Eigen::VectorXd d =
            A.scale * random_direction(A.parameters, options.seed, 100 + static_cast<std::uint64_t>(number));
        const SlopeTest test = derivative.test(d);
        if (test.passed && test.measured < law.measured) continue;
        law.measured = test.measured, law.tolerance = test.tolerance, law.passed = test.passed;
        std::ostringstream words;
        words.precision(8);
        words << "along a random direction vjp gives " << derivative.slope(d) << ", differences of apply "
              << test.derivative << " ± " << words_of(test.error) << ", observed order "
              << (std::isnan(test.order) ? std::string("none, all at rounding") : two_decimals(test.order));
        if (!test.passed && !options.sum.distributed()) {
            const Index worst = derivative.search(d);
            const Eigen::VectorXd unit = Eigen::VectorXd::Unit(A.parameters, worst) * A.scale;
            words << "; worst is " << A.name(worst) << ": vjp " << derivative.slope(unit) / A.scale << ", differences "
                  << derivative.difference(unit) / A.scale;
        }
        law.detail = words.str();
    }
    return law;
}

template Law operator_derivative_law<double>(const detail::ParametricOperator<double>&, Index, Index,
                                             const OperatorCheckOptions&);
template Law operator_derivative_law<std::complex<double>>(const detail::ParametricOperator<std::complex<double>>&,
                                                           Index, Index, const OperatorCheckOptions&);

namespace detail {

double parameter_scale(const Eigen::VectorXd& p, Index parameters) {
    std::ostringstream message;
    if (p.size() != parameters) {
        message << "check: p has " << p.size() << " entries, the operator " << parameters << " parameters";
    } else if (parameters < 1) {
        message << "check: the operator has no parameters to differentiate in";
    } else if (!p.allFinite()) {
        message << "check: p is not finite";
    } else {
        const double scale = p.norm() / std::sqrt(static_cast<double>(p.size()));
        return scale > 0.0 ? scale : 1.0;
    }
    throw std::invalid_argument(message.str());
}

}  // namespace detail

}  // namespace lambdabar
