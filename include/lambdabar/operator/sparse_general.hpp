#pragma once
#include <lambdabar/operator/concepts.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <Eigen/SparseCore>

#include <memory>
#include <utility>
#include <vector>

namespace lambdabar {

/// A square sparse matrix without symmetry as a block operator with its adjoint.
///
/// A view: the Eigen matrix must be compressed and must outlive it (a temporary is taken over). A product only
/// gathers, so that it runs on all threads with one result; for that the entries are held a second time, by the other
/// order (12 bytes an entry, complex 20). After changing values in place call refresh().
///
/// Construction throws std::invalid_argument, naming the entry, if the matrix is not square, not compressed, has
/// unsorted or repeated indices, or an entry that is not finite.
template <ScalarType S>
class SparseGeneral {
public:
    using Scalar = S;

    template <int Order>
    explicit SparseGeneral(const Eigen::SparseMatrix<S, Order, int>& M) {
        attach({M.rows(), M.cols(), M.isCompressed(), Order == Eigen::RowMajor, M.valuePtr(), M.outerIndexPtr(),
                M.innerIndexPtr()});
    }
    template <int Order>
    explicit SparseGeneral(Eigen::SparseMatrix<S, Order, int>&& M)
        : owned_(std::make_unique<Eigen::SparseMatrix<S>>(std::move(M))) {
        owned_->makeCompressed();
        attach({owned_->rows(), owned_->cols(), true, false, owned_->valuePtr(), owned_->outerIndexPtr(),
                owned_->innerIndexPtr()});
    }

    // The pattern may point into this object's own matrix: movable, not copyable.
    SparseGeneral(SparseGeneral&&) noexcept = default;
    SparseGeneral& operator=(SparseGeneral&&) noexcept = default;

    Index rows() const { return n_; }
    /// Number of stored entries, and their positions in the caller's order.
    Index stored_entries() const { return pattern_.size(); }
    const StoredPattern& pattern() const { return pattern_; }
    const S* stored_values() const { return values_; }
    /// Row and column of the stored entry at position e of the outer index o.
    std::pair<Index, Index> position(Index o, int e) const {
        const Index i = pattern_.inner[e];
        return pattern_.row_major ? std::pair{o, i} : std::pair{i, o};
    }

    /// Y = A X and Y = Aᴴ X. Traffic: the matrix once per 8 columns, X and Y once.
    void apply(In<S> X, Out<S> Y) const;
    void apply_adjoint(In<S> X, Out<S> Y) const;

    /// Y = scale·(A X − shift X) − beta·Y, or the same with Aᴴ, in the same pass; Y is not read when beta = 0.
    void apply_shifted(bool adjoint, In<S> X, S shift, double scale, double beta, Out<S> Y) const;

    /// Takes over values changed in place (same pattern); checks them as construction does.
    void refresh();

private:
    struct Storage {
        Index rows, cols;
        bool compressed, row_major;
        const S* values;
        const int* start;
        const int* inner;
    };
    void attach(const Storage& storage);

    std::unique_ptr<Eigen::SparseMatrix<S>> owned_;
    Index n_ = 0;
    const S* values_ = nullptr;
    StoredPattern pattern_;
    // The same entries with outer and inner index exchanged: entry e of these is stored entry source_[e].
    std::vector<int> other_start_, other_inner_, source_;
    std::vector<S> other_value_;
};

template <class S, int Order>
SparseGeneral(const Eigen::SparseMatrix<S, Order, int>&) -> SparseGeneral<S>;
template <class S, int Order>
SparseGeneral(Eigen::SparseMatrix<S, Order, int>&&) -> SparseGeneral<S>;

}  // namespace lambdabar
