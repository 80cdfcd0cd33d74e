#include <lambdabar/derivative/divided_difference.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kTiny = std::numeric_limits<double>::min();

struct Node {
    double position, weight;  // on [−1, 1]; symmetric, the positive half is listed
};

// Gauss–Lobatto rule of 7 points (Abramowitz & Stegun, table 25.6; half the weight of the middle, which is its own
// mirror image) and Gauss–Legendre rule of 10 (table 25.4): exact for degree 11 and 19. The first sees the ends, so
// that the two disagree on a step that reaches an end but is narrower than the distance of the nodes.
constexpr std::array<Node, 4> kSeven{{{0.0, 0.2438095238095238},
                                      {0.4688487934707142, 0.4317453812098626},
                                      {0.8302238962785670, 0.2768260473615659},
                                      {1.0, 0.0476190476190476}}};
constexpr std::array<Node, 5> kTen{{{0.1488743389816312, 0.2955242247147529},
                                    {0.4333953941292472, 0.2692667193099963},
                                    {0.6794095682990244, 0.2190863625159820},
                                    {0.8650633666889845, 0.1494513491505806},
                                    {0.9739065285171717, 0.0666713443086881}}};

/// Mean of g over [a, b], and of |g| at the nodes.
template <std::size_t N>
std::pair<double, double> mean(const std::function<double(double)>& g, double a, double b,
                               const std::array<Node, N>& rule) {
    const double middle = 0.5 * (a + b), half = 0.5 * (b - a);
    double sum = 0.0, size = 0.0;
    for (const auto& node : rule) {
        const double left = g(middle - half * node.position), right = g(middle + half * node.position);
        sum += 0.5 * node.weight * (left + right);
        size += 0.5 * node.weight * (std::abs(left) + std::abs(right));
    }
    return {sum, size};
}

}  // namespace

double divided_difference(const std::function<double(double)>& f, const std::function<double(double)>& f_prime,
                          double a, double b) {
    if (a == b) return f_prime(a);
    const auto coarse = mean(f_prime, a, b, kSeven), fine = mean(f_prime, a, b, kTen);
    const double f_a = f(a), f_b = f(b);
    const double quotient_error = 2.0 * kEps * (std::abs(f_a) + std::abs(f_b)) / std::abs(a - b);
    const double quadrature_error = std::abs(fine.first - coarse.first) + 4.0 * kEps * fine.second;
    const double quotient = (f_a - f_b) / (a - b);
    // A narrow step away from the ends escapes both rules, which then agree, but not the quotient. To this comparison,
    // f may be 1e3 times worse than exact to eps: exp(−βt) is good to eps·β|t| only.
    const bool step_missed = std::abs(fine.first - quotient) > 1e3 * quotient_error;
    return quadrature_error <= quotient_error && !step_missed ? fine.first : quotient;
}

double divided_difference(double a, double f_a, double slope_a, double b, double f_b, double slope_b) {
    const double mean_slope = 0.5 * (slope_a + slope_b);
    if (a == b) return mean_slope;
    const double quotient = (f_a - f_b) / (a - b);
    const double quotient_error = 4.0 * kEps * (std::abs(f_a) + std::abs(f_b)) / std::abs(a - b);
    // (b − a)² f‴/12 as slopes tell it: with L = |f″/f‴| ~ |f′/f″|, it is (f′(a) − f′(b))²/(12 f′).
    const double slope_change = slope_a - slope_b;
    const double mean_error = slope_change * slope_change / (12.0 * std::max(std::abs(mean_slope), kTiny));
    // Slopes that are equal on both sides of a step tell nothing; the quotient does. As above, f may be 1e3 eps off.
    const bool step_missed = std::abs(mean_slope - quotient) > 1e3 * quotient_error;
    return mean_error <= quotient_error && !step_missed ? mean_slope : quotient;
}

}  // namespace lambdabar
