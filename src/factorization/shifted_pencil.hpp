#pragma once
#include <lambdabar/operator/sparse.hpp>

#include <Eigen/SparseCore>

namespace lambdabar {

/// The lower triangle of A − σB for any σ, on the union of the patterns of A and B and the diagonal: compressed,
/// column-major, sorted, the diagonal first in each column and real. B = nullptr is the identity. The values of A and
/// B are copied: memory 2 scalars and 1 integer for each entry, one scalar more with B.
template <ScalarType S>
class ShiftedPencil {
public:
    /// Cost: a counting sort, O(nnz(A) + nnz(B) + n). Throws std::invalid_argument if the sizes of A and B differ, or
    /// there are no rows.
    explicit ShiftedPencil(const SparseHermitian<S>& A, const SparseHermitian<S>* B = nullptr);

    /// Takes over other values. True if the pattern of A − σB is the same, entry by entry, as it was: a symbolic
    /// analysis stays valid. The storage (which triangle, which order) may differ.
    bool update(const SparseHermitian<S>& A, const SparseHermitian<S>* B = nullptr);

    Index rows() const { return shifted_.rows(); }
    /// Memory held, in bytes.
    double bytes() const;

    /// The lower triangle of A − σB: one pass over the stored values. The reference stays valid and the pattern
    /// unchanged until the next call of update(). Throws std::invalid_argument if σ is not finite.
    const Eigen::SparseMatrix<S>& at(double sigma);

    const Eigen::SparseMatrix<S>& matrix() const { return shifted_; }

private:
    Eigen::SparseMatrix<S> shifted_;
    Vector<S> a_, b_;  // values of A and of B at the entries of shifted_; b_ is empty for the identity
};

extern template class ShiftedPencil<double>;
extern template class ShiftedPencil<std::complex<double>>;

}  // namespace lambdabar
