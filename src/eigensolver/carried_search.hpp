#pragma once
// What an earlier search for missed copies still proves, after the operator has changed.
#include "operator/counted.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

/// Of sign·C, C the operator at hand: at most `count` eigenvalues lie below `bound`.
struct CarriedSearch {
    Index count = 0;  // 0: nothing is known
    double bound = -std::numeric_limits<double>::infinity();
    double upper = std::numeric_limits<double>::infinity();  // above the spectrum; infinity: not known
    double norm = 0.0;                                       // below ‖C‖
    bool same_solve = false;  // C is the operator of that search, to rounding, and k the same: so is the guard
};

/// Moves the search that options.warm remembers to the operator at hand by Weyl's inequality: with
/// α ≤ xᴴ(sign·ΔA)x ≤ β for unit x, no eigenvalue falls by more than −α or rises by more than β.
///   stored entries on one pattern   α and β by Gershgorin's circles of ΔA: a proof, and no product
///   else                            −α = β = 1.65 ‖ΔA Ω‖_F, Ω eight fixed Gaussian columns: ‖ΔA Ω‖_F ≥ ‖ΔA‖ ‖vᴴΩ‖, v
///                                   the first singular vector, and ‖vᴴΩ‖ < 1/1.65 has probability 5e-5. Eight
///                                   products; two, if these show no change at all
///   A x = λ B x                     nothing, unless A and B have not changed beyond rounding
template <ScalarType S>
CarriedSearch carried_search(const Pencil<S>& pencil, CountedOperator<S>& A, const EigshOptions<S>& options,
                             double sign);

/// Writes the search of this solve, if there was one that found the set complete, into options.warm.
template <ScalarType S>
void remember_search(const Pencil<S>& pencil, CountedOperator<S>& A, const EigshOptions<S>& options,
                     const Eigenpairs<S>& pairs);

}  // namespace lambdabar
