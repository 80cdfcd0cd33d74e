#pragma once

#include <lambdabar/io/matrix_market.hpp>

#include <algorithm>
#include <complex>
#include <filesystem>
#include <string>

#include "temporary_directory.hpp"

namespace matrix_market_files {

using Complex = std::complex<double>;
template <class Scalar>
using Sparse = Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>;

inline const TemporaryDirectory& directory() {
    static const TemporaryDirectory made;
    return made;
}

inline std::filesystem::path file_with(const std::string& text) { return directory().write("matrix.mtx", text); }

template <class Scalar>
Sparse<Scalar> parse(const std::string& text,
                     lambdabar::SymmetricStorage storage = lambdabar::SymmetricStorage::expand) {
    return lambdabar::read_sparse<Scalar>(file_with(text), storage);
}

/// Same pattern, explicit zeros included, and equal values.
template <class Scalar>
bool same(const Sparse<Scalar>& A, const Sparse<Scalar>& B) {
    if (A.rows() != B.rows() || A.cols() != B.cols() || A.nonZeros() != B.nonZeros()) return false;
    return std::equal(A.outerIndexPtr(), A.outerIndexPtr() + A.cols() + 1, B.outerIndexPtr()) &&
           std::equal(A.innerIndexPtr(), A.innerIndexPtr() + A.nonZeros(), B.innerIndexPtr()) &&
           std::equal(A.valuePtr(), A.valuePtr() + A.nonZeros(), B.valuePtr());
}

}  // namespace matrix_market_files
