#pragma once
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

#include <vector>

namespace bench {

/// The n×n matrix with these entries, repeated ones added.
template <class S>
Eigen::SparseMatrix<S> assemble(lambdabar::Index n, const std::vector<Eigen::Triplet<S>>& entries) {
    Eigen::SparseMatrix<S> A(n, n);
    A.setFromTriplets(entries.begin(), entries.end());
    A.makeCompressed();
    return A;
}

}  // namespace bench
