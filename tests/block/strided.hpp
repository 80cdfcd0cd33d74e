#pragma once
// Blocks as the algorithms hand them to kernels: columns in the middle of a wider one.
#include "support.hpp"

#include <cstddef>
#include <memory>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace lambdabar::test {

/// Memory for n×b entries right before a page that may not be touched: what reads or writes a row too many crashes.
template <ScalarType S>
class Guarded {
public:
    Guarded(Index n, Index b) : rows_(n), cols_(b) {
        const auto bytes = static_cast<std::size_t>(n * b) * sizeof(S);
#ifdef __linux__
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), whole = (bytes + page - 1) / page * page;
        void* memory = mmap(nullptr, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(static_cast<char*>(memory) + whole, page, PROT_NONE) != 0)
            throw std::runtime_error("Guarded: no memory");
        memory_ = {memory, [size = whole + page](void* p) { munmap(p, size); }};
        first_ = reinterpret_cast<S*>(static_cast<char*>(memory) + whole - bytes);
#else
        memory_ = {std::malloc(bytes), std::free};
        first_ = static_cast<S*>(memory_.get());
#endif
    }
    Eigen::Map<Block<S>> block() const { return {first_, rows_, cols_}; }

private:
    std::shared_ptr<void> memory_;
    S* first_ = nullptr;
    Index rows_, cols_;
};

/// A view of the given matrix inside a wider block whose other columns are NaN: what reads outside the view gets NaN,
/// what writes outside is seen by intact(), and nothing may be touched beyond the last row.
template <ScalarType S>
class Strided {
public:
    explicit Strided(const Matrix<S>& X) : storage_(X.rows(), X.cols() + kBefore + kAfter), cols_(X.cols()) {
        storage_.block().setConstant(S{kNaN});
        view() = X;
    }

    BlockRef<S> view() { return storage_.block().middleCols(kBefore, cols_); }
    Matrix<S> value() const { return storage_.block().middleCols(kBefore, cols_); }
    bool intact() const {
        const auto nan = [](const auto& part) { return part.array().isNaN().all(); };
        return nan(storage_.block().leftCols(kBefore)) && nan(storage_.block().rightCols(kAfter));
    }

private:
    static constexpr Index kBefore = 3, kAfter = 4;  // odd: no view starts aligned
    Guarded<S> storage_;
    Index cols_;
};

/// Largest |computed − expected| / bound over all entries; 0/0 counts as 0, and NaN as infinite.
template <class Computed, class Expected, class Bound>
double worst_ratio(const Computed& computed, const Expected& expected, const Bound& bound) {
    if (computed.rows() != expected.rows() || computed.cols() != expected.cols()) return kInfinity;
    double worst = 0.0;
    for (Index c = 0; c < computed.cols(); ++c) {
        for (Index r = 0; r < computed.rows(); ++r) {
            const double error = std::abs(computed(r, c) - expected(r, c));
            if (error == 0.0) continue;
            const double ratio = error / bound(r, c);
            worst = ratio <= worst ? worst : (std::isnan(ratio) ? kInfinity : ratio);
        }
    }
    return worst;
}

/// Entrywise bound of |fl(A B) − A B| for inner dimension m, computed here and in the reference, each with complex
/// arithmetic (Higham, Accuracy and Stability of Numerical Algorithms, sections 3.1 and 3.6): 2·2(m + 2)·eps·|A||B|.
template <class DerivedA, class DerivedB>
Eigen::MatrixXd product_bound(const Eigen::MatrixBase<DerivedA>& A, const Eigen::MatrixBase<DerivedB>& B) {
    const Eigen::MatrixXd a = A.cwiseAbs(), b = B.cwiseAbs();
    return 4.0 * static_cast<double>(A.cols() + 2) * kEps * a * b;
}

}  // namespace lambdabar::test
