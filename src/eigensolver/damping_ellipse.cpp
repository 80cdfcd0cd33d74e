#include "damping_ellipse.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

double contrast(const DampingEllipse& ellipse, const std::vector<Complex>& unwanted,
                const std::vector<Complex>& wanted) {
    double least = std::numeric_limits<double>::infinity(), largest = -least;
    for (const Complex z : wanted) least = std::min(least, ellipse.growth(z));
    for (const Complex z : unwanted) largest = std::max(largest, ellipse.growth(z));
    return least - largest;
}

double turn(Complex a, Complex b, Complex c) { return std::imag(std::conj(b - a) * (c - a)); }

}  // namespace

double DampingEllipse::growth(Complex z) const {
    const double distances = std::abs(z - center - std::sqrt(Complex(focal_square))) +
                             std::abs(z - center + std::sqrt(Complex(focal_square)));
    const double half = 0.5 * distances;  // the semi-axis through the foci
    return std::log(half + std::sqrt(std::max(half * half - std::abs(focal_square), 0.0)));
}

double DampingEllipse::real_semi_axis(double growth) const {
    const double sum = std::exp(growth);
    return 0.5 * (sum + focal_square / sum);
}

// Andrew's monotone chain.
std::vector<Complex> convex_hull(std::vector<Complex> points) {
    std::sort(points.begin(), points.end(),
              [](Complex a, Complex b) { return a.real() != b.real() ? a.real() < b.real() : a.imag() < b.imag(); });
    points.erase(std::unique(points.begin(), points.end()), points.end());
    if (points.size() < 3) return points;
    std::vector<Complex> hull;
    for (const bool upper : {false, true}) {
        const std::size_t base = hull.size();
        for (const Complex z : points) {
            while (hull.size() >= base + 2 && turn(hull[hull.size() - 2], hull.back(), z) <= 0.0) hull.pop_back();
            hull.push_back(z);
        }
        hull.pop_back();
        if (!upper) std::reverse(points.begin(), points.end());
    }
    return hull;
}

DampingEllipse fit_ellipse(const std::vector<Complex>& unwanted, const std::vector<Complex>& wanted, bool real) {
    double left = unwanted.front().real(), right = left, low = unwanted.front().imag(), high = low;
    for (const Complex z : unwanted) {
        left = std::min(left, z.real()), right = std::max(right, z.real());
        low = std::min(low, z.imag()), high = std::max(high, z.imag());
    }
    const double width = 0.5 * (right - left), height = 0.5 * (high - low);
    const double size = std::max({width, height, std::numeric_limits<double>::min()});
    double nearest = size;  // a focus must be placed as exactly as the wanted and the unwanted are apart
    for (const Complex z : wanted) {
        for (const Complex u : unwanted) nearest = std::min(nearest, std::abs(z - u));
    }
    // A center and a signed distance of the foci: the diagonal moves keep one focus.
    const Complex middle{0.5 * (left + right), real ? 0.0 : 0.5 * (low + high)};
    double at = 0.0, reach = std::copysign(std::sqrt(std::abs(width * width - height * height)), width - height);
    const auto place = [&](double shift, double distance) {
        return DampingEllipse{middle + shift, distance * std::abs(distance)};
    };
    double value = contrast(place(at, reach), unwanted, wanted);
    for (double step = 0.25 * size; step > 0.02 * nearest;) {
        bool better = false;
        for (const auto& [x, y] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}) {
            const double there = contrast(place(at + x * step, reach + y * step), unwanted, wanted);
            if (there <= value) continue;
            value = there;
            at += x * step;
            reach += y * step;
            better = true;
        }
        if (!better) step *= 0.5;
    }
    return place(at, reach);
}

}  // namespace lambdabar
