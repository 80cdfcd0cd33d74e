#include "modified_cholesky.hpp"

#include <cmath>

namespace lambdabar {

// Right-looking, by columns. While it is column j's turn its entries are L_ij·L_jj, so that row k loses
// (L_ij L_jj) conj(L_kj L_jj)/pivot; both lists of rows ascend, and are merged.
template <ScalarType S>
std::optional<Eigen::SparseMatrix<S>> modified_cholesky(Eigen::SparseMatrix<S> A, double relaxation,
                                                        double least_pivot) {
    const int* start = A.outerIndexPtr();
    const int* row = A.innerIndexPtr();
    S* value = A.valuePtr();
    const auto diagonal = [&](int k) -> S& { return value[start[k]]; };
    const Eigen::VectorXd original = A.diagonal().real();
    for (int j = 0; j < A.cols(); ++j) {
        const double pivot = std::real(diagonal(j));
        if (!(original(j) > 0.0 && pivot > least_pivot * original(j))) return {};
        const int end = start[j + 1];
        for (int p = start[j] + 1; p < end; ++p) {
            const int k = row[p];
            const S factor = Eigen::numext::conj(value[p]) / pivot;
            diagonal(k) -= std::norm(value[p]) / pivot;
            int at = start[k] + 1;
            for (int q = p + 1; q < end; ++q) {
                const S fill = value[q] * factor;
                while (at < start[k + 1] && row[at] < row[q]) ++at;
                if (at < start[k + 1] && row[at] == row[q]) {
                    value[at] -= fill;
                } else if (std::real(fill) > 0.0) {
                    diagonal(k) -= relaxation * std::real(fill);
                    diagonal(row[q]) -= relaxation * std::real(fill);
                }
            }
        }
        const double root = std::sqrt(pivot);
        diagonal(j) = root;
        for (int p = start[j] + 1; p < end; ++p) value[p] /= root;
    }
    return A;
}

template std::optional<Eigen::SparseMatrix<double>> modified_cholesky<double>(Eigen::SparseMatrix<double>, double,
                                                                              double);
template std::optional<Eigen::SparseMatrix<std::complex<double>>> modified_cholesky<std::complex<double>>(
    Eigen::SparseMatrix<std::complex<double>>, double, double);

}  // namespace lambdabar
