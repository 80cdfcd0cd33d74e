#pragma once
// The pencils A x = λ B x on which factor-based solves are measured. Built serially, as problems.hpp says.
#include "problems.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <limits>
#include <optional>

namespace bench {

template <class S>
struct PencilProblem {
    std::string name;
    Eigen::SparseMatrix<S> A, B;
    lambdabar::Which which = lambdabar::Which::smallest;
    double sigma = std::numeric_limits<double>::quiet_NaN();  // for `nearest`
};

/// −div(c ∇u) = λ u on the unit cube, u = 0 on its boundary: linear tetrahedra, each of (N + 1)³ cells cut into the six
/// of Kuhn, N³ unknowns, consistent mass. c = 1 + 0.8 x + 0.5 y² + 0.3 sin(7 z) leaves no symmetry of the cube.
PencilProblem<double> tetrahedra_3d(int N);

/// A space frame of N³ nodes with six degrees of freedom each, Euler–Bernoulli beams between neighbours of varying
/// section, the lowest layer clamped: 6 N² (N − 1) unknowns, units of steel in metres. Lumped masses on the
/// displacements only, so half of the mass matrix is zero, as in bcsstm13. Condition about 1e8.
PencilProblem<double> space_frame(int N);

/// Bloch modes of a square lattice of rods (ε = 8.9, radius 0.2) at wave vector (kx, ky):
/// (∇ + ik)ᴴ(∇ + ik) u = λ ε u on an N×N periodic grid of bilinear elements.
PencilProblem<Complex> photonic_crystal(int N, double kx, double ky);

/// Stiffness and mass of bcsstk13/bcsstm13, and the photonic720 family at a wave vector, from the folder that the
/// environment variable LAMBDABAR_TEST_DATA names; nothing if it is not set.
std::optional<PencilProblem<double>> real_structure();
std::optional<PencilProblem<Complex>> real_photonic(double kx, double ky);

}  // namespace bench
