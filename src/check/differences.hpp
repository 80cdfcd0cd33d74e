#pragma once
#include <lambdabar/check/law.hpp>
#include <lambdabar/types.hpp>

#include <functional>
#include <string>

namespace lambdabar {

/// A derivative by central differences, and how well a claimed slope agrees with it.
struct SlopeTest {
    double derivative = 0.0;  // f′(0), extrapolated
    double error = 0.0;       // of `derivative`, estimated
    double measured = 0.0;    // |derivative − slope| / size
    double tolerance = 0.0;   // what the differences can resolve, relative
    double order = 0.0;  // of |central difference − slope| at the smallest step above rounding; NaN: all at rounding
    bool passed = false;
};

/// Compares `slope` with f′(0) by Ridders' extrapolation of central differences at steps first_step·4⁻ʲ, j < 10
/// (Adv. Eng. Software 4, 1982): error terms h², h⁴, … are eliminated until rounding takes over, 20 evaluations.
/// `size` is a typical magnitude of f′: errors are relative to the largest of it, |slope| and |f′(0)|.
SlopeTest test_slope(const std::function<double(double)>& f, double slope, double size, double first_step);

/// sqrt(eps): relative error above which two numbers are called different where both carry unknown rounding.
double half_precision();

/// The numbers of a law in words: concatenates, 6 digits.
std::string words_of(double number);

}  // namespace lambdabar
