#pragma once
#include <lambdabar/block/kernels.hpp>

#include <functional>

namespace lambdabar {

/// A block Krylov decomposition of an operator C without symmetry (Stewart, SIAM J. Matrix Anal. Appl. 23, 2001):
///
///     C V = V H + V₊ E,    [V V₊] orthonormal,  V n×m,  H m×m,  V₊ n×b,  E b×m
///
/// Whatever is done to it, this equation holds: expand() adds V₊ to V, restart() keeps a subspace that C maps into
/// itself up to V₊ (span of Schur vectors), forget_residual() replaces V₊ where E is as good as zero.
///
/// Cost of an expansion, b = 1: one product and 2 passes over V, 3 where the first orthogonalization left more than
/// rounding (classical Gram–Schmidt; the pass that projects also measures what is left). Wider blocks: 6 passes.
template <ScalarType T>
class KrylovDecomposition {
public:
    using Apply = std::function<void(In<T> X, Out<T> Y)>;

    /// Room for `capacity` vectors in V, and for V₊ beside them.
    KrylovDecomposition(Apply C, Index n, Index capacity, Index block, std::uint64_t seed, const Sum& sum);

    /// V empty, V₊ an orthonormal basis of the columns of `next` (overwritten); random directions for what vanishes.
    void start(Block<T> next);

    /// V ← [V V₊]. False, and nothing done, if V spans the whole space already or there is no room.
    bool expand();
    bool room() const { return next_ > 0 && m_ + next_ <= capacity_; }

    /// V ← V Z with orthonormal Z (m×p), whose span must be invariant under H.
    void restart(const Matrix<T>& Z);

    /// Sets E to zero and V₊ to a random block of `block` columns orthogonal to V.
    void forget_residual(Index block);

    Index size() const { return m_; }
    Index block() const { return next_; }  // b; 0: V spans the whole space
    Index products() const { return products_; }
    auto H() const { return H_.topLeftCorner(m_, m_); }
    auto E() const { return E_.topLeftCorner(next_, m_); }
    ConstBlockRef<T> V() const { return V_.leftCols(m_); }
    ConstBlockRef<T> next() const { return V_.middleCols(m_, next_); }
    void apply(In<T> X, Out<T> Y) {
        products_ += X.cols();
        C_(X, Y);
    }

private:
    Apply C_;
    Index n_, global_n_, capacity_, block_;
    std::uint64_t seed_;
    const Sum& sum_;
    Block<T> V_;
    Matrix<T> H_, E_;
    Index m_ = 0, next_ = 0, products_ = 0;
};

}  // namespace lambdabar
