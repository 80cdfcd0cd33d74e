#pragma once
// Solves with a sparse L D Lᴴ, whoever computed it.
#include <lambdabar/types.hpp>

#include <vector>

namespace lambdabar {

/// Pᵀ L D Lᴴ P: L unit lower triangular by compressed columns with ascending rows, its diagonal not stored (skip = 0)
/// or in the first place of each column and ignored (skip = 1); row i of the matrix is row place[i] of the factor.
template <ScalarType S>
struct LdltView {
    const int* start;
    const int* row;
    const S* value;
    const int* place;
    const Eigen::VectorXd& diagonal;  // D
    const std::vector<int>& panels;   // of ldlt_panels()
    int skip = 0;
};

/// First columns of runs of at most four that share their rows (native::LdltFactors), and n.
std::vector<int> ldlt_panels(Index n, const int* start, const int* row, int skip);

/// x = (Pᵀ L D Lᴴ P)⁻¹ rhs, x may be rhs. Up to eight columns share the passes over L (12 or 20 bytes an entry), two of
/// them. The same bits for every number of threads.
template <ScalarType S>
void solve_ldlt(const LdltView<S>& factor, In<S> rhs, Out<S> x);

}  // namespace lambdabar
