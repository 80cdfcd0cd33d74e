#pragma once
#include <lambdabar/types.hpp>

#include <functional>

namespace lambdabar {

/// f[a, b] = (f(a) − f(b))/(a − b), f′(a) for a = b, without cancellation: Gauss–Legendre quadrature of
/// ∫₀¹ f′(a + t(b − a)) dt where a second rule agrees to rounding, the quotient elsewhere. Good to some eps of the
/// smaller of the quotient's unit (|f(a)| + |f(b)|)/|a − b| and the steepest slope nearby.
double divided_difference(const std::function<double(double)>& f, const std::function<double(double)>& f_prime,
                          double a, double b);

/// The same from values and slopes at a and b only: the mean slope where its error is below the quotient's rounding,
/// the quotient elsewhere. Worst relative error about eps^(2/3).
double divided_difference(double a, double f_a, double slope_a, double b, double f_b, double slope_b);

}  // namespace lambdabar
