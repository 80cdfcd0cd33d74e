#pragma once
// The ellipse whose inside a Chebyshev polynomial damps (Manteuffel 1977; Saad, Math. Comp. 42, 1984).
#include <lambdabar/types.hpp>

#include <complex>
#include <vector>

namespace lambdabar {

/// A family of confocal ellipses around `center` with foci center ± √focal_square, on the real direction or, if
/// negative, on the imaginary one. The Chebyshev polynomials of degree d that belong to it are as large on one of these
/// ellipses as on any other point of it, but for a factor near one: about exp(d·growth).
struct DampingEllipse {
    std::complex<double> center;
    double focal_square = 0.0;

    /// log of the sum of the semi-axes of the confocal ellipse through z. Only differences mean anything.
    double growth(std::complex<double> z) const;
    /// The semi-axis, along the real direction, of the confocal ellipse with that growth.
    double real_semi_axis(double growth) const;
};

/// The points among `points` that no half-plane through the others contains in its inside: their convex hull.
std::vector<std::complex<double>> convex_hull(std::vector<std::complex<double>> points);

/// The ellipse that makes the difference of the least growth at `wanted` and the largest at `unwanted` (both nonempty)
/// large, found by a pattern search. `real`: the center is real.
DampingEllipse fit_ellipse(const std::vector<std::complex<double>>& unwanted,
                           const std::vector<std::complex<double>>& wanted, bool real);

}  // namespace lambdabar
