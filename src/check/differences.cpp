#include "differences.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr int kLevels = 10;
constexpr double kRatio = 4.0;
constexpr double kSlack = 10.0;       // on Ridders' error estimate
constexpr double kFloor = 1e-7;       // relative agreement that is always enough
constexpr double kUnresolved = 1e-3;  // differences worse than this prove nothing: not passed

}  // namespace

SlopeTest test_slope(const std::function<double(double)>& f, double slope, double size, double first_step) {
    SlopeTest test;
    std::array<double, kLevels> previous{}, current{};
    test.error = std::numeric_limits<double>::infinity();
    test.order = std::numeric_limits<double>::quiet_NaN();
    double h = first_step, last_miss = 0.0;
    bool resolved = true;  // differences still above rounding
    for (int level = 0; level < kLevels; ++level, h /= kRatio) {
        const double above = f(h), below = f(-h);
        current[0] = (above - below) / (2.0 * h);
        const double miss = std::abs(current[0] - slope);
        const double rounding = 100.0 * kEps * std::max(std::abs(above), std::abs(below)) / h;
        resolved = resolved && miss > rounding;
        if (level > 0 && resolved && last_miss > 0.0) test.order = std::log(last_miss / miss) / std::log(kRatio);
        last_miss = miss;
        double factor = 1.0;
        for (int j = 1; j <= level; ++j) {
            const auto i = static_cast<std::size_t>(j);
            factor *= kRatio * kRatio;
            current[i] = (factor * current[i - 1] - previous[i - 1]) / (factor - 1.0);
            // Rounding noise may agree with itself: an error is never below that of the last difference.
            const double error = std::max(
                {std::abs(current[i] - current[i - 1]), std::abs(current[i] - previous[i - 1]), 0.1 * rounding});
            if (error <= test.error) {
                test.error = error;
                test.derivative = current[i];
            }
        }
        previous = current;
    }
    const double reference = std::max({size, std::abs(slope), std::abs(test.derivative)});
    const double miss = std::abs(test.derivative - slope);
    test.measured = miss > 0.0 ? miss / reference : 0.0;
    const double resolution = reference > 0.0 ? kSlack * test.error / reference : 0.0;
    test.tolerance = std::min(kFloor + resolution, kUnresolved);
    test.passed = test.measured <= test.tolerance && resolution <= kUnresolved;
    if (!std::isfinite(test.measured)) test.passed = false;
    return test;
}

double half_precision() { return std::sqrt(kEps); }

std::string words_of(double number) {
    std::ostringstream text;
    text.precision(6);
    text << number;
    return text.str();
}

}  // namespace lambdabar
