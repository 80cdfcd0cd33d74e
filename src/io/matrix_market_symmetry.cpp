#include <lambdabar/io/matrix_market.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace lambdabar {

template <ScalarType Scalar>
MatrixMarketSymmetry detect_symmetry(const Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>& A, double tolerance) {
    using Iterator = typename Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int>::InnerIterator;
    if (!(tolerance >= 0.0 && std::isfinite(tolerance))) {
        std::ostringstream text;
        text << "detect_symmetry needs a tolerance that is finite and not negative, but got " << tolerance;
        throw std::invalid_argument(text.str());
    }
    if (A.rows() != A.cols()) return MatrixMarketSymmetry::general;

    double bound = 0.0;
    if (tolerance > 0.0) {
        for (Index col = 0; col < A.cols(); ++col)
            for (Iterator entry(A, col); entry; ++entry) bound = std::max(bound, tolerance * std::abs(entry.value()));
    }
    if (!std::isfinite(bound)) return MatrixMarketSymmetry::general;
    const auto is_small = [bound](Scalar difference) { return std::abs(difference) <= bound; };  // false for NaN

    bool hermitian = true;
    bool symmetric = true;
    bool skew_symmetric = true;
    // The mate a_ji of a_ij lies in column i. As j grows its place there only moves down, so that one iterator per
    // column finds every mate in one pass over the matrix.
    std::vector<Iterator> mates;
    mates.reserve(static_cast<std::size_t>(A.cols()));
    for (Index col = 0; col < A.cols(); ++col) mates.emplace_back(A, col);
    for (Index j = 0; j < A.cols() && (hermitian || symmetric || skew_symmetric); ++j) {
        for (Iterator entry(A, j); entry; ++entry) {
            Iterator& mate = mates[static_cast<std::size_t>(entry.row())];
            while (mate && mate.row() < j) ++mate;
            const Scalar a = entry.value();
            const Scalar b = mate && mate.row() == j ? mate.value() : Scalar(0.0);
            hermitian = hermitian && is_small(a - Eigen::numext::conj(b));
            symmetric = symmetric && is_small(a - b);
            skew_symmetric = skew_symmetric && is_small(a + b);
        }
    }
    if (hermitian && Eigen::NumTraits<Scalar>::IsComplex) return MatrixMarketSymmetry::hermitian;
    if (symmetric) return MatrixMarketSymmetry::symmetric;
    return skew_symmetric ? MatrixMarketSymmetry::skew_symmetric : MatrixMarketSymmetry::general;
}

template MatrixMarketSymmetry detect_symmetry(const Eigen::SparseMatrix<double>&, double);
template MatrixMarketSymmetry detect_symmetry(const Eigen::SparseMatrix<std::complex<double>>&, double);

}  // namespace lambdabar
