#include "objective_laws.hpp"

#include "block/dense.hpp"
#include "differences.hpp"
#include "operator_laws.hpp"

#include <lambdabar/block/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kFirstStep = 0.1;
constexpr double kFloor = 1e-6;  // slopes below this times |φ| drown in the rounding of φ

std::string pairs_of(const Cluster& cluster) {
    if (cluster.count == 1) return "pair " + std::to_string(cluster.first + 1);
    return "pairs " + std::to_string(cluster.first + 1) + " to " + std::to_string(cluster.first + cluster.count);
}

template <ScalarType S>
Matrix<S> random_matrix(Index rows, Index cols, std::uint64_t seed, std::uint64_t number) {
    Block<S> M(rows, cols);
    fill_random<S>(M, seed, number);
    return M;
}

/// A unitary m×m matrix far from the identity; for m = 1 a phase, in the real case −1.
template <ScalarType S>
Matrix<S> random_unitary(Index m, std::uint64_t seed, std::uint64_t number) {
    if (m == 1 && std::same_as<S, double>) return -Matrix<S>::Identity(1, 1);
    Block<S> Q = random_matrix<S>(m, m, seed, number);
    orthonormalize<S>(Q, Block<S>(m, 0), seed);
    return Q;
}

template <ScalarType S>
void rotate_cluster(Matrix<S>& X, const Cluster& cluster, std::uint64_t seed) {
    auto X_c = X.middleCols(cluster.first, cluster.count);
    X_c = (X_c * random_unitary<S>(cluster.count, seed, 300 + 50 * static_cast<std::uint64_t>(cluster.first))).eval();
}

/// Size of φ's change when the pairs move by their own size: errors of φ are judged against it.
template <ScalarType S>
double value_scale(const Eigenpairs<S>& pairs, const PairCotangent<S>& bar, double value, const Sum& sum) {
    return std::abs(value) + bar.values.cwiseAbs().dot(pairs.values.cwiseAbs()) +
           norms<S>(Block<S>(bar.vectors), sum).sum();
}

double relative(double change, double scale) {
    if (!(change != 0.0)) return 0.0;
    return scale > 0.0 ? std::abs(change) / scale : std::numeric_limits<double>::infinity();
}

std::string disagreement(const char* symbol, double slope, const SlopeTest& test) {
    std::ostringstream words;
    words.precision(8);
    words << symbol << " gives " << slope << ", differences of the value " << test.derivative << " ± "
          << words_of(test.error);
    return words.str();
}

}  // namespace

template <ScalarType S>
PairCotangent<S> total_cotangent(const Eigenpairs<S>& pairs, const Evaluation<S>& evaluation, const Sum& sum) {
    const Index k = pairs.size(), n = pairs.vectors.rows();
    const auto require = [&](bool condition, const char* what, Index rows, Index cols) {
        if (condition) return;
        std::ostringstream message;
        message << "check_gradient: the objective's " << what << " is " << rows << "×" << cols << " for " << k
                << " pairs of length " << n;
        throw std::invalid_argument(message.str());
    };
    const PairCotangent<S>& given = evaluation.bar;
    require(given.values.size() == 0 || given.values.size() == k, "eigenvalue cotangent", given.values.rows(), 1);
    require(given.vectors.size() == 0 || (given.vectors.rows() == n && given.vectors.cols() == k),
            "eigenvector cotangent", given.vectors.rows(), given.vectors.cols());
    PairCotangent<S> total{.values = given.values.size() > 0 ? given.values : Eigen::VectorXd::Zero(k),
                           .vectors = given.vectors.size() > 0 ? given.vectors : Matrix<S>::Zero(n, k)};
    if (evaluation.spectral) {
        const SpectralFunction<S>& F = *evaluation.spectral;
        const Matrix<S>& FX = F.bar_times_X;
        require(FX.rows() == n && FX.cols() == k, "block F̄X", FX.rows(), FX.cols());
        const bool callable = F.f && F.f_prime;
        require(callable || (F.f_values.size() == k && F.f_slopes.size() == k), "list f(λ)", F.f_values.rows(), 1);
        const Eigen::VectorXd d =
            dots<S>(Block<S>(pairs.vectors), Block<S>(FX), sum, "check_gradient: the block F̄X").real();
        for (Index i = 0; i < k; ++i) {
            const double f = callable ? F.f(pairs.values(i)) : F.f_values(i);
            const double slope = callable ? F.f_prime(pairs.values(i)) : F.f_slopes(i);
            total.values(i) += slope * d(i);
            total.vectors.col(i) += 2.0 * f * FX.col(i);
        }
    }
    if (!std::isfinite(evaluation.value) || !total.values.allFinite()) {
        throw std::invalid_argument("check_gradient: the objective's value is " + words_of(evaluation.value) +
                                    ", or an eigenvalue cotangent is not finite");
    }
    return total;
}

