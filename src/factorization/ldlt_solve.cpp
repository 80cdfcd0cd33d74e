#include "factorization/ldlt_solve.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <concepts>
#include <memory>
#include <thread>

#include <omp.h>

namespace lambdabar {

namespace {

/// Columns that travel together through L: each entry of L is loaded once for all of them.
template <ScalarType S>
constexpr Index kWidest = std::same_as<S, double> ? 16 : 8;
constexpr Index kNarrowest = 4;
constexpr int kSpins = 2000;  // some microseconds

/// Some columns on their way: L y = P b, D z = y, Lᴴ P x = z. Every task has rows of its own in y.
template <ScalarType S>
class Sweep {
public:
    Sweep(const LdltView<S>& factor, In<S> rhs, BlockRef<S>& x, Index first, Index columns)
        : tree_(factor.tree),
          factors_{.start = factor.start,
                   .value = reinterpret_cast<const double*>(factor.value),
                   .diagonal = factor.diagonal.data(),
                   .skip = factor.skip},
          rhs_(rhs.data() + first),
          x_(x.data() + first),
          rhs_stride_(rhs.outerStride()),
          x_stride_(x.outerStride()),
          columns_(columns),
          lanes_(native::ldlt_lanes(static_cast<int>(columns), !real)),
          stride_(real ? lanes_ : 2 * lanes_),
          state_(tree_.tasks().size()),
          y_(new double[static_cast<std::size_t>(tree_.rows() * stride_)]) {}

    /// A task's part of L⁻¹, when those of its children are done.
    void forward(int t) {
        for (const int child : task(t).children) wait_for(child, kForward);
        eliminate(task(t));
        state_[static_cast<std::size_t>(t)].store(kForward, std::memory_order_release);
    }

    /// A task's part of L⁻ᴴD⁻¹, when that of its parent is done.
    void backward(int t) {
        wait_for(t, kForward);
        if (task(t).parent >= 0) wait_for(task(t).parent, kBackward);
        substitute(task(t));
        state_[static_cast<std::size_t>(t)].store(kBackward, std::memory_order_release);
    }

private:
    static constexpr bool real = std::same_as<S, double>;
    static constexpr int kForward = 1, kBackward = 2;

    /// Mostly short: a yield is a system call.
    void wait_for(int t, int state) const {
        const std::atomic<int>& reached = state_[static_cast<std::size_t>(t)];
        for (int spin = 0; reached.load(std::memory_order_acquire) < state; ++spin) {
            if (spin >= kSpins) std::this_thread::yield();
        }
    }

    void eliminate(const LdltTask& piece) {
        double* y = rows_of(piece);
        for (std::size_t i = 0; i < piece.matrix_row.size(); ++i) {
            const S* from = rhs_ + piece.matrix_row[i] * rhs_stride_;
            double* to = y + static_cast<Index>(i) * stride_;
            for (Index j = 0; j < lanes_; ++j) {
                const S value = j < columns_ ? from[j] : S(0);
                to[j] = std::real(value);
                if constexpr (!real) to[lanes_ + j] = std::imag(value);
            }
        }
        std::fill_n(y + piece.own_rows() * stride_, (piece.rows() - piece.own_rows()) * stride_, 0.0);
        for (const int c : piece.children) {
            const double* from = rows_of(task(c)) + task(c).own_rows() * stride_;
            for (const int row : task(c).in_parent) {
                double* to = y + row * stride_;
                for (Index j = 0; j < stride_; ++j) to[j] += from[j];
                from += stride_;
            }
        }
        const native::LdltPanels panels = panels_of(piece);
        real ? native::ldlt_forward(factors_, panels, y, lanes_)
             : native::ldlt_forward_complex(factors_, panels, y, lanes_);
    }

    void substitute(const LdltTask& piece) {
        double* y = rows_of(piece);
        if (piece.parent >= 0) {
            const double* above = rows_of(task(piece.parent));
            double* to = y + piece.own_rows() * stride_;
            for (const int row : piece.in_parent) to = std::copy_n(above + row * stride_, stride_, to);
        }
        const native::LdltPanels panels = panels_of(piece);
        real ? native::ldlt_backward(factors_, panels, y, lanes_)
             : native::ldlt_backward_complex(factors_, panels, y, lanes_);
        for (std::size_t i = 0; i < piece.matrix_row.size(); ++i) {
            const double* from = y + static_cast<Index>(i) * stride_;
            S* to = x_ + piece.matrix_row[i] * x_stride_;
            for (Index j = 0; j < columns_; ++j) {
                if constexpr (real) {
                    to[j] = from[j];
                } else {
                    to[j] = {from[j], from[lanes_ + j]};
                }
            }
        }
    }

    const LdltTask& task(int t) const { return tree_.tasks()[static_cast<std::size_t>(t)]; }
    double* rows_of(const LdltTask& task) const { return y_.get() + task.first_row * stride_; }
    native::LdltPanels panels_of(const LdltTask& task) const {
        return {task.panels.data(), static_cast<native::Size>(task.panels.size()), tree_.panel_rows()};
    }

    const LdltTree& tree_;
    native::LdltFactors factors_;
    const S* rhs_;
    S* x_;
    Index rhs_stride_, x_stride_, columns_;
    int lanes_;
    Index stride_;
    std::vector<std::atomic<int>> state_;  // of each task: 0, or what is done
    std::unique_ptr<double[]> y_;          // uninitialized: whoever works on a task first puts its rows where it is
};

}  // namespace

template <ScalarType S>
void solve_ldlt(const LdltView<S>& factor, In<S> rhs, Out<S> x) {
    // Columns do not mix, and each is computed alike at every width: where threads outnumber the branches of the tree,
    // they share the columns too.
    const LdltTree& tree = factor.tree;
    const double passes = std::max(1.0, static_cast<double>(rhs.cols()) / kWidest<S>);
    const int threads = tree.entries() * passes < factor.least_shared ? 1 : omp_get_max_threads();
    const Index groups = static_cast<Index>(std::ceil(0.75 * threads / tree.parallelism()));
    const Index width = std::clamp((rhs.cols() + groups - 1) / groups, kNarrowest, kWidest<S>);
    std::vector<std::unique_ptr<Sweep<S>>> sweeps;
    for (Index first = 0; first < rhs.cols(); first += width)
        sweeps.push_back(std::make_unique<Sweep<S>>(factor, rhs, x, first, std::min(width, rhs.cols() - first)));

    // Threads take the tasks in an order in which none waits for a later one: up the tree, and down again.
    const std::vector<int>& upward = tree.upward();
    const Index count = static_cast<Index>(sweeps.size()), half = static_cast<Index>(upward.size()) * count;
    std::atomic<Index> next{0};
#pragma omp parallel num_threads(threads) if (threads > 1)
    for (Index i = next++; i < 2 * half; i = next++) {
        const Index place = (i < half ? i : 2 * half - 1 - i) / count;
        const int task = upward[static_cast<std::size_t>(place)];
        Sweep<S>& sweep = *sweeps[static_cast<std::size_t>(i % count)];
        i < half ? sweep.forward(task) : sweep.backward(task);
    }
}

template void solve_ldlt<double>(const LdltView<double>&, In<double>, Out<double>);
template void solve_ldlt<std::complex<double>>(const LdltView<std::complex<double>>&, In<std::complex<double>>,
                                               Out<std::complex<double>>);

}  // namespace lambdabar
