#include "spectral_bounds.hpp"

#include "block/dense.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kResiduals = 1.5;

}  // namespace

template <ScalarType S>
SpectralBounds spectral_bounds(CountedOperator<S>& A, const Metric<S>& metric, Index steps, std::uint64_t seed,
                               const Sum& sum) {
    constexpr double eps = std::numeric_limits<double>::epsilon();
    const Index n = A.rows();
    Block<S> previous = zeros<S>(n, 1), v(n, 1), w(n, 1), scratch;
    fill_random<S>(v, seed, 0x626f756e64u, sum);
    v *= S{1.0 / metric.norms(v, scratch, sum)(0)};
    Matrix<double> T = Matrix<double>::Zero(steps, steps);
    double beta = 0.0;
    Index size = 0;
    for (; size < steps; ++size) {
        A.apply(v, w);  // A v = β_{j−1} v_{j−1} + α_j v_j + β_j v_{j+1}
        add_scaled<S>(w, previous, Eigen::VectorXd::Constant(1, -beta));
        const double alpha = std::real(metric.inner(v, w, scratch, sum, "the operator's product")(0, 0));
        add_scaled<S>(w, v, Eigen::VectorXd::Constant(1, -alpha));
        T(size, size) = alpha;
        beta = metric.norms(w, scratch, sum)(0);
        const double scale = T.topLeftCorner(size + 1, size + 1).cwiseAbs().maxCoeff();
        if (beta <= 10.0 * eps * scale || size + 1 == steps) {
            ++size;
            break;
        }
        T(size + 1, size) = T(size, size + 1) = beta;
        previous.swap(v);
        v = w / S{beta};
    }
    const auto ritz = dense_eigh<double>(T.topLeftCorner(size, size));
    const double low = ritz.values(0), high = ritz.values(size - 1);
    const double residual = beta * std::abs(ritz.vectors(size - 1, size - 1));
    return {low, ritz.values(std::min<Index>(1, size - 1)), high + std::min(kResiduals * residual, beta), high + beta,
            std::max(std::abs(low), std::abs(high))};
}

template SpectralBounds spectral_bounds<double>(CountedOperator<double>&, const Metric<double>&, Index, std::uint64_t,
                                                const Sum&);
template SpectralBounds spectral_bounds<std::complex<double>>(CountedOperator<std::complex<double>>&,
                                                              const Metric<std::complex<double>>&, Index, std::uint64_t,
                                                              const Sum&);

}  // namespace lambdabar
