#pragma once
// Hermitian m×m matrices as real vectors, isometrically: Re tr(UᴴG) = u·g. For (a, b) with b ≤ a, row by row: G_aa, or
// √2 Re G_ab followed, for complex scalars, by √2 Im G_ab. m(m + 1)/2 coordinates, complex m².
#include <lambdabar/types.hpp>

#include <cmath>
#include <numbers>

namespace lambdabar {

template <ScalarType S>
constexpr Index coordinate_count(Index m) {
    return std::same_as<S, double> ? m * (m + 1) / 2 : m * m;
}

/// Coordinates of the Hermitian part of G (m×m).
template <ScalarType S>
Eigen::VectorXd to_coordinates(const Matrix<S>& G) {
    const Index m = G.rows();
    Eigen::VectorXd g(coordinate_count<S>(m));
    Index at = 0;
    for (Index a = 0; a < m; ++a) {
        for (Index b = 0; b < a; ++b) {
            const S entry = 0.5 * (G(a, b) + Eigen::numext::conj(G(b, a)));
            g(at++) = std::numbers::sqrt2 * std::real(entry);
            if constexpr (!std::same_as<S, double>) g(at++) = std::numbers::sqrt2 * std::imag(entry);
        }
        g(at++) = std::real(G(a, a));
    }
    return g;
}

/// The m×m matrix of the coordinates g.
template <ScalarType S>
Matrix<S> from_coordinates(const Eigen::VectorXd& g, Index m) {
    Matrix<S> G(m, m);
    Index at = 0;
    for (Index a = 0; a < m; ++a) {
        for (Index b = 0; b < a; ++b) {
            if constexpr (std::same_as<S, double>) {
                G(a, b) = g(at) / std::numbers::sqrt2;
            } else {
                G(a, b) = S{g(at), g(at + 1)} / std::numbers::sqrt2;
            }
            at += std::same_as<S, double> ? 1 : 2;
            G(b, a) = Eigen::numext::conj(G(a, b));
        }
        G(a, a) = g(at++);
    }
    return G;
}

}  // namespace lambdabar
