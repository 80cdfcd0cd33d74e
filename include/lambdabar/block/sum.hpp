#pragma once
#include <lambdabar/types.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace lambdabar {

/// The only cross-process seam: adds `count` doubles over all processes, in place.
///
/// Each process holds its own rows of every block; everything else (k×k matrices, convergence
/// decisions) is computed redundantly from summed numbers, so all processes take the same branch.
/// Default: one process, nothing to add. With MPI:
///
///     Sum sum{[](double* x, Index m) { MPI_Allreduce(MPI_IN_PLACE, x, int(m), MPI_DOUBLE, MPI_SUM, comm); },
///     first_row};
///
/// `first_row`, the global index of this process's first row, makes random start blocks independent
/// of how the rows are distributed; without it they differ from run to run.
class Sum {
public:
    Sum() = default;

    template <class Callable>
        requires std::invocable<const Callable&, double*, Index> Sum(Callable add,
                                                                     std::optional<Index> first_row = std::nullopt)
            : add_(std::move(add)), first_row_(first_row) {}

        void operator()(double* values, Index count) const {
            if (add_ && count > 0) add_(values, count);
        }

        /// True if there is more than this process.
        bool distributed() const { return static_cast<bool>(add_); }

        std::optional<Index> first_row() const { return first_row_; }

        /// `count` added over all processes.
        Index total(Index count) const {
            double sum = static_cast<double>(count);
            (*this)(&sum, 1);
            return static_cast<Index>(sum);
        }

    private:
        std::function<void(double*, Index)> add_;
        std::optional<Index> first_row_;
};

}  // namespace lambdabar
