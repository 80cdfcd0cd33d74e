#include "check/objectives.hpp"

namespace lambdabar::test {

Eigen::VectorXd some_parameters() { return random_matrix<double>(n, 1, 3); }

Eigen::VectorXd doublet_spectrum() {
    Eigen::VectorXd spectrum = 5.0 + 0.1 * Eigen::VectorXd::LinSpaced(n, 0.0, static_cast<double>(n - 1)).array();
    spectrum.head(4) = numbers({1.0, 2.0, 2.0, 3.0});
    return spectrum;
}

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

bool second_order(const GradientReport& report) {
    int orders = 0;
    for (const TaylorRow& row : report.rows) {
        if (!std::isfinite(row.order) || !row.above_noise()) continue;
        ++orders;
        if (!(row.order > 1.7 && row.order < 2.3)) return false;
    }
    return orders >= 4;
}

const Law* failed_law(const GradientReport& report) {
    for (const Law& law : report.laws) {
        if (!law.passed) return &law;
    }
    return nullptr;
}

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

#define LAMBDABAR_INSTANTIATE(S)                                               \
    template Objective<S> projectors<S>(Index k, std::vector<Cluster> groups); \
    template Objective<S> simple_pairs<S>(Index k);                            \
    template Objective<S> occupations<S>(bool spectral);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
