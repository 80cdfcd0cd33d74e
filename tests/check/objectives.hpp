#pragma once
// Families of operators and objectives that the tests of check_gradient share.
#include "check/bent_operator.hpp"

#include <lambdabar/lambdabar.hpp>

#include <cmath>

namespace lambdabar::test {

inline constexpr Index n = 40;

inline Eigen::VectorXd some_parameters() { return random_matrix<double>(n, 1, 3); }

/// A(p) = A₀ + Σ p_l A_l with the given spectrum at p = 0, in three sparse directions that split every cluster.
template <ScalarType S>
auto affine_factory(const Eigen::VectorXd& spectrum) {
    const Sparse<S> A0 = sparse_with_spectrum<S>(spectrum, 1);
    std::vector<Sparse<S>> terms;
    for (unsigned l = 0; l < 3; ++l)
        terms.push_back(sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(spectrum.size(), -1.0, 1.0), 20 + l));
    return [A0, terms](const Eigen::VectorXd& p) { return AffineOperator<S>(A0, terms, p); };
}

/// 1, 2, 2, 3, 5, 5.1, 5.2 … : the four lowest hold a doublet and end at a gap.
inline Eigen::VectorXd doublet_spectrum() {
    Eigen::VectorXd spectrum = 5.0 + 0.1 * Eigen::VectorXd::LinSpaced(n, 0.0, static_cast<double>(n - 1)).array();
    spectrum.head(4) = numbers({1.0, 2.0, 2.0, 3.0});
    return spectrum;
}

/// Σ ½ c_i λ_i² + Σ_groups tr(P H P H), P = Σ_group x_i x_iᴴ: invariant under phases and rotations inside groups.
template <ScalarType S>
Objective<S> projectors(Index k, std::vector<Cluster> groups) {
    const Matrix<S> H = random_hermitian<S>(n, 30);
    return [=](const Eigenpairs<S>& pairs) {
        Evaluation<S> result;
        result.bar.values.resize(k);
        result.bar.vectors.resize(n, k);
        for (const Cluster& group : groups) {
            const double c = 1.0 + 0.5 * static_cast<double>(group.first);
            const Matrix<S> X = pairs.vectors.middleCols(group.first, group.count), HX = H * X, XHX = X.adjoint() * HX;
            const Eigen::VectorXd values = pairs.values.segment(group.first, group.count);
            result.value += 0.5 * c * values.squaredNorm() + XHX.squaredNorm();
            result.bar.values.segment(group.first, group.count) = c * values;
            result.bar.vectors.middleCols(group.first, group.count) = 4.0 * HX * XHX;
        }
        return result;
    };
}

template <ScalarType S>
Objective<S> simple_pairs(Index k) {
    std::vector<Cluster> groups;
    for (Index i = 0; i < k; ++i) groups.push_back({i, 1});
    return projectors<S>(k, groups);
}

inline const std::vector<Cluster> kDoublet = {{0, 1}, {1, 2}, {3, 1}};

/// Every order observed above the noise, except of the first step, lies near 2.
inline bool second_order(const GradientReport& report) {
    int orders = 0;
    for (const TaylorRow& row : report.rows) {
        if (!std::isfinite(row.order) || !row.above_noise()) continue;
        ++orders;
        if (!(row.order > 1.7 && row.order < 2.3)) return false;
    }
    return orders >= 4;
}

inline const Law* failed_law(const GradientReport& report) {
    for (const Law& law : report.laws) {
        if (!law.passed) return &law;
    }
    return nullptr;
}

inline double fermi(double x) { return 1.0 / (1.0 + std::exp(3.0 * (x - 2.5))); }
inline double fermi_prime(double x) { return -3.0 * fermi(x) * (1.0 - fermi(x)); }

/// Σ f(λ_i) x_iᴴ D x_i, given as a spectral function or as pairs.
template <ScalarType S>
Objective<S> occupations(bool spectral) {
    const Eigen::VectorXd D = random_matrix<double>(n, 1, 40);
    return [=](const Eigenpairs<S>& pairs) {
        const Matrix<S> DX = D.template cast<S>().asDiagonal() * pairs.vectors;
        Evaluation<S> result;
        result.bar.values.resize(pairs.size());
        result.bar.vectors.resize(n, pairs.size());
        for (Index i = 0; i < pairs.size(); ++i) {
            const double d = std::real(pairs.vectors.col(i).dot(DX.col(i))), f = fermi(pairs.values(i));
            result.value += f * d;
            result.bar.values(i) = fermi_prime(pairs.values(i)) * d;
            result.bar.vectors.col(i) = 2.0 * f * DX.col(i);
        }
        if (spectral) {
            result.bar = {};
            result.spectral = SpectralFunction<S>{.f = fermi, .f_prime = fermi_prime, .bar_times_X = DX};
        }
        return result;
    };
}

}  // namespace lambdabar::test
