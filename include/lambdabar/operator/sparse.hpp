#pragma once
#include <lambdabar/operator/concepts.hpp>

#include <Eigen/SparseCore>

#include <memory>
#include <utility>
#include <vector>

namespace lambdabar {

namespace native {
struct Rows;
struct Source;
}  // namespace native

/// Which part of a Hermitian matrix its sparse storage holds.
enum class Triangle { lower, upper, both };

/// How a gradient with respect to stored entries is to be read (mathematics.md, section 1).
///   full   entry (r, c) is Ā_rc, so dφ = Re Σ conj(Ā_rc) dA_rc over all stored entries of both triangles
///   lower  the stored triangle holds the independent entries: off-diagonal values are doubled, the
///          diagonal is real, dφ = Re Σ conj(g_rc) dA_rc over the stored triangle
enum class Convention { full, lower };

/// The stored positions of a compressed sparse matrix, in the order of its value array.
struct StoredPattern {
    const int* start = nullptr;  // outer + 1 offsets
    const int* inner = nullptr;
    Index outer = 0;
    bool row_major = false;  // outer index is the row
    Index size() const { return outer == 0 ? 0 : start[outer]; }
};

/// A sparse Hermitian matrix, stored by one triangle or both, as a block operator.
///
/// A view: the Eigen matrix must be compressed and must outlive it. Stored by both triangles nothing is
/// copied; stored by one, its mirror image is added once (nnz values and column numbers), because a
/// product that only gathers runs on all threads with one result. After changing values in place call
/// refresh().
///
/// Construction throws std::invalid_argument, naming the entry, if the matrix is not square, not
/// compressed, has an entry that is not finite, a diagonal that is not real, or triangles that are not
/// conjugates of each other (`tolerance` relative to the largest entry; complex symmetric data is named).
template <ScalarType S>
class SparseHermitian {
public:
    using Scalar = S;

    template <int Order, class StorageIndex>
    explicit SparseHermitian(const Eigen::SparseMatrix<S, Order, StorageIndex>& M, double tolerance = 1e-14)
        : tolerance_(tolerance) {
        attach({M.rows(), M.cols(), M.isCompressed(), M.nonZeros(), Order == Eigen::RowMajor, M.valuePtr(),
                narrow(M.outerIndexPtr(), M.outerSize() + 1, outer_copy_),
                narrow(M.innerIndexPtr(), M.isCompressed() ? M.nonZeros() : 0, inner_copy_)});
    }
    template <int Order, class StorageIndex>
    explicit SparseHermitian(Eigen::SparseMatrix<S, Order, StorageIndex>&& M, double tolerance = 1e-14)
        : owned_(std::make_unique<Eigen::SparseMatrix<S>>(std::move(M))), tolerance_(tolerance) {
        owned_->makeCompressed();
        attach({owned_->rows(), owned_->cols(), true, owned_->nonZeros(), false, owned_->valuePtr(),
                owned_->outerIndexPtr(), owned_->innerIndexPtr()});
    }

    // The pattern may point into this object's own arrays: movable, not copyable.
    SparseHermitian(SparseHermitian&&) noexcept = default;
    SparseHermitian& operator=(SparseHermitian&&) noexcept = default;

    Index rows() const { return n_; }
    Triangle triangle() const { return triangle_; }
    /// Number of stored entries, and their positions in the caller's order.
    Index stored_entries() const { return pattern_.size(); }
    const StoredPattern& pattern() const { return pattern_; }
    const S* stored_values() const { return values_; }
    /// Row and column of the stored entry at position e of the outer index o.
    std::pair<Index, Index> position(Index o, int e) const {
        const Index i = pattern_.inner[e];
        return pattern_.row_major ? std::pair{o, i} : std::pair{i, o};
    }

    /// Y = A X. Traffic: the matrix once per 8 columns, X and Y once.
    void apply(In<S> X, Out<S> Y) const;
    void apply_fused(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, Out<S> Y) const;
    /// Y = scale·(A X − X diag(shift)) − beta·Y + R diag(weight), a three-term recurrence with a source, in one pass; Y
    /// is not read when beta = 0.
    void apply_recurrence(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, In<S> R,
                          const Eigen::VectorXd& weight, Out<S> Y) const;
    /// Complete rows, in place, for kernels.
    native::Rows complete_rows() const;
    /// Entries of both triangles.
    Index nonzeros() const { return triangle_ == Triangle::both ? pattern_.size() : std::ssize(full_value_); }

    /// The diagonal (zero where not stored), for a Jacobi preconditioner.
    Eigen::VectorXd diagonal() const;

    /// Takes over values changed in place (same pattern); checks them as construction does.
    void refresh();

private:
    struct Storage {
        Index rows, cols;
        bool compressed;
        Index entries;
        bool row_major;
        const S* values;
        const int* start;
        const int* inner;
    };
    static const int* narrow(const int* indices, Index, std::vector<int>&) { return indices; }
    template <class StorageIndex>
    static const int* narrow(const StorageIndex* indices, Index count, std::vector<int>& copy) {
        copy.resize(static_cast<std::size_t>(count));
        for (Index i = 0; i < count; ++i)
            copy[static_cast<std::size_t>(i)] = checked_int(static_cast<Index>(indices[i]));
        return copy.data();
    }
    static int checked_int(Index value);
    void attach(const Storage& storage);
    void find_triangle();
    void multiply(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, const native::Source& source,
                  Out<S> Y) const;
    void check_values() const;
    void check_hermitian() const;
    void mirror();

    std::unique_ptr<Eigen::SparseMatrix<S>> owned_;
    double tolerance_;
    Index n_ = 0;
    Triangle triangle_ = Triangle::both;
    const S* values_ = nullptr;
    StoredPattern pattern_;
    std::vector<int> outer_copy_, inner_copy_;
    // Complete rows, used when only one triangle is stored.
    std::vector<int> full_start_, full_column_;
    std::vector<S> full_value_;
};

template <class S, int Order, class StorageIndex>
SparseHermitian(const Eigen::SparseMatrix<S, Order, StorageIndex>&) -> SparseHermitian<S>;
template <class S, int Order, class StorageIndex>
SparseHermitian(Eigen::SparseMatrix<S, Order, StorageIndex>&&) -> SparseHermitian<S>;

}  // namespace lambdabar
