#pragma once
// A complex block seen as the real block of twice the columns that the native kernels work on.
#include <lambdabar/types.hpp>

#include <algorithm>
#include <vector>

namespace lambdabar {

template <class S>
inline constexpr Index kRealColumns = 1;
template <>
inline constexpr Index kRealColumns<std::complex<double>> = 2;

template <class Derived>
const double* real_data(const Derived& X) {
    return reinterpret_cast<const double*>(X.data());
}

template <class S>
double* real_data(BlockRef<S>& X) {
    return reinterpret_cast<double*>(X.data());
}

/// Leading dimension in doubles.
template <class Derived>
Index real_stride(const Derived& X) {
    return X.outerStride() * kRealColumns<typename Derived::Scalar>;
}

/// The row-major real matrix F with V_real F = (V C)_real, rows padded to whole registers. Complex: rows 2i and
/// 2i + 1 hold C and iC.
struct RealFactor {
    explicit RealFactor(const Matrix<double>& C) : RealFactor(C.rows(), C.cols()) { view().leftCols(columns) = C; }

    explicit RealFactor(const Matrix<std::complex<double>>& C) : RealFactor(2 * C.rows(), 2 * C.cols()) {
        auto F = view();
        for (Index i = 0; i < C.rows(); ++i) {
            for (Index j = 0; j < C.cols(); ++j) {
                F(2 * i, 2 * j) = F(2 * i + 1, 2 * j + 1) = C(i, j).real();
                F(2 * i, 2 * j + 1) = C(i, j).imag();
                F(2 * i + 1, 2 * j) = -C(i, j).imag();
            }
        }
    }

    Index rows, columns, stride;
    std::vector<double> values;

private:
    RealFactor(Index m, Index b)
        : rows(m),
          columns(b),
          stride(b <= 2   ? b
                 : b <= 8 ? (b + 3) / 4 * 4
                          : (b + 7) / 8 * 8),
          // A row even of none: kernels count the columns of a row from its address.
          values(static_cast<std::size_t>(std::max<Index>(m, 1) * stride), 0.0) {}
    Eigen::Map<Block<double>> view() { return {values.data(), rows, stride}; }
};

/// Vᴴ W from the real Gram matrix G = V_realᵀ W_real.
inline Matrix<double> from_real_gram(const Block<double>& G, double) { return G; }

inline Matrix<std::complex<double>> from_real_gram(const Block<double>& G, std::complex<double>) {
    Matrix<std::complex<double>> C(G.rows() / 2, G.cols() / 2);
    for (Index i = 0; i < C.rows(); ++i) {
        for (Index j = 0; j < C.cols(); ++j) {
            C(i, j) = {G(2 * i, 2 * j) + G(2 * i + 1, 2 * j + 1), G(2 * i, 2 * j + 1) - G(2 * i + 1, 2 * j)};
        }
    }
    return C;
}

}  // namespace lambdabar
