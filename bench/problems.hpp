#pragma once
// The matrices on which lambdabar is measured, built serially: no OpenMP region is opened, so a caller may fork
// afterwards. Both triangles are stored, compressed, with 32-bit indices.
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

#include <cstdint>
#include <string>

namespace bench {

using lambdabar::Index;
using Complex = std::complex<double>;

template <class S>
struct Problem {
    std::string name;
    Eigen::SparseMatrix<S> A;
    Eigen::VectorXd exact =
        {};  // the lowest eigenvalues by closed form, ascending with multiplicity; empty: none known
};

/// 7-point Laplacian on N³ points, Dirichlet: 6 on the diagonal, −1 to each neighbour inside.
/// λ = Σ_d (2 − 2 cos(π i_d/(N + 1))), i_d = 1 … N: the spectrum starts 1, 3-fold, 3-fold, 3-fold.
Problem<double> laplacian_3d(int N);

/// 5-point Laplacian on N² points, Dirichlet.
Problem<double> laplacian_2d(int N);

/// Anderson model on an N³ torus (periodic in all directions): −1 to each of 6 neighbours, diagonal independent and
/// uniform in [−disorder, disorder]. Needs N ≥ 3. At disorder 8 the lowest states are localized: simple eigenvalues.
Problem<double> anderson_3d(int N, double disorder, std::uint64_t seed = 1);

/// Hofstadter model on N² points, open boundary, Landau gauge: −1 to the neighbours in x, −exp(±2πi·flux·x) to
/// those in y; diagonal uniform in [−disorder, disorder]. The lowest states lie in the tail of the lowest Landau band,
/// where the spacing is set by the disorder.
Problem<Complex> hofstadter(int N, double flux, double disorder, std::uint64_t seed = 1);

}  // namespace bench
