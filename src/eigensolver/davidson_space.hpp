#pragma once
#include "block/metric.hpp"
#include "operator/counted.hpp"

namespace lambdabar {

/// The search space of a Davidson method: a basis V, orthonormal in ⟨x, y⟩ = xᴴBy, its images A V, and G = Vᴴ A V. One
/// product for each new vector; residuals are combinations of what is held. Memory: 2·capacity vectors.
template <ScalarType S>
class DavidsonSpace {
public:
    /// Keeps references to all but the numbers.
    DavidsonSpace(CountedOperator<S>& A, const Metric<S>& metric, Index capacity, std::uint64_t seed, const Sum& sum);

    Index size() const { return m_; }
    /// Vectors that fit, without those set aside.
    Index capacity() const { return V_.cols() - aside_; }
    ConstBlockRef<S> vectors() const { return V_.leftCols(m_); }
    auto projected() const { return G_.topLeftCorner(m_, m_); }

    /// V ← [V T], T orthonormalized against V, which changes it; `what` names T if it is not finite. Returns how many
    /// columns had a direction that V does not hold. Products: one for each.
    Index append(Block<S>& T, std::string_view what);

    /// The columns from `first` on ← those times C, whose columns are orthonormal.
    void compress(Index first, const Matrix<S>& C);

    /// R = A V C − B V D, for C and D with as many rows as V has columns. B ≠ I: one product with B a column.
    void residuals(const Matrix<S>& C, const Matrix<S>& D, Block<S>& R);

    /// T = V C
    void combine(const Matrix<S>& C, Block<S>& T) const;

    /// Orthonormality and images anew, m products: rotations leave rounding in both.
    void refresh();

    /// Vectors from `first` on leave the space, and return: for a search in the complement of the others.
    void set_aside(Index first);
    void take_back(Index first);

    /// No vector is left.
    void clear() { m_ = 0; }

    /// Frees the storage.
    void release();

private:
    Matrix<S> orthonormalize_independent(Block<S>& U, std::string_view what);

    CountedOperator<S>& A_;
    const Metric<S>& metric_;
    const Sum& sum_;
    std::uint64_t seed_;
    Block<S> V_, AV_;
    Matrix<S> G_;
    Index m_ = 0;
    Index aside_ = 0;     // vectors at the end of V and AV that are not part of the space
    Matrix<S> G_before_;  // G with them
    Block<S> BW_, T_;     // scratch: of the metric; T and V D
    std::uint64_t appended_ = 0;
};

/// R ← the coordinates of `more` made orthonormal and orthogonal to the orthonormal columns of `kept`: [kept, R].
template <ScalarType S>
Matrix<S> with_orthonormal(const Matrix<S>& kept, const Matrix<S>& more);

}  // namespace lambdabar
