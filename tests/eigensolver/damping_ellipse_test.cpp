// The ellipse of the Chebyshev filters for operators without symmetry.
#include "eigensolver/damping_ellipse.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

using Points = std::vector<Complex>;
constexpr Complex kI{0.0, 1.0};

/// What a polynomial of degree d gains, as exp(d·contrast).
double contrast(const DampingEllipse& ellipse, const Points& unwanted, const Points& wanted) {
    const auto growth = [&](Complex a, Complex b) { return ellipse.growth(a) < ellipse.growth(b); };
    return ellipse.growth(*std::ranges::min_element(wanted, growth)) -
           ellipse.growth(*std::ranges::max_element(unwanted, growth));
}

/// `count` points of the ellipse with these semi-axes.
Points ellipse_points(Complex center, double a, double b, int count) {
    Points points;
    for (int j = 0; j < count; ++j) {
        const double t = 2.0 * std::numbers::pi * j / count;
        points.push_back(center + a * std::cos(t) + kI * b * std::sin(t));
    }
    return points;
}

Points moved(Points points, Complex by) {
    for (Complex& z : points) z += by;
    return points;
}

}  // namespace

TEST_CASE("DampingEllipse: growth is the same all along a confocal ellipse, the log of the sum of its semi-axes") {
    for (const auto& axes : {std::pair{3.0, 1.0}, {1.0, 3.0}, {2.0, 2.0}}) {
        const double a = axes.first, b = axes.second;
        const DampingEllipse ellipse{.center = 0.5 + 2.0 * kI, .focal_square = a * a - b * b};
        for (const Complex z : ellipse_points(ellipse.center, a, b, 17))
            CHECK(ellipse.growth(z) == doctest::Approx(std::log(a + b)).epsilon(1e-12));
        CHECK(ellipse.real_semi_axis(std::log(a + b)) == doctest::Approx(a).epsilon(1e-12));
    }
}

TEST_CASE("fit_ellipse: the best interval, the best imaginary interval, the best circle") {
    Points interval, imaginary;
    for (int j = -20; j <= 20; ++j) {
        interval.push_back(0.05 * j);
        imaginary.push_back(0.05 * j * kI);
    }
    CHECK(contrast(fit_ellipse(interval, {2.0}, true), interval, {2.0}) > 0.99 * std::acosh(2.0));
    CHECK(contrast(fit_ellipse(imaginary, {1.0}, true), imaginary, {1.0}) > 0.99 * std::asinh(1.0));
    const Points circle = ellipse_points(0.0, 1.0, 1.0, 64);
    CHECK(contrast(fit_ellipse(circle, {1.5}, true), circle, {1.5}) > 0.99 * std::log(1.5));
}

TEST_CASE("fit_ellipse: at least as good as the ellipse the points lie on, wherever it lies") {
    for (const auto& axes : {std::pair{3.0, 1.0}, {1.0, 3.0}, {2.0, 0.1}}) {
        const double a = axes.first, b = axes.second;
        const Points unwanted = ellipse_points(0.0, a, b, 40), wanted{a + 0.05, a + 0.02 + 0.1 * kI};
        const DampingEllipse own{.center = 0.0, .focal_square = a * a - b * b};
        const double found = contrast(fit_ellipse(unwanted, wanted, false), unwanted, wanted);
        CHECK(found >= 0.999 * contrast(own, unwanted, wanted));
        const Complex by{-7.0, 4.0};
        const Points there = moved(unwanted, by), wanted_there = moved(wanted, by);
        const DampingEllipse fitted = fit_ellipse(there, wanted_there, false);
        CHECK(contrast(fitted, there, wanted_there) == doctest::Approx(found).epsilon(1e-6));
    }
}

TEST_CASE("fit_ellipse: a real operator's has a real center, and one or equal points are enough") {
    const Points unwanted{-1.0 + kI, -1.0 - kI, -2.0};
    CHECK(fit_ellipse(unwanted, {0.5 + 2.0 * kI}, true).center.imag() == 0.0);
    for (const Points& few : {Points{-1.0}, Points{-1.0, -1.0, -1.0}}) {
        const DampingEllipse ellipse = fit_ellipse(few, {1.0}, true);
        CHECK(std::isfinite(ellipse.center.real()));
        CHECK(contrast(ellipse, few, {1.0}) > 1.0);
    }
}

TEST_CASE("convex_hull: corners only, in order, each once") {
    Points points{0.0, 1.0, 1.0 + kI, kI, 0.5 + 0.5 * kI, 0.5, 1.0 + 0.5 * kI, 1.0, 0.0};
    CHECK(convex_hull(points) == Points{0.0, 1.0, 1.0 + kI, kI});
    CHECK(convex_hull({2.0 + kI}) == Points{2.0 + kI});
    CHECK(convex_hull({1.0, 0.0, 1.0}) == Points{0.0, 1.0});
    CHECK(convex_hull({0.0, 1.0, 2.0, 3.0}) == Points{0.0, 3.0});
}
