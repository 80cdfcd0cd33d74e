#include <lambdabar/derivative/divided_difference.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

using Real = long double;  // the exact expressions below do not cancel; 64 bits of mantissa leave no doubt

struct Function {
    const char* name;
    std::function<double(double)> f, f_prime;
    std::function<Real(Real, Real)> difference;  // exact, a ≠ b
};

/// (tanh x − tanh y)/(x − y) = sinh d/(cosh x cosh y)/d, d = |x − y|, with the exponentials' largest powers divided
/// out: e^(d − |x| − |y|) is 1 if 0 lies between x and y, else e^(−2 min(|x|, |y|)).
Real tanh_difference(Real x, Real y) {
    const Real d = std::abs(x - y), power = x * y <= 0 ? 0 : -2 * std::min(std::abs(x), std::abs(y));
    const Real below = (1 + std::exp(-2 * std::abs(x))) * (1 + std::exp(-2 * std::abs(y)));
    return -2 * std::exp(power) * std::expm1(-2 * d) / below / d;
}

std::vector<Function> smooth_functions() {
    return {{"exp", [](double t) { return std::exp(t); }, [](double t) { return std::exp(t); },
             [](Real a, Real b) { return std::exp(b) * std::expm1(a - b) / (a - b); }},
            {"cube", [](double t) { return t * t * t; }, [](double t) { return 3.0 * t * t; },
             [](Real a, Real b) { return a * a + a * b + b * b; }},
            {"inverse", [](double t) { return 1.0 / t; }, [](double t) { return -1.0 / (t * t); },
             [](Real a, Real b) { return -1.0L / (a * b); }}};
}

Function steep_tanh(double beta) {
    return {"tanh", [beta](double t) { return std::tanh(beta * t); },
            [beta](double t) {
                const double c = std::cosh(beta * t);
                return beta / (c * c);
            },
            [beta](Real a, Real b) { return beta * tanh_difference(beta * a, beta * b); }};
}

/// Occupations 1/(1 + exp βt) = ½ − ½ tanh(βt/2), with the slope written so that it never overflows.
Function fermi(double beta) {
    return {"Fermi",
            [beta](double t) {
                const double x = std::exp(-beta * std::abs(t));
                return t > 0.0 ? x / (1.0 + x) : 1.0 / (1.0 + x);
            },
            [beta](double t) {
                const double x = std::exp(-beta * std::abs(t));
                return -beta * x / ((1.0 + x) * (1.0 + x));
            },
            [beta](Real a, Real b) { return -0.25L * beta * tanh_difference(beta * a / 2, beta * b / 2); }};
}

std::vector<double> gaps() {
    std::vector<double> all;
    for (int e = 0; e <= 16; ++e) {
        for (const double digit : {1.0, 3.0}) all.push_back(digit * std::pow(10.0, -e));
    }
    return all;
}

}  // namespace

TEST_CASE("divided_difference: is exact to rounding at every gap for smooth functions") {
    for (const Function& function : smooth_functions()) {
        for (const double a : {0.7, 1.0, 2.3, 11.0}) {
            for (const double gap : gaps()) {
                for (const double b : {a + gap, a - gap / 8.0}) {
                    if (a == b) continue;
                    CAPTURE(std::string(function.name));
                    CAPTURE(a);
                    CAPTURE(gap);
                    const double got = divided_difference(function.f, function.f_prime, a, b);
                    const auto exact = static_cast<double>(function.difference(a, b));
                    // The nodes of the quadrature, and the arguments of the quotient, carry a rounding of eps·|a|,
                    // amplified by f″a/f′, which is at most 11 (exp) here.
                    CHECK(std::abs(got - exact) <= 30.0 * kEps * std::abs(exact));
                }
            }
        }
        CHECK(divided_difference(function.f, function.f_prime, 1.7, 1.7) == function.f_prime(1.7));
    }
}

