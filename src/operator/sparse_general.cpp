#include <lambdabar/operator/sparse_general.hpp>

#include "block/native.hpp"
#include "block/real_view.hpp"
#include "sentence.hpp"

#include <cmath>

namespace lambdabar {

namespace {

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
    refuse_input<17>("SparseGeneral: ", parts...);
}

}  // namespace

// A counting sort by the inner index: outer indices ascend within each inner one.
template <ScalarType S>
void SparseGeneral<S>::attach(const Storage& storage) {
    if (storage.rows != storage.cols) refuse("the matrix is ", storage.rows, "×", storage.cols, ", not square");
    if (!storage.compressed) refuse("the matrix is not compressed; call makeCompressed() first");
    n_ = storage.rows;
    values_ = storage.values;
    pattern_ = {storage.start, storage.inner, n_, storage.row_major};
    const auto entries = static_cast<std::size_t>(pattern_.size());
    other_start_.assign(static_cast<std::size_t>(n_) + 1, 0);
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            if (e > pattern_.start[o] && pattern_.inner[e - 1] >= pattern_.inner[e]) {
                refuse("the entries of ", pattern_.row_major ? "row " : "column ", o,
                       " are not sorted or repeat index ", pattern_.inner[e]);
            }
            ++other_start_[static_cast<std::size_t>(pattern_.inner[e]) + 1];
        }
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(n_); ++i) other_start_[i + 1] += other_start_[i];
    other_inner_.resize(entries);
    source_.resize(entries);
    other_value_.resize(entries);
    std::vector<int> next(other_start_.begin(), other_start_.end() - 1);
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            const auto place = static_cast<std::size_t>(next[static_cast<std::size_t>(pattern_.inner[e])]++);
            other_inner_[place] = static_cast<int>(o);
            source_[place] = e;
        }
    }
    refresh();
}

template <ScalarType S>
void SparseGeneral<S>::refresh() {
    for (Index o = 0; o < n_; ++o) {
        for (int e = pattern_.start[o]; e < pattern_.start[o + 1]; ++e) {
            if (std::isfinite(std::abs(values_[e]))) continue;
            const auto [row, column] = position(o, e);
            refuse("entry (", row, ", ", column, ") is ", values_[e]);
        }
    }
    for (std::size_t e = 0; e < source_.size(); ++e) other_value_[e] = values_[source_[e]];
}

template <ScalarType S>
void SparseGeneral<S>::apply_shifted(bool adjoint, In<S> X, S shift, double scale, double beta, Out<S> Y) const {
    const bool stored_order = pattern_.row_major != adjoint;
    const native::Rows rows{n_, stored_order ? pattern_.start : other_start_.data(),
                            stored_order ? pattern_.inner : other_inner_.data(),
                            reinterpret_cast<const double*>(stored_order ? values_ : other_value_.data()), adjoint};
    if constexpr (std::same_as<S, double>) {
        const Eigen::VectorXd shifts = Eigen::VectorXd::Constant(X.cols(), shift);
        native::multiply_rows(rows, real_data(X), real_stride(X), X.cols(), shifts.data(), scale, beta, real_data<S>(Y),
                              real_stride(Y));
    } else {
        native::multiply_rows_shifted(rows, real_data(X), real_stride(X), X.cols(), shift.real(), shift.imag(), scale,
                                      beta, real_data<S>(Y), real_stride(Y));
    }
}

template <ScalarType S>
void SparseGeneral<S>::apply(In<S> X, Out<S> Y) const {
    apply_shifted(false, X, S(0.0), 1.0, 0.0, Y);
}

template <ScalarType S>
void SparseGeneral<S>::apply_adjoint(In<S> X, Out<S> Y) const {
    apply_shifted(true, X, S(0.0), 1.0, 0.0, Y);
}

template class SparseGeneral<double>;
template class SparseGeneral<std::complex<double>>;

}  // namespace lambdabar
