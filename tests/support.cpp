#include "support.hpp"

namespace lambdabar::test {

template <ScalarType S>
Matrix<S> random_matrix(Index rows, Index cols, unsigned seed) {
    std::mt19937_64 random(seed);
    Matrix<S> A(rows, cols);
    for (Index c = 0; c < cols; ++c) {
        for (Index r = 0; r < rows; ++r) A(r, c) = random_normal<S>(random);
    }
    return A;
}

template <ScalarType S>
Matrix<S> hermitian_part(const Matrix<S>& M) {
    Matrix<S> H = (M + M.adjoint()) / 2.0;
    H.diagonal() = H.diagonal().real().template cast<S>().eval();
    return H;
}

template <ScalarType S>
Matrix<S> random_hermitian(Index n, unsigned seed) {
    return hermitian_part<S>(random_matrix<S>(n, n, seed));
}

template <ScalarType S>
Matrix<S> random_orthonormal(Index rows, Index cols, unsigned seed) {
    const Eigen::HouseholderQR<Matrix<S>> qr(random_matrix<S>(rows, cols, seed));
    return qr.householderQ() * Matrix<S>::Identity(rows, cols);
}

template <ScalarType S>
Matrix<S> hermitian_with_spectrum(const Eigen::VectorXd& values, unsigned seed) {
    const Matrix<S> Q = random_orthonormal<S>(values.size(), values.size(), seed);
    return hermitian_part<S>(Matrix<S>(Q * values.template cast<S>().asDiagonal() * Q.adjoint()));
}

template <ScalarType S>
Sparse<S> sparse_with_spectrum(const Eigen::VectorXd& values, unsigned seed, int layers) {
    const Index n = values.size();
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> angle(0.0, 2.0 * std::numbers::pi);
    Eigen::VectorXd shuffled = values;
    std::shuffle(shuffled.data(), shuffled.data() + n, random);
    Sparse<S> A(n, n);
    A.reserve(Eigen::VectorXi::Constant(n, 1));
    for (Index i = 0; i < n; ++i) A.insert(i, i) = S{shuffled(i)};
    for (int layer = 0; layer < layers; ++layer) {
        std::vector<Eigen::Triplet<S>> rotation;
        const auto put = [&](Index r, Index c, S value) {
            rotation.emplace_back(static_cast<int>(r), static_cast<int>(c), value);
        };
        const Index first = layer % 2;
        for (Index i = 0; i < std::min(first, n); ++i) put(i, i, S{1});
        for (Index i = first; i < n; i += 2) {
            if (i + 1 == n) {
                put(i, i, S{1});
                continue;
            }
            const double t = angle(random);
            S phase{1};
            if constexpr (!std::same_as<S, double>) phase = std::polar(1.0, angle(random));
            put(i, i, S{std::cos(t)});
            put(i, i + 1, -std::sin(t) * phase);
            put(i + 1, i, std::sin(t) * Eigen::numext::conj(phase));
            put(i + 1, i + 1, S{std::cos(t)});
        }
        Sparse<S> Q(n, n);
        Q.setFromTriplets(rotation.begin(), rotation.end());
        A = Sparse<S>(Q * Sparse<S>(A * Sparse<S>(Q.adjoint())));
    }
    const Sparse<S> adjoint = A.adjoint();
    A = Sparse<S>((A + adjoint) * S{0.5});
    for (Index i = 0; i < n; ++i) A.coeffRef(i, i) = S{std::real(A.coeff(i, i))};
    A.makeCompressed();
    return A;
}

template <ScalarType S>
Sparse<S> laplacian(const std::vector<Index>& points) {
    Index n = 1;
    for (const Index m : points) n *= m;
    std::vector<Eigen::Triplet<S>> entries;
    for (Index i = 0; i < n; ++i) {
        const auto row = static_cast<int>(i);
        entries.emplace_back(row, row, S{2.0 * static_cast<double>(points.size())});
        Index stride = 1;
        for (const Index m : points) {
            const Index x = i / stride % m;
            if (x > 0) entries.emplace_back(row, static_cast<int>(i - stride), S{-1});
            if (x + 1 < m) entries.emplace_back(row, static_cast<int>(i + stride), S{-1});
            stride *= m;
        }
    }
    Sparse<S> A(n, n);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

Eigen::VectorXd laplacian_spectrum(const std::vector<Index>& points) {
    std::vector<double> values{0.0};
    for (const Index m : points) {
        std::vector<double> sums;
        for (const double value : values) {
            for (Index j = 1; j <= m; ++j) {
                const double s =
                    std::sin(std::numbers::pi * static_cast<double>(j) / (2.0 * static_cast<double>(m + 1)));
                sums.push_back(value + 4.0 * s * s);
            }
        }
        values = std::move(sums);
    }
    std::sort(values.begin(), values.end());
    return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Index>(values.size()));
}

template <ScalarType S>
ReferenceEigenpairs<S> reference_eigh(const Matrix<S>& A) {
    const Eigen::SelfAdjointEigenSolver<Matrix<S>> solver(A);
    return {solver.eigenvalues(), solver.eigenvectors()};
}

template <ScalarType S>
Matrix<S> dense(const Cotangent<S>& bar) {
    const Matrix<S> product = bar.V * bar.W.adjoint();
    return (product + product.adjoint()) / 2.0;
}

Eigen::VectorXd numbers(std::initializer_list<double> values) {
    return Eigen::Map<const Eigen::VectorXd>(values.begin(), static_cast<Index>(values.size()));
}

#define LAMBDABAR_INSTANTIATE(S)                                                                          \
    template Matrix<S> random_matrix<S>(Index rows, Index cols, unsigned seed);                           \
    template Matrix<S> hermitian_part<S>(const Matrix<S>& M);                                             \
    template Matrix<S> random_hermitian<S>(Index n, unsigned seed);                                       \
    template Matrix<S> random_orthonormal<S>(Index rows, Index cols, unsigned seed);                      \
    template Matrix<S> hermitian_with_spectrum<S>(const Eigen::VectorXd& values, unsigned seed);          \
    template Sparse<S> sparse_with_spectrum<S>(const Eigen::VectorXd& values, unsigned seed, int layers); \
    template Sparse<S> laplacian<S>(const std::vector<Index>& points);                                    \
    template Matrix<S> dense<S>(const Cotangent<S>& bar);                                                 \
    template ReferenceEigenpairs<S> reference_eigh<S>(const Matrix<S>& A);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