TEST_CASE("divided_difference: is symmetric in its arguments") {
    for (const Function& function : smooth_functions()) {
        for (const double gap : gaps()) {
            const double forward = divided_difference(function.f, function.f_prime, 1.3, 1.3 + gap);
            const double backward = divided_difference(function.f, function.f_prime, 1.3 + gap, 1.3);
            CHECK(std::abs(forward - backward) <= 10.0 * kEps * std::abs(forward));
        }
    }
}

TEST_CASE("divided_difference: holds across steps of any steepness") {
    // Measured against the quotient's own unit, (|f(a)| + |f(b)|)/|a − b|, or the steepest slope, β, whichever is
    // smaller.
    for (const double beta : {1.0, 10.0, 100.0, 1e3, 1e4}) {
        for (const Function& function : {steep_tanh(beta), fermi(beta)}) {
            for (const double position : {-30.0, -6.0, -1.0, -0.1, 0.0, 0.2, 2.0, 15.0}) {
                for (const double gap : gaps()) {
                    const double a = position / beta, b = a + gap;
                    if (a == b) continue;
                    CAPTURE(std::string(function.name));
                    CAPTURE(beta);
                    CAPTURE(position);
                    CAPTURE(gap);
                    const double got = divided_difference(function.f, function.f_prime, a, b);
                    const auto exact = static_cast<double>(function.difference(a, b));
                    const double quotient = (std::abs(function.f(a)) + std::abs(function.f(b))) / std::abs(a - b);
                    // β·a up to 30 is rounded to eps·30 before f′ sees it.
                    CHECK(std::abs(got - exact) <= 50.0 * kEps * std::min(beta, quotient));
                }
            }
        }
    }
}

TEST_CASE("divided_difference: from values and slopes alone is good to eps^(2/3)") {
    for (const Function& function : smooth_functions()) {
        for (const double a : {0.7, 1.0, 2.3}) {
            for (const double gap : gaps()) {
                const double b = a + gap;
                if (a == b) continue;
                CAPTURE(std::string(function.name));
                CAPTURE(a);
                CAPTURE(gap);
                const double got =
                    divided_difference(a, function.f(a), function.f_prime(a), b, function.f(b), function.f_prime(b));
                const auto exact = static_cast<double>(function.difference(a, b));
                // The two errors, gap²f‴/12 and eps·|f|/gap, cross near gap = eps^(1/3).
                CHECK(std::abs(got - exact) <= 10.0 * std::pow(kEps, 2.0 / 3.0) * std::abs(exact));
            }
        }
        CHECK(divided_difference(1.7, function.f(1.7), function.f_prime(1.7), 1.7, function.f(1.7),
                                 function.f_prime(1.7)) == function.f_prime(1.7));
    }
}

TEST_CASE("divided_difference: values that are some eps off do not spoil the slope at tiny gaps") {
    for (const Function& function : smooth_functions()) {
        for (const double gap : {1e-9, 1e-12, 1e-15}) {
            const double a = 1.3, b = a + gap, off = 30.0 * kEps;
            const double got = divided_difference(a, function.f(a) * (1.0 + off), function.f_prime(a), b,
                                                  function.f(b) * (1.0 - off), function.f_prime(b));
            // The mean slope is exact to gap²; the quotient would be off by 60 eps·f/gap.
            CHECK(std::abs(got - function.f_prime(a)) <= 10.0 * gap * std::abs(function.f_prime(a)));
        }
    }
}

TEST_CASE("divided_difference: equal slopes on both sides of a step are not mistaken for it") {
    const double beta = 50.0;
    const auto f = [](double t) { return std::tanh(50.0 * t); };
    for (const double x : {1e-3, 1e-2, 0.1, 1.0}) {
        const double c = std::cosh(beta * x), slope = beta / (c * c);
        const double got = divided_difference(-x, f(-x), slope, x, f(x), slope);
        CHECK(std::abs(got - std::tanh(beta * x) / x) <= 1e4 * kEps * std::abs(got));
    }
}
