#pragma once
// Several processes, faked by threads of one: everything that runs under MPI runs here, deterministically.
#include <lambdabar/block/sum.hpp>
#include <lambdabar/operator/concepts.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <concepts>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace lambdabar::test {

/// All-reduce over threads, added in the order of the ranks. One rank that throws breaks it for all: nobody waits for
/// ever. So does a rank that leaves, or adds another number of values, while others still add.
class RankSum {
public:
    struct Broken : std::runtime_error {
        using std::runtime_error::runtime_error;
    };

    explicit RankSum(Index ranks) : parts_(static_cast<std::size_t>(ranks)), barrier_(ranks, Complete{this}) {}

    void add(Index rank, double* values, Index count) {
        parts_[static_cast<std::size_t>(rank)] = {values, count};
        barrier_.arrive_and_wait();
        // The next phase cannot complete, and total_ not change, before this rank arrives again.
        if (!intact_)
            throw Broken("fake ranks: rank " + std::to_string(rank) + " adds " + std::to_string(count) +
                         " values, which not all ranks do: one threw, left, or adds another number");
        std::copy(total_.begin(), total_.end(), values);
    }

    /// Called once by every rank, when it has returned or thrown.
    void leave() {
        left_ = true;
        barrier_.arrive_and_drop();
    }

private:
    struct Part {
        double* values = nullptr;
        Index count = 0;
    };
    struct Complete {
        RankSum* sum;
        void operator()() noexcept { sum->complete(); }
    };

    void complete() noexcept {
        intact_ = !left_;
        for (const Part& part : parts_) intact_ = intact_ && part.count == parts_.front().count;
        if (!intact_) return;
        total_.assign(static_cast<std::size_t>(parts_.front().count), 0.0);
        for (const Part& part : parts_) {
            for (std::size_t i = 0; i < total_.size(); ++i) total_[i] += part.values[i];
        }
    }

    std::vector<Part> parts_;
    std::vector<double> total_;
    std::atomic<bool> left_ = false;
    bool intact_ = true;
    std::barrier<Complete> barrier_;
};

/// The rank-local view of a global operator: gathers X from all ranks, applies the whole, keeps its own rows.
template <LinearMap Op>
class RankOperator {
public:
    using Scalar = typename Op::Scalar;

    RankOperator(const Op& A, Index first_row, Index rows, Sum sum)
        : A_(A), first_row_(first_row), rows_(rows), sum_(std::move(sum)) {}

    Index rows() const { return rows_; }
    void apply(In<Scalar> X, Out<Scalar> Y) const {
        Block<Scalar> all_Y(A_.rows(), X.cols());
        A_.apply(gather(X), all_Y);
        Y = all_Y.middleRows(first_row_, rows_);
    }
    void apply_adjoint(In<Scalar> X, Out<Scalar> Y) const requires AdjointLinearMap<Op> {
        Block<Scalar> all_Y(A_.rows(), X.cols());
        A_.apply_adjoint(gather(X), all_Y);
        Y = all_Y.middleRows(first_row_, rows_);
    }
    Index parameters() const requires Differentiable<Op> { return A_.parameters(); }
    /// The contribution of this rank's rows of V.
    void vjp(In<Scalar> V, In<Scalar> W, GradientRef g) const requires Differentiable<Op> {
        const Block<Scalar> all_W = gather(W);
        A_.vjp(pad(V), all_W, g);
    }

private:
    Block<Scalar> pad(In<Scalar> X) const {
        Block<Scalar> all = Block<Scalar>::Zero(A_.rows(), X.cols());
        all.middleRows(first_row_, rows_) = X;
        return all;
    }
    Block<Scalar> gather(In<Scalar> X) const {
        Block<Scalar> all = pad(X);
        constexpr Index width = sizeof(Scalar) / sizeof(double);
        sum_(reinterpret_cast<double*>(all.data()), width * all.size());  // x + 0 is exact
        return all;
    }

