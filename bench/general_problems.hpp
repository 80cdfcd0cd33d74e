#pragma once
// Operators without symmetry. Built serially, as problems.hpp says.
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

#include <string>

namespace bench {

using lambdabar::Index;
using lambdabar::ScalarType;

template <class S>
struct GeneralProblem {
    std::string name;
    Eigen::SparseMatrix<S> A;
};

/// The Brusselator with diffusion on an m×m grid, two unknowns a point, linearized at its steady state (the matrices
/// rdb* of the NEP collection; Bai, Day, Demmel & Dongarra 1997): n = 2m². The grid of rdb1250 is m = 25.
GeneralProblem<double> brusselator(int m);

/// Δu − c·∇u on the unit square, u = 0 on its boundary, central differences on N×N points, wind c = (10, 5).
GeneralProblem<double> convection_diffusion(int N);

/// The same with gain and loss, + i 60 x u: complex.
GeneralProblem<std::complex<double>> gain_and_loss(int N);

}  // namespace bench
