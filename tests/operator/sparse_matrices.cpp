#include "operator/sparse_matrices.hpp"

namespace lambdabar::test {

template <ScalarType S>
Matrix<S> random_sparse_hermitian(Index n, double per_row, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform;
    Matrix<S> A = Matrix<S>::Zero(n, n);
    for (Index r = 0; r < n; ++r) {
        if (r % 7 == 6) continue;
        if (uniform(random) < 0.7) A(r, r) = S{std::real(random_normal<S>(random))};
        for (Index c = 0; c < r; ++c) {
            if (c % 7 == 6 || uniform(random) * static_cast<double>(n) > per_row) continue;
            A(r, c) = random_normal<S>(random);
            A(c, r) = Eigen::numext::conj(A(r, c));
        }
    }
    return A;
}

template <ScalarType S>
Eigen::MatrixXd apply_rounding(const Matrix<S>& A, const Matrix<S>& X) {
    const double entries = static_cast<double>((A.array() != S{0}).rowwise().count().maxCoeff());
    const Eigen::MatrixXd a = A.cwiseAbs(), x = X.cwiseAbs();
    return 4.0 * (entries + 2.0) * kEps * a * x;
}

template <ScalarType S>
bool equals_dense_product(const Matrix<S>& Y, const Matrix<S>& A, const Matrix<S>& X) {
    const Eigen::MatrixXd error = (Y - A * X).cwiseAbs();
    return (error.array() <= apply_rounding<S>(A, X).array()).all();  // false for NaN
}

#define LAMBDABAR_INSTANTIATE(S)                                                           \
    template Matrix<S> random_sparse_hermitian<S>(Index n, double per_row, unsigned seed); \
    template Eigen::MatrixXd apply_rounding<S>(const Matrix<S>& A, const Matrix<S>& X);    \
    template bool equals_dense_product<S>(const Matrix<S>& Y, const Matrix<S>& A, const Matrix<S>& X);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
