#pragma once
// The kernels every algorithm is written in. Algorithms never index a vector entry: they call these,
// so threads, SIMD, layout and the global sum live here and nowhere else.
//
// Reductions add fixed partitions of the rows in a fixed order: the result does not depend on the
// number of threads, bit for bit. Costs are given in vector reads/writes (n scalars each).
#include <lambdabar/block/sum.hpp>
#include <lambdabar/types.hpp>

#include <cstdint>
#include <string_view>

namespace lambdabar {

/// Vᴴ W (m×b), summed over all processes. Reads m + b vectors.
/// Throws std::invalid_argument naming the column and row if the result is not finite; `what` names
/// the block W in that sentence.
template <ScalarType S>
Matrix<S> gram(ConstBlockRef<S> V, ConstBlockRef<S> W, const Sum& sum = {}, std::string_view what = "block");

/// The b inner products x_jᴴ y_j. Reads 2b vectors.
template <ScalarType S>
Vector<S> dots(ConstBlockRef<S> X, ConstBlockRef<S> Y, const Sum& sum = {}, std::string_view what = "block");

/// The b norms ‖x_j‖. Reads b vectors.
template <ScalarType S>
Eigen::VectorXd norms(ConstBlockRef<S> X, const Sum& sum = {}, std::string_view what = "block");

/// Y += V C with C of size m×b. Reads m + b, writes b vectors.
template <ScalarType S>
void add_product(BlockRef<S> Y, ConstBlockRef<S> V, const Matrix<S>& C);

/// Y = V C with C of size m×q. Reads m, writes q vectors.
template <ScalarType S>
void set_product(BlockRef<S> Y, ConstBlockRef<S> V, const Matrix<S>& C);

/// V(:, 0:q) = V C in place, C of size m×q with q ≤ m. Reads m, writes q vectors, needs no storage.
template <ScalarType S>
void rotate(BlockRef<S> V, const Matrix<S>& C);

/// W −= V C, then Vᴴ W, in one pass over V: half the traffic of the two calls. Reads m + b, writes b.
template <ScalarType S>
Matrix<S> project_and_gram(BlockRef<S> W, ConstBlockRef<S> V, const Matrix<S>& C, const Sum& sum = {},
                           std::string_view what = "block");

/// Y += X diag(a). Reads 2b, writes b vectors.
template <ScalarType S>
void add_scaled(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a);

/// Y = X + Y diag(a). Reads 2b, writes b vectors.
template <ScalarType S>
void scale_and_add(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a);

/// Y = X. Reads b, writes b vectors.
template <ScalarType S>
void copy(BlockRef<S> Y, ConstBlockRef<S> X);

/// Y = Y diag(a). Reads and writes b vectors.
template <ScalarType S>
void scale_columns(BlockRef<S> Y, const Eigen::VectorXd& a);

/// One descent step of CG: X += P diag(a), R −= Q diag(a), returns the new ‖r_j‖. Reads 4b, writes 2b vectors.
template <ScalarType S>
Eigen::VectorXd descend(BlockRef<S> X, BlockRef<S> R, ConstBlockRef<S> P, ConstBlockRef<S> Q, const Eigen::VectorXd& a,
                        const Sum& sum = {}, std::string_view what = "block");

/// Y += X diag(a), returns the new ‖y_j‖. Reads 2b, writes b vectors: the second half of a Lanczos step.
template <ScalarType S>
Eigen::VectorXd add_scaled_and_norms(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a, const Sum& sum = {},
                                     std::string_view what = "block");

/// Y += X diag(a), returns Re v_jᴴy_j of the new Y. Reads 3b, writes b vectors: the first half of a Lanczos step.
template <ScalarType S>
Eigen::VectorXd add_scaled_and_dots(BlockRef<S> Y, ConstBlockRef<S> X, const Eigen::VectorXd& a, ConstBlockRef<S> V,
                                    const Sum& sum = {}, std::string_view what = "block");

/// Factors of minres_update(), one of each for every column.
struct MinresFactors {
    Eigen::VectorXd v, w1, w2;  // of V, W₁ and W₂ in the new direction
    Eigen::VectorXd step;       // of the new direction in X
};

/// W₁ ← V diag(v) + W₁ diag(w1) + W₂ diag(w2), then X += W₁ diag(step): the direction and the solution of one step of
/// MINRES, with (v, w1, w2, step) = (1, −ε, −δ, φγ)/γ in the names of Paige & Saunders (SIAM J. Numer. Anal. 12, 1975).
/// Reads 4b, writes 2b vectors; five separate calls read 11b and write 5b.
template <ScalarType S>
void minres_update(BlockRef<S> X, BlockRef<S> W1, ConstBlockRef<S> W2, ConstBlockRef<S> V,
                   const MinresFactors& factors);

/// An n×b block of zeros, first touched by the threads that will work on it. (GCC turns Eigen's Zero() into calloc,
/// whose shared zero page makes every first update of a page a fault that interrupts the other threads: 7 µs a page.)
template <ScalarType S>
Block<S> zeros(Index n, Index b);

/// The row-major copy of a column-major matrix.
template <ScalarType S>
Block<S> to_block(const Matrix<S>& X);

/// Entry (r, c) is a standard normal number that depends on (seed, global row, stream + c) only.
template <ScalarType S>
void fill_random(BlockRef<S> X, std::uint64_t seed, std::uint64_t stream, const Sum& sum = {});

/// Makes the columns of W orthonormal and orthogonal to the orthonormal columns of V (Gram–Schmidt on
/// blocks, repeated until the loss of orthogonality is at rounding; Cholesky QR within W). Directions
/// that vanish are replaced by random ones; only when V and W together would exceed the global
/// dimension are columns dropped. Returns the number of columns of W that are valid.
template <ScalarType S>
Index orthonormalize(BlockRef<S> W, ConstBlockRef<S> V, std::uint64_t seed, const Sum& sum = {},
                     std::string_view what = "block");

}  // namespace lambdabar