template <ScalarType S>
Law invariance_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const Evaluation<S>& at_pairs,
                   const PairCotangent<S>& bar, std::uint64_t seed, const Sum& sum) {
    const double scale = value_scale(pairs, bar, at_pairs.value, sum);
    Law law{.name = "phase and rotation", .measured = 0.0, .tolerance = half_precision(), .passed = true};
    Eigenpairs<S> other = pairs;
    // All clusters at once, then one by one: an even function of all signs together is not enough.
    for (const Cluster& cluster : pairs.clusters) rotate_cluster(other.vectors, cluster, seed);
    law.measured = relative(objective(other).value - at_pairs.value, scale);
    double worst = law.tolerance;
    for (const Cluster& cluster : pairs.clusters) {
        other.vectors = pairs.vectors;
        rotate_cluster(other.vectors, cluster, seed + 1);
        const double value = objective(other).value, change = relative(value - at_pairs.value, scale);
        law.measured = std::max(law.measured, change);
        if (!(change > worst)) continue;
        worst = change;
        law.detail = "the value goes from " + words_of(at_pairs.value) + " to " + words_of(value) + " when " +
                     pairs_of(cluster) +
                     (cluster.count == 1 ? " is rephased" : ", one cluster, are rotated among themselves");
    }
    law.passed = law.measured <= law.tolerance;
    if (!law.passed && law.detail.empty())
        law.detail = "the value changes when the vectors of several pairs are rephased together";
    return law;
}

template <ScalarType S>
Law value_cotangent_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                        double value_at_pairs, std::uint64_t seed) {
    const Index k = pairs.size();
    // Formulas in λ are smooth on the scale of λ; where λ = 0, of ‖A‖.
    const double size =
        pairs.values.cwiseAbs().maxCoeff() > 0.0 ? pairs.values.cwiseAbs().maxCoeff() : std::max(pairs.norm_A, 1e-300);
    const auto test = [&](const Eigen::VectorXd& direction) {
        Eigenpairs<S> moved = pairs;
        const auto value = [&](double h) {
            moved.values = pairs.values + h * direction;
            return objective(moved).value;
        };
        return test_slope(value, bar.values.dot(direction),
                          std::max(bar.values.cwiseProduct(direction).norm(), kFloor * std::abs(value_at_pairs)),
                          kFirstStep);
    };
    const Eigen::VectorXd direction = size * random_direction(k, seed, 400);
    const SlopeTest all = test(direction);
    Law law{.name = "eigenvalue cotangent", .measured = all.measured, .tolerance = all.tolerance, .passed = all.passed};
    if (law.passed) return law;
    law.detail = disagreement("along a random direction λ̄", bar.values.dot(direction), all);
    double worst = 0.0;
    for (Index i = 0; i < k; ++i) {
        const SlopeTest one = test(size * Eigen::VectorXd::Unit(k, i));
        const double miss = std::abs(one.derivative / size - bar.values(i));
        if (one.passed || miss <= worst) continue;
        worst = miss;
        std::ostringstream words;
        words.precision(8);
        words << "for pair " << i + 1 << " (λ = " << pairs.values(i) << ") λ̄ is " << bar.values(i)
              << ", differences of the value give " << one.derivative / size;
        law.detail = words.str();
    }
    return law;
}

