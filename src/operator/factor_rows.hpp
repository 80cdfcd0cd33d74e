#pragma once
#include "block/substitution_native.hpp"

#include <lambdabar/operator/preconditioner.hpp>

#include <Eigen/SparseCore>

#include <vector>

namespace lambdabar {

/// A triangular matrix with ones on its diagonal, for substitution: its rows below (or above) it, in an order in which
/// each comes after all that it refers to.
///
/// In the order of the matrix a row of a grid waits for the one just before it, and the processor with it. So rows are
/// ordered by level, the length of the longest chain of rows that they wait for: neighbours then wait for none of each
/// other. Within windows of consecutive rows only, so that the block of vectors is passed over once. The sum of a row
/// is the same in any order.
template <ScalarType S>
class TriangularRows {
public:
    enum class Part { lower, upper };
    /// N: strictly triangular, complete rows.
    TriangularRows(const Eigen::SparseMatrix<S, Eigen::RowMajor>& N, Part part);

    native::OrderedRows view() const;

private:
    std::vector<int> order_, start_, column_;
    std::vector<S> value_;
};

/// L Lᴴ = (I + N) D (I + N)ᴴ. Cost of a solve: N and Nᴴ read once, the block twice and written twice.
template <ScalarType S>
class FactorRows {
public:
    /// S⁻¹L with S = diag(scale), L lower triangular with a positive diagonal.
    FactorRows(const Eigen::SparseMatrix<S>& L, const Eigen::VectorXd& scale);

    Index n() const { return inverse_.size(); }
    /// Y ← (S⁻¹L (S⁻¹L)ᴴ)⁻¹ Y.
    void solve(BlockRef<S> Y) const;

private:
    using Rows = Eigen::SparseMatrix<S, Eigen::RowMajor>;
    FactorRows(const Rows& N, Eigen::VectorXd inverse);

    TriangularRows<S> lower_, upper_;
    Eigen::VectorXd inverse_;  // D⁻¹
};

}  // namespace lambdabar
