#include "block/native.hpp"
#include "block/real_view.hpp"
#include "sentence.hpp"

#include <lambdabar/operator/sparse.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lambdabar {

namespace {

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
    refuse_input<17>("SparseHermitian: ", parts...);
}

template <class S>
S conjugate(const S& a) {
    if constexpr (std::same_as<S, double>) {
        return a;
    } else {
        return std::conj(a);
    }
}

}  // namespace

template <ScalarType S>
int SparseHermitian<S>::checked_int(Index value) {
    if (value > std::numeric_limits<int>::max()) {
        refuse("index or entry count ", value, " exceeds the 32-bit limit ", std::numeric_limits<int>::max());
    }
    return static_cast<int>(value);
}

template <ScalarType S>
void SparseHermitian<S>::attach(const Storage& storage) {
    if (storage.rows != storage.cols) refuse("the matrix is ", storage.rows, "×", storage.cols, ", not square");
    if (!storage.compressed) refuse("the matrix is not compressed; call makeCompressed() first");
    n_ = storage.rows;
    values_ = storage.values;
    pattern_ = {storage.start, storage.inner, n_, storage.row_major};
    find_triangle();
    refresh();
}

template <ScalarType S>
void SparseHermitian<S>::refresh() {
    check_values();
    if (triangle_ == Triangle::both) {
        check_hermitian();
    } else {
        mirror();
    }
}

template <ScalarType S>
void SparseHermitian<S>::find_triangle() {
    bool below = false, above = false;
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            if (e > pattern_.start[o] && pattern_.inner[e - 1] >= pattern_.inner[e]) {
                refuse("the entries of ", pattern_.row_major ? "row " : "column ", o,
                       " are not sorted or repeat index ", pattern_.inner[e]);
            }
            const auto [row, column] = position(o, e);
            below |= row > column;
            above |= row < column;
        }
    }
    triangle_ = below && above ? Triangle::both : (above ? Triangle::upper : Triangle::lower);
}

template <ScalarType S>
void SparseHermitian<S>::check_values() const {
    double largest = 0.0;
    for (Index e = 0; e < pattern_.size(); ++e) largest = std::max(largest, std::abs(values_[e]));
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            const auto [row, column] = position(o, e);
            if (!std::isfinite(std::abs(values_[e]))) refuse("entry (", row, ", ", column, ") is ", values_[e]);
            // In two-triangle storage check_hermitian() looks at the diagonal too, and can say more.
            if (triangle_ != Triangle::both && row == column &&
                std::abs(values_[e] - conjugate(values_[e])) > 2.0 * tolerance_ * largest) {
                refuse("the matrix is not Hermitian: diagonal entry ", row, " is ", values_[e]);
            }
        }
    }
}

// Walks the entries (i, o) in order of o; the mirror image of each is then the next unvisited entry of
// outer index i, so one cursor per index replaces a search: O(nnz).
template <ScalarType S>
void SparseHermitian<S>::check_hermitian() const {
    double largest = 0.0;
    for (Index e = 0; e < pattern_.size(); ++e) largest = std::max(largest, std::abs(values_[e]));
    const double tolerance = tolerance_ * largest;
    std::vector<int> cursor(pattern_.start, pattern_.start + n_);
    Index row = -1, column = -1;
    S found{}, image{};
    bool complex_symmetric = true;
    const auto compare = [&](Index r, Index c, const S& a, const S& b) {
        complex_symmetric = complex_symmetric && std::abs(a - b) <= tolerance;
        if (row < 0 && std::abs(a - conjugate(b)) > tolerance) {
            row = r, column = c, found = a, image = b;
        }
    };
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            const int i = pattern_.inner[e];
            int& c = cursor[static_cast<std::size_t>(i)];
            for (; c < pattern_.start[i + 1] && pattern_.inner[c] < o; ++c)
                compare(i, pattern_.inner[c], values_[c], S{0});
            const bool stored = c < pattern_.start[i + 1] && pattern_.inner[c] == o;
            compare(o, i, values_[e], stored ? values_[c] : S{0});
            if (stored) ++c;
        }
    }
    if (row < 0) return;
    if (!pattern_.row_major) std::swap(row, column);
    const char* kind = std::same_as<S, double> ? "not symmetric"
                       : complex_symmetric     ? "complex symmetric, not Hermitian"
                                               : "not Hermitian";
    if (row == column) refuse("the matrix is ", kind, ": diagonal entry ", row, " is ", found, ", not real");
    refuse("the matrix is ", kind, ": entry (", row, ", ", column, ") is ", found, " and entry (", column, ", ", row,
           ") is ", image);
}

