#include "factorization/solve_quality.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lambdabar {

namespace {

constexpr Index kProbes = 4;
constexpr int kMaxScalings = 20;
constexpr std::uint64_t kSeed = 0x5eed;

}  // namespace

template <ScalarType S>
ScaledMatrix<S>::ScaledMatrix(const Eigen::SparseMatrix<S>& lower) : lower_(&lower), matrix_(lower) {
    refresh();
}

template <ScalarType S>
void ScaledMatrix<S>::refresh() {
    matrix_.refresh();
    const Index n = lower_->rows();
    const auto entries = [&](auto&& visit) {
        for (Index c = 0; c < n; ++c) {
            for (typename Eigen::SparseMatrix<S>::InnerIterator e(*lower_, c); e; ++e)
                visit(e.row(), c, std::abs(e.value()));
        }
    };
    scaling_ = Eigen::VectorXd::Ones(n);
    for (int iteration = 0; iteration < kMaxScalings; ++iteration) {
        Eigen::VectorXd largest = Eigen::VectorXd::Zero(n);
        entries([&](Index r, Index c, double a) {
            const double scaled = scaling_(r) * a * scaling_(c);
            largest(r) = std::max(largest(r), scaled);
            largest(c) = std::max(largest(c), scaled);
        });
        largest = (largest.array() > 0.0).select(largest, 1.0);
        if (largest.maxCoeff() <= 1.0 + 1e-12 && largest.minCoeff() >= 0.5) break;
        scaling_ = scaling_.cwiseQuotient(largest.cwiseSqrt());
    }

    Eigen::VectorXd row_sum = Eigen::VectorXd::Zero(n);
    entries([&](Index r, Index c, double a) {
        const double scaled = scaling_(r) * a * scaling_(c);
        row_sum(r) += scaled;
        if (r != c) row_sum(c) += scaled;
    });
    norm_ = row_sum.maxCoeff();
}

template <ScalarType S>
double ScaledMatrix<S>::bytes() const {
    const double n = static_cast<double>(lower_->rows()), entries = static_cast<double>(lower_->nonZeros());
    return 2.0 * entries * (sizeof(S) + sizeof(int)) + n * (sizeof(double) + sizeof(int));
}

template <ScalarType S>
void refined_solve(const Factorization<S>& factor, const ScaledMatrix<S>& M, int steps, In<S> b, Out<S> x) {
    factor.solve(b, x);
    Block<S> residual;
    for (int step = 0; step < steps; ++step) {
        residual = b;
        M.apply_and_subtract(x, residual);
        factor.solve(residual, residual);
        x -= residual;
    }
}

template <ScalarType S>
SolveQuality measure_quality(const Factorization<S>& factor, const ScaledMatrix<S>& M, int steps) {
    const Index n = M.scaling().size();
    const auto D = M.scaling().template cast<S>().asDiagonal();
    Block<S> g(n, kProbes), x(n, kProbes);
    fill_random<S>(g, kSeed, 0);
    const Block<S> b = D.inverse() * g;
    refined_solve<S>(factor, M, steps, b, x);

    Block<S> residual = b;
    M.apply_and_subtract(x, residual);
    residual = D * residual;
    const Block<S> y = D.inverse() * x;

    SolveQuality quality;
    const double root = std::sqrt(static_cast<double>(n));
    for (Index c = 0; c < kProbes; ++c) {
        const double size = M.norm() * y.col(c).norm();
        const double error = residual.col(c).norm() / (size + g.col(c).norm());
        if (!std::isfinite(error) || !std::isfinite(size)) {
            return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
        }
        quality.backward_error = std::max(quality.backward_error, error);
        quality.condition = std::max(quality.condition, size * root / g.col(c).norm());
    }
    return quality;
}

template class ScaledMatrix<double>;
template class ScaledMatrix<std::complex<double>>;
template void refined_solve<double>(const Factorization<double>&, const ScaledMatrix<double>&, int, In<double>,
                                    Out<double>);
template void refined_solve<std::complex<double>>(const Factorization<std::complex<double>>&,
                                                  const ScaledMatrix<std::complex<double>>&, int,
                                                  In<std::complex<double>>, Out<std::complex<double>>);
template SolveQuality measure_quality<double>(const Factorization<double>&, const ScaledMatrix<double>&, int);
template SolveQuality measure_quality<std::complex<double>>(const Factorization<std::complex<double>>&,
                                                            const ScaledMatrix<std::complex<double>>&, int);

}  // namespace lambdabar