    const Op& A_;
    Index first_row_, rows_;
    Sum sum_;
};

/// What one of the faked processes knows.
struct FakeRank {
    Index number = 0;
    Index first_row = 0, rows = 0;
    Sum sum;            // knows its first row
    Sum anonymous_sum;  // does not

    /// Rows of a global block or vector held here.
    template <class Derived>
    typename Derived::PlainObject mine(const Eigen::MatrixBase<Derived>& X) const {
        return X.middleRows(first_row, rows);
    }
    /// The part of a global operator held here; A must outlive it.
    template <LinearMap Op>
    RankOperator<Op> local(const Op& A) const {
        return {A, first_row, rows, sum};
    }
};

/// Runs a function on several ranks at once, the n rows split unevenly:
///
///     FakeRanks ranks(n);
///     auto pairs = ranks.run([&](const FakeRank& rank) { return eigsh(rank.local(A), {.k = 4, .sum = rank.sum}); });
///     auto X = FakeRanks::stack(pairs[0].vectors, …);
class FakeRanks {
public:
    /// 3 ranks with about n/5, n/2 and the rest.
    explicit FakeRanks(Index n) : FakeRanks(std::vector<Index>{n / 5, n / 2, n - n / 5 - n / 2}) {}
    /// Any number of ranks, given the rows of each.
    explicit FakeRanks(std::vector<Index> rows) : rows_(std::move(rows)) {}

    std::size_t count() const { return rows_.size(); }

    /// f(rank) on every rank; the results in the order of the ranks. If ranks throw, the exception of the first one
    /// that did not throw merely because others had is rethrown, after all have ended.
    template <class Function>
    auto run(Function f) const {
        using Result = std::invoke_result_t<Function, const FakeRank&>;
        if constexpr (std::is_void_v<Result>) {
            run_all(f);
        } else {
            // One byte for a truth value: the bits of a vector<bool> cannot be written by several threads.
            std::vector<std::conditional_t<std::same_as<Result, bool>, char, Result>> results(count());
            run_all([&](const FakeRank& rank) { results[static_cast<std::size_t>(rank.number)] = f(rank); });
            return results;
        }
    }

    /// The rows of all ranks on top of one another: part(result) is the piece of one rank.
    template <class Result, class Part>
    static auto stack(const std::vector<Result>& results, Part part) {
        using Piece = std::remove_cvref_t<std::invoke_result_t<Part, const Result&>>;
        Index n = 0;
        for (const Result& result : results) n += part(result).rows();
        Piece all(n, part(results.front()).cols());
        Index first = 0;
        for (const Result& result : results) {
            all.middleRows(first, part(result).rows()) = part(result);
            first += part(result).rows();
        }
        return all;
    }

private:
    template <class Function>
    void run_all(const Function& f) const {
        RankSum total(static_cast<Index>(count()));
        std::vector<std::exception_ptr> errors(count()), broken(count());
        std::vector<std::thread> threads;
        Index first_row = 0;
        for (std::size_t r = 0; r < count(); ++r) {
            const auto number = static_cast<Index>(r);
            const auto add = [&total, number](double* x, Index m) { total.add(number, x, m); };
            const FakeRank rank{number, first_row, rows_[r], Sum(add, first_row), Sum(add)};
            threads.emplace_back([&f, &total, &error = errors[r], &consequence = broken[r], rank] {
                try {
                    f(rank);
                } catch (const RankSum::Broken&) {
                    consequence = std::current_exception();
                } catch (...) {
                    error = std::current_exception();
                }
                total.leave();
            });
            first_row += rows_[r];
        }
        for (std::thread& thread : threads) thread.join();
        for (const std::exception_ptr& error : errors) {
            if (error) std::rethrow_exception(error);
        }
        for (const std::exception_ptr& error : broken) {
            if (error) std::rethrow_exception(error);
        }
    }

    std::vector<Index> rows_;
};

}  // namespace lambdabar::test
