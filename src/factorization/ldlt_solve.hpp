#pragma once
// Solves with a sparse L D Lᴴ, whoever computed it.
#include "factorization/ldlt_tree.hpp"

namespace lambdabar {

/// Pᵀ L D Lᴴ P, the rows and columns of L as its tree's pattern had them.
template <ScalarType S>
struct LdltView {
    const int* start;
    const S* value;
    const Eigen::VectorXd& diagonal;  // D
    const LdltTree& tree;
    int skip = 0;
    double least_shared = 1e6;  // entries a pass; with fewer, waiting for each other costs threads more than they share
};

/// x = (Pᵀ L D Lᴴ P)⁻¹ rhs, x may be rhs. Up to sixteen columns share the passes over L (9 or 17 bytes an entry of a
/// wide supernode), two of them; threads share the tree. The same bits for every number of threads.
template <ScalarType S>
void solve_ldlt(const LdltView<S>& factor, In<S> rhs, Out<S> x);

}  // namespace lambdabar
