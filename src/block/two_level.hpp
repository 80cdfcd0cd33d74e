#pragma once
// The passes of a step of two-level conjugate gradients (projected_solver/shift_invert_cg.hpp), fused: apart they read
// and write each block of columns two or three times. Costs in vectors, as in kernels.hpp.
#include <lambdabar/block/kernels.hpp>

namespace lambdabar {

template <ScalarType S>
struct TwoLevelSums {
    Matrix<S> XBZ, ER;        // Xᴴ(BZ) (k×b), EᴴR (e×b)
    Eigen::VectorXd zbz, zr;  // Re z_jᴴ(Bz)_j, Re z_jᴴr_j
};

/// One reduction for all. Reads k + e + 3b vectors. Throws as gram() does, `what` names Z.
template <ScalarType S>
TwoLevelSums<S> two_level_sums(ConstBlockRef<S> X, ConstBlockRef<S> E, ConstBlockRef<S> Z, ConstBlockRef<S> BZ,
                               ConstBlockRef<S> R, const Sum& sum, std::string_view what);

/// V C
template <ScalarType S>
struct BlockProduct {
    ConstBlockRef<S> V;
    const Matrix<S>& C;
};

/// P ← Z + P diag(beta) + Σ V C, Q ← R + BZ diag(shift) + Q diag(beta) + Σ V C; returns Re p_jᴴq_j. Reads 5b vectors
/// and all V, writes 2b.
template <ScalarType S>
Eigen::VectorXd two_level_directions(BlockRef<S> P, BlockRef<S> Q, const Eigen::VectorXd& beta, ConstBlockRef<S> Z,
                                     const BlockProduct<S> (&into_P)[2], ConstBlockRef<S> R, ConstBlockRef<S> BZ,
                                     const Eigen::VectorXd& shift, const BlockProduct<S> (&into_Q)[2], const Sum& sum,
                                     std::string_view what);

}  // namespace lambdabar
