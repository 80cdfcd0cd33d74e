#pragma once
// Component lambdabar::hypre: link it, or find_package(lambdabar COMPONENTS hypre).
#include <lambdabar/operator/preconditioner.hpp>

namespace lambdabar {

struct MultigridOptions {
    double shift = 0.0;              // the cycle approximates (A − shift·I)⁻¹: below the spectrum
    double strong_threshold = 0.25;  // entries coupled more strongly than this part of a row's largest: 0.25 for planar
                                     // problems, about 0.5 in space
    int sweeps = 1;                  // of the smoother, before and after each coarse correction
};

/// One V-cycle of hypre's algebraic multigrid, BoomerAMG (Henson and Yang, Appl. Numer. Math. 41, 2002), with a forward
/// l1-Gauss–Seidel smoother on the way down and a backward one on the way up: symmetric and, as A − shift is, positive
/// definite. For matrices of elliptic problems its quality does not depend on their size. Works on one column after the
/// other, in this process alone; hypre is called by one thread at a time.
///
/// hypre needs MPI, which is initialized here unless it is already, and then finalized at exit.
/// Throws std::invalid_argument where A − shift has a diagonal entry ≤ 0, std::runtime_error where hypre fails.
Preconditioner<double> multigrid(const SparseHermitian<double>& A, const MultigridOptions& options = {});

}  // namespace lambdabar
