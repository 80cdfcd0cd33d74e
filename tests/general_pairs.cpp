#include "general_pairs.hpp"

namespace lambdabar::test {

template <ScalarType S>
Sparse<S> full(const Matrix<S>& A) {
    std::vector<Eigen::Triplet<S>> entries;
    for (Index c = 0; c < A.cols(); ++c) {
        for (Index r = 0; r < A.rows(); ++r) entries.emplace_back(static_cast<int>(r), static_cast<int>(c), A(r, c));
    }
    Sparse<S> M(A.rows(), A.cols());
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

template <ScalarType S>
Matrix<S> with_general_spectrum(const Eigen::VectorXcd& values, unsigned seed, double skew) {
    const Index n = values.size();
    Matrix<S> X = random_orthonormal<S>(n, n, seed) + skew * random_matrix<S>(n, n, seed + 1) / std::sqrt(double(n));
    Matrix<S> D = Matrix<S>::Zero(n, n);
    for (Index i = 0; i < n; ++i) {
        if constexpr (std::same_as<S, double>) {
            D(i, i) = values(i).real();
            if (values(i).imag() > 0.0) {
                D(i, i + 1) = values(i).imag();
                D(i + 1, i) = -values(i).imag();
            }
        } else {
            D(i, i) = values(i);
        }
    }
    return X * D * X.inverse();
}

template <ScalarType S>
DensePairs dense_pairs(const Matrix<S>& A, const Matrix<S>& B, const std::function<double(Complex)>& merit) {
    const Matrix<Complex> C = B.fullPivLu().solve(A).template cast<Complex>();
    const Eigen::ComplexEigenSolver<Matrix<Complex>> solver(C);
    std::vector<Index> order(static_cast<std::size_t>(A.rows()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) {
        const Complex a = solver.eigenvalues()(i), b = solver.eigenvalues()(j);
        const double difference = merit(a) - merit(b);
        return std::abs(difference) > 1e-9 ? difference > 0.0 : a.imag() > b.imag();
    });
    DensePairs pairs{Eigen::VectorXcd(A.rows()), Matrix<Complex>(A.rows(), A.rows()), {}};
    for (Index i = 0; i < A.rows(); ++i) {
        pairs.values(i) = solver.eigenvalues()(order[static_cast<std::size_t>(i)]);
        pairs.X.col(i) = solver.eigenvectors().col(order[static_cast<std::size_t>(i)]).normalized();
    }
    // Yᴴ B X = I
    pairs.Y = (B.template cast<Complex>() * pairs.X).inverse().adjoint();
    return pairs;
}

Vector<Complex> dense_adjoint(const DensePairs& all, Index i, const Vector<Complex>& r) {
    Vector<Complex> w = Vector<Complex>::Zero(r.size());
    for (Index j = 0; j < all.values.size(); ++j) {
        if (j != i) w -= all.Y.col(j) * (all.X.col(j).dot(r) / std::conj(all.values(j) - all.values(i)));
    }
    return w;
}

double central_difference(const std::function<double(double)>& phi, double h) {
    const auto slope = [&](double step) { return (phi(step) - phi(-step)) / (2.0 * step); };
    return (4.0 * slope(h / 2.0) - slope(h)) / 3.0;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                             \
    template Sparse<S> full<S>(const Matrix<S>& A);                                                          \
    template Matrix<S> with_general_spectrum<S>(const Eigen::VectorXcd& values, unsigned seed, double skew); \
    template DensePairs dense_pairs<S>(const Matrix<S>& A, const Matrix<S>& B,                               \
                                       const std::function<double(Complex)>& merit);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
