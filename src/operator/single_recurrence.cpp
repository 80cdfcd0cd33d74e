#include "single_recurrence.hpp"

#include "block/reductions.hpp"
#include "block/slices_native.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambdabar {

namespace {

constexpr Index kMostColumns = 8;    // of a kernel
constexpr double kMostSlots = 1.25;  // for each entry
constexpr Index kSmall = 1024;       // rows whose slices may be any size

/// How entries are rounded: A = shift + unit·(single precision).
struct Rounding {
    double shift;  // the middle of the diagonal, which filters subtract anyway: its digits need not be held. 0 if some
                   // diagonal entry is not stored
    double unit;   // the power of two next to the largest part of A − shift; 1 if all are zero
};

Rounding rounding_of(const native::EntryRange& range) {
    const double radius = range.most / 2.0 - range.least / 2.0;
    const double diagonal = range.whole ? radius : std::fmax(std::abs(range.least), std::abs(range.most));
    const double largest = std::isfinite(diagonal) ? std::max(diagonal, range.off) : range.off;
    return {range.whole ? range.least + radius : 0.0, largest > 0.0 ? std::ldexp(1.0, std::ilogb(largest)) : 1.0};
}

/// The next width that there is a kernel for.
int kernel_width(Index b) { return b <= 2 ? static_cast<int>(b) : b <= 4 ? 4 : 8; }

}  // namespace

template <ScalarType S>
std::optional<SingleRecurrence<S>> SingleRecurrence<S>::make(const SparseHermitian<S>& A, double sign) {
    const native::Rows rows = A.complete_rows();
    std::vector<std::ptrdiff_t> start(static_cast<std::size_t>(native::slices(rows.n)) + 1);
    native::slice_widths(rows, start.data());
    std::partial_sum(start.begin(), start.end(), start.begin());
    const auto slots = static_cast<std::size_t>(start.back() * native::kSlice);
    const Index entries = A.nonzeros();
    if (rows.n > kSmall && static_cast<double>(slots) > kMostSlots * static_cast<double>(entries)) return std::nullopt;

    SingleRecurrence single(rows.n, std::move(start));
    constexpr bool complex = kRealColumns<S> == 2;
    const auto [shift, unit] = rounding_of(native::entry_range(rows, complex));
    single.shift_ = sign * shift;
    single.unit_ = unit;
    single.column_.resize(slots);
    single.value_.resize(slots * kRealColumns<S>);
    native::fill_slices(rows, complex, sign / unit, shift, single.start_.data(), single.column_.data(),
                        single.value_.data());
    return single;
}

template <ScalarType S>
bool SingleRecurrence<S>::apply(CountedOperator<S>& counted, In<S> R, const Eigen::VectorXd& size,
                                const Eigen::VectorXd& lambda, Index degree, const FilterInterval& interval, Out<S> G) {
    bool finite = true;
    for (Index j = 0; j < R.cols(); j += kMostColumns) {
        const Index b = std::min(kMostColumns, R.cols() - j);
        finite = apply_to_few(R.middleCols(j, b), size.segment(j, b), lambda.segment(j, b), degree, interval,
                              G.middleCols(j, b)) &&
                 finite;
    }
    counted.add_products((degree - 1) * R.cols());
    return finite;
}

// With the numbers of chebyshev_filter(), p_(j+1) = f (μ − c) p_j − g p_(j−1), and so
// G_(j+1) = f ((A − c) G_j − p_j(λ) R) − g G_(j−1), G_0 = 0. Here R stands for R_i/size_i and G for G_i unit/size_i.
template <ScalarType S>
bool SingleRecurrence<S>::apply_to_few(In<S> R, const Eigen::VectorXd& size, const Eigen::VectorXd& lambda,
                                       Index degree, const FilterInterval& interval, Out<S> G) {
    const Index b = R.cols(), w = b * kRealColumns<S>;
    const int width = kernel_width(b);
    const Index full = width * kRealColumns<S>;
    const double half = (interval.upper - interval.cut) / 2.0, center = (interval.upper + interval.cut) / 2.0;
    const double first = half / (interval.lowest - center);
    for (std::vector<float>* block : {&source_, &now_, &before_})
        block->resize(static_cast<std::size_t>(native::slices(n_) * native::kSlice * full));
    const Eigen::VectorXd safe = (size.array() > 0.0).select(size, 1.0);
    const auto round = [&](double factor, std::vector<float>& to) {
        native::round_rows(n_, real_data(R), real_stride(R), w, real_columns<S>(factor * safe.cwiseInverse()).data(),
                           to.data(), full);
    };
    round(1.0, source_);
    round(-first / half * unit_, now_);

    const native::Slices A{n_, start_.data(), column_.data(), value_.data()};
    const auto multiply = std::same_as<S, double> ? native::multiply_slices : native::multiply_slices_complex;
    Eigen::VectorXf shift = Eigen::VectorXf::Constant(width, static_cast<float>((center - shift_) / unit_));
    Eigen::VectorXf weight = Eigen::VectorXf::Zero(width);
    const Eigen::ArrayXd distance = lambda.array() - center;
    Eigen::ArrayXd p_before = Eigen::ArrayXd::Ones(b), p = first / half * distance;
    double sigma = first;
    for (Index j = 1; j < degree; ++j) {
        const double next = 1.0 / (2.0 / first - sigma), f = 2.0 * next / half, g = next * sigma;
        weight.head(b) = (-f * unit_ * p).matrix().template cast<float>();
        multiply(A, width,
                 {.shift = shift.data(),
                  .weight = weight.data(),
                  .scale = static_cast<float>(f * unit_),
                  .beta = j == 1 ? 0.0f : static_cast<float>(g),
                  .X = now_.data(),
                  .R = source_.data(),
                  .Y = before_.data()});
        now_.swap(before_);
        const Eigen::ArrayXd p_next = f * distance * p - g * p_before;
        p_before = p;
        p = p_next;
        sigma = next;
    }
    return native::widen_rows(n_, now_.data(), full, w, real_columns<S>(safe / unit_).data(), real_data<S>(G),
                              real_stride(G));
}

template class SingleRecurrence<double>;
template class SingleRecurrence<std::complex<double>>;

}  // namespace lambdabar
