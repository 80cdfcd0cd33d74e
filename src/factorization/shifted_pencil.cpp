#include "factorization/shifted_pencil.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lambdabar {

namespace {

/// The lower triangle of a stored Hermitian matrix by rows, columns in any order within a row.
template <ScalarType S>
struct LowerRows {
    std::vector<int> start, column;
    std::vector<S> value;

    explicit LowerRows(const SparseHermitian<S>& A) : start(static_cast<std::size_t>(A.rows()) + 1, 0) {
        const StoredPattern& pattern = A.pattern();
        const bool upper = A.triangle() == Triangle::upper;
        // visit(row, column, value) of every entry on and below the diagonal. An entry (r, c) stored above it stands
        // for (c, r), with the conjugate value.
        const auto entries = [&](auto&& visit) {
            for (Index o = 0; o < pattern.outer; ++o) {
                for (int e = pattern.start[o]; e < pattern.start[o + 1]; ++e) {
                    const auto [r, c] = A.position(o, e);
                    const S& a = A.stored_values()[e];
                    if (r == c) visit(r, c, S{std::real(a)});
                    if (r > c) visit(r, c, a);
                    if (r < c && upper) visit(c, r, S{Eigen::numext::conj(a)});
                }
            }
        };
        entries([&](Index r, Index, const S&) { ++start[static_cast<std::size_t>(r) + 1]; });
        for (std::size_t r = 0; r + 1 < start.size(); ++r) start[r + 1] += start[r];
        column.resize(static_cast<std::size_t>(start.back()));
        value.resize(column.size());
        std::vector<int> next(start.begin(), start.end() - 1);
        entries([&](Index r, Index c, const S& a) {
            const auto e = static_cast<std::size_t>(next[static_cast<std::size_t>(r)]++);
            column[e] = static_cast<int>(c);
            value[e] = a;
        });
    }

    template <class Visit>
    void for_each(std::size_t r, Visit&& visit) const {
        for (auto e = static_cast<std::size_t>(start[r]); e < static_cast<std::size_t>(start[r + 1]); ++e)
            visit(static_cast<std::size_t>(column[e]), value[e]);
    }
};

}  // namespace

template <ScalarType S>
ShiftedPencil<S>::ShiftedPencil(const SparseHermitian<S>& A, const SparseHermitian<S>* B) {
    update(A, B);
}

// Rows are walked in ascending order, so every column receives its rows sorted; the diagonal, there whatever A and B
// store, is the first of them.
template <ScalarType S>
bool ShiftedPencil<S>::update(const SparseHermitian<S>& A, const SparseHermitian<S>* B) {
    const Index n = A.rows();
    if (n == 0 || (B != nullptr && B->rows() != n)) {
        std::ostringstream message;
        message << "ShiftedPencil: A is " << n << "×" << n;
        if (B != nullptr) message << " and B is " << B->rows() << "×" << B->rows();
        message << "; they must have the same size, at least one row";
        throw std::invalid_argument(message.str());
    }
    const auto rows = static_cast<std::size_t>(n);
    const LowerRows<S> lower_a(A);
    std::optional<LowerRows<S>> lower_b;
    if (B != nullptr) lower_b.emplace(*B);

    // visit(r, c) once for each entry of the union, before values are added to it.
    const auto walk = [&](auto&& open, auto&& add_a, auto&& add_b) {
        std::vector<std::size_t> opened(rows, rows);  // the last row that column c has
        for (std::size_t r = 0; r < rows; ++r) {
            const auto touch = [&](std::size_t c) {
                if (opened[c] != r) open(r, c);
                opened[c] = r;
            };
            touch(r);
            lower_a.for_each(r, [&](std::size_t c, const S& a) { touch(c), add_a(c, a); });
            if (lower_b) lower_b->for_each(r, [&](std::size_t c, const S& b) { touch(c), add_b(c, b); });
        }
    };
    const auto nothing = [](std::size_t, const S&) {};

    std::vector<Index> start(rows + 1, 0);
    walk([&](std::size_t, std::size_t c) { ++start[c + 1]; }, nothing, nothing);
    for (std::size_t c = 0; c < rows; ++c) start[c + 1] += start[c];
    if (start.back() > std::numeric_limits<int>::max()) {
        throw std::invalid_argument("ShiftedPencil: A − σB has " + std::to_string(start.back()) +
                                    " entries in its lower triangle, more than the 32-bit limit");
    }

    Eigen::SparseMatrix<S> fresh(n, n);
    fresh.resizeNonZeros(start.back());
    std::copy(start.begin(), start.end(), fresh.outerIndexPtr());
    a_ = Vector<S>::Zero(start.back());
    b_ = Vector<S>::Zero(B != nullptr ? start.back() : 0);
    std::vector<Index> next(start.begin(), start.end() - 1);
    walk([&](std::size_t r, std::size_t c) { fresh.innerIndexPtr()[next[c]++] = static_cast<int>(r); },
         [&](std::size_t c, const S& a) { a_(next[c] - 1) = a; },
         [&](std::size_t c, const S& b) { b_(next[c] - 1) = b; });

    const bool same = shifted_.rows() == n && shifted_.nonZeros() == fresh.nonZeros() &&
                      std::equal(start.begin(), start.end(), shifted_.outerIndexPtr()) &&
                      std::equal(fresh.innerIndexPtr(), fresh.innerIndexPtr() + start.back(), shifted_.innerIndexPtr());
    if (!same) shifted_ = std::move(fresh);
    std::copy(a_.begin(), a_.end(), shifted_.valuePtr());
    return same;
}

template <ScalarType S>
double ShiftedPencil<S>::bytes() const {
    const double n = static_cast<double>(rows()), entries = static_cast<double>(shifted_.nonZeros());
    const double copies = b_.size() == 0 ? 2.0 : 3.0;
    return entries * (copies * sizeof(S) + sizeof(int)) + (n + 1.0) * sizeof(int);
}

template <ScalarType S>
const Eigen::SparseMatrix<S>& ShiftedPencil<S>::at(double sigma) {
    if (!std::isfinite(sigma)) {
        std::ostringstream message;
        message << "ShiftedPencil: the shift is " << sigma << ", not a finite number";
        throw std::invalid_argument(message.str());
    }
    Eigen::Map<Vector<S>> value(shifted_.valuePtr(), shifted_.nonZeros());
    if (b_.size() > 0) {
        value = a_ - sigma * b_;
        return shifted_;
    }
    value = a_;
    for (Index c = 0; c < rows(); ++c) value(shifted_.outerIndexPtr()[c]) -= sigma;
    return shifted_;
}

template class ShiftedPencil<double>;
template class ShiftedPencil<std::complex<double>>;

}  // namespace lambdabar