template <ScalarType S>
Law vector_cotangent_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                         double value_at_pairs, std::uint64_t seed, const Sum& sum) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    const Block<S> X = pairs.vectors, X_bar = bar.vectors;
    const Matrix<S> K = random_matrix<S>(k, k, seed, 500);
    const auto test = [&](Index only, double& slope) {  // only ≥ 0: that vector moves, out of the span of X
        Block<S> D(n, k);
        fill_random<S>(D, seed, 600, sum);
        scale_columns<S>(D, norms<S>(D, sum).cwiseInverse());
        if (only >= 0) {
            const Vector<S> kept = D.col(only);
            D.setZero();
            D.col(only) = kept;
        }
        Matrix<S> C = -gram<S>(X, D, sum);
        if (only < 0) C += (K - K.adjoint()) / (2.0 * std::sqrt(static_cast<double>(k)));
        add_product<S>(D, X, C);
        const Eigen::VectorXd terms = dots<S>(X_bar, D, sum, "check_gradient: the eigenvector cotangent").real();
        slope = terms.sum();
        const auto squared = dense_eigh<S>(gram<S>(D, D, sum));
        Eigenpairs<S> moved = pairs;
        const auto value = [&](double h) {
            const Eigen::VectorXd shrink = (1.0 + h * h * squared.values.array().max(0.0)).rsqrt().matrix();
            const Matrix<S> root = squared.vectors * shrink.template cast<S>().asDiagonal() * squared.vectors.adjoint();
            moved.vectors = (pairs.vectors + h * Matrix<S>(D)) * root;
            return objective(moved).value;
        };
        const double size = std::max(terms.norm(), kFloor * std::abs(value_at_pairs));
        return test_slope(value, slope, size, kFirstStep);
    };
    double slope = 0.0;
    const SlopeTest all = test(-1, slope);
    Law law{
        .name = "eigenvector cotangent", .measured = all.measured, .tolerance = all.tolerance, .passed = all.passed};
    if (law.passed) return law;
    law.detail = disagreement("along a random direction that keeps XᴴX = I, X̄", slope, all);
    double worst = 0.0;
    for (Index i = 0; i < k; ++i) {
        const SlopeTest one = test(i, slope);
        const double miss = std::abs(one.derivative - slope);
        if (one.passed || miss <= worst) continue;
        worst = miss;
        law.detail = disagreement(
            ("along a random direction of the vector of pair " + std::to_string(i + 1) + " X̄").c_str(), slope, one);
    }
    return law;
}

template <ScalarType S>
Law coupling_law(const Objective<S>& objective, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                 std::uint64_t seed) {
    constexpr double split = 1e-2;
    Law law{.name = "cluster coupling", .measured = 0.0, .tolerance = half_precision(), .passed = true};
    const double size = std::max(pairs.values.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min());
    for (const Cluster& cluster : pairs.clusters) {
        if (cluster.count == 1) continue;
        Eigenpairs<S> apart = pairs;
        for (Index i = 0; i < cluster.count; ++i)
            apart.values(cluster.first + i) +=
                split * size * static_cast<double>(i) / static_cast<double>(cluster.count);
        const double value = objective(apart).value;
        rotate_cluster(apart.vectors, cluster, seed + 2);
        const double rotated = objective(apart).value;
        const double change =
            relative(rotated - value, std::abs(value) + bar.values.cwiseAbs().dot(pairs.values.cwiseAbs()));
        if (change <= law.measured) continue;
        law.measured = change;
        law.passed = change <= law.tolerance;
        if (law.passed) continue;
        law.detail = "inside " + pairs_of(cluster) +
                     " the objective couples each eigenvalue with its own vector (with the eigenvalues " +
                     words_of(split * size / static_cast<double>(cluster.count)) +
                     " apart, a rotation changes the value from " + words_of(value) + " to " + words_of(rotated) +
                     "), which (λ̄, X̄) cannot express; give a SpectralFunction";
    }
    return law;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template PairCotangent<S> total_cotangent<S>(const Eigenpairs<S>&, const Evaluation<S>&, const Sum&);            \
    template Law invariance_law<S>(const Objective<S>&, const Eigenpairs<S>&, const Evaluation<S>&,                  \
                                   const PairCotangent<S>&, std::uint64_t, const Sum&);                              \
    template Law value_cotangent_law<S>(const Objective<S>&, const Eigenpairs<S>&, const PairCotangent<S>&, double,  \
                                        std::uint64_t);                                                              \
    template Law vector_cotangent_law<S>(const Objective<S>&, const Eigenpairs<S>&, const PairCotangent<S>&, double, \
                                         std::uint64_t, const Sum&);                                                 \
    template Law coupling_law<S>(const Objective<S>&, const Eigenpairs<S>&, const PairCotangent<S>&, std::uint64_t);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
