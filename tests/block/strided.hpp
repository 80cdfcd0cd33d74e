#pragma once
// Blocks as the algorithms hand them to kernels: columns in the middle of a wider one.
#include "support.hpp"

namespace lambdabar::test {

/// A view of the given matrix inside a wider block whose other columns are NaN: what reads outside the view gets NaN,
/// what writes outside is seen by intact().
template <ScalarType S>
class Strided {
public:
    explicit Strided(const Matrix<S>& X)
        : storage_(Block<S>::Constant(X.rows(), X.cols() + kBefore + kAfter, S{kNaN})), cols_(X.cols()) {
        view() = X;
    }

    BlockRef<S> view() { return storage_.middleCols(kBefore, cols_); }
    Matrix<S> value() const { return storage_.middleCols(kBefore, cols_); }
    bool intact() const {
        const auto nan = [](const auto& part) { return part.array().isNaN().all(); };
        return nan(storage_.leftCols(kBefore)) && nan(storage_.rightCols(kAfter));
    }

private:
    static constexpr Index kBefore = 3, kAfter = 4;  // odd: no view starts aligned
    Block<S> storage_;
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