template <ScalarType S>
void SparseHermitian<S>::mirror() {
    Index entries = 0;
    std::vector<int> count(static_cast<std::size_t>(n_ + 1), 0);
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            ++count[static_cast<std::size_t>(o)];
            ++entries;
            if (pattern_.inner[e] != o) {
                ++count[static_cast<std::size_t>(pattern_.inner[e])];
                ++entries;
            }
        }
    }
    checked_int(entries);
    full_start_.assign(static_cast<std::size_t>(n_ + 1), 0);
    for (std::size_t r = 0; r < static_cast<std::size_t>(n_); ++r) full_start_[r + 1] = full_start_[r] + count[r];
    full_column_.resize(static_cast<std::size_t>(entries));
    full_value_.resize(static_cast<std::size_t>(entries));
    std::vector<int> next(full_start_.begin(), full_start_.end() - 1);
    const auto put = [&](Index r, Index c, const S& a) {
        const auto e = static_cast<std::size_t>(next[static_cast<std::size_t>(r)]++);
        full_column_[e] = static_cast<int>(c);
        full_value_[e] = a;
    };
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            const auto [row, column] = position(o, e);
            put(row, column, values_[e]);
            if (row != column) put(column, row, conjugate(values_[e]));
        }
    }
}

template <ScalarType S>
void SparseHermitian<S>::apply(In<S> X, Out<S> Y) const {
    apply_fused(X, Eigen::VectorXd::Zero(X.cols()), 1.0, 0.0, Y);
}

template <ScalarType S>
native::Rows SparseHermitian<S>::complete_rows() const {
    const bool both = triangle_ == Triangle::both;
    // Two-triangle column-major storage read as rows is Aᵀ, the conjugate of A.
    return {n_, both ? pattern_.start : full_start_.data(), both ? pattern_.inner : full_column_.data(),
            reinterpret_cast<const double*>(both ? values_ : full_value_.data()), both && !pattern_.row_major};
}

template <ScalarType S>
void SparseHermitian<S>::multiply(In<S> X, const Eigen::VectorXd& shift, double scale, double beta,
                                  const native::Source& source, Out<S> Y) const {
    const auto sweep = std::same_as<S, double> ? native::multiply_rows : native::multiply_rows_complex;
    sweep(complete_rows(), real_data(X), real_stride(X), X.cols(), shift.data(), scale, beta, real_data<S>(Y),
          real_stride(Y), source);
}

template <ScalarType S>
void SparseHermitian<S>::apply_fused(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, Out<S> Y) const {
    multiply(X, shift, scale, beta, {}, Y);
}

template <ScalarType S>
void SparseHermitian<S>::apply_recurrence(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, In<S> R,
                                          const Eigen::VectorXd& weight, Out<S> Y) const {
    multiply(X, shift, scale, beta, {real_data(R), real_stride(R), weight.data()}, Y);
}

template <ScalarType S>
Eigen::VectorXd SparseHermitian<S>::diagonal() const {
    Eigen::VectorXd d = Eigen::VectorXd::Zero(n_);
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            if (pattern_.inner[e] == o) d(o) = std::real(values_[e]);
        }
    }
    return d;
}

template class SparseHermitian<double>;
template class SparseHermitian<std::complex<double>>;

}  // namespace lambdabar
