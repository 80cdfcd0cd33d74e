#include "general_adjoint.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

template <ScalarType S>
void check_sizes(const GeneralEigenpairs<S>& pairs, const GeneralPairCotangent& bar) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    std::ostringstream message;
    message << "pullback: ";
    const auto fits = [&](const Matrix<Complex>& M) { return M.size() == 0 || (M.rows() == n && M.cols() == k); };
    if (bar.values.size() != 0 && bar.values.size() != k) {
        message << "there are " << bar.values.size() << " eigenvalue cotangents for " << k << " pairs";
    } else if (!fits(bar.vectors) || !fits(bar.left)) {
        const Matrix<Complex>& M = fits(bar.vectors) ? bar.left : bar.vectors;
        message << "the eigenvector cotangent is " << M.rows() << "×" << M.cols() << ", the eigenvectors are " << n
                << "×" << k;
    } else if (!bar.values.allFinite() || !bar.vectors.allFinite() || !bar.left.allFinite()) {
        message << "a cotangent is not finite";
    } else {
        return;
    }
    throw std::invalid_argument(message.str());
}

/// Values inside a cluster must count alike, vectors inside one not at all.
template <ScalarType S>
void require_symmetric(const GeneralEigenpairs<S>& pairs, const Eigen::VectorXcd& values_bar,
                       const Eigen::VectorXd& vector_sizes, Gauge gauge) {
    if (gauge == Gauge::project) return;
    const double largest = values_bar.cwiseAbs().maxCoeff();
    for (const auto& c : pairs.clusters) {
        if (c.size() == 1) continue;
        double spread = 0.0, vectors = 0.0;
        for (const Index i : c) {
            spread = std::max(spread, std::abs(values_bar(i) - values_bar(c.front())));
            vectors = std::max(vectors, vector_sizes(i));
        }
        std::ostringstream message;
        message.precision(12);
        message << "pullback: eigenvalues " << c.front() + 1 << " to " << c.back() + 1 << " ("
                << pairs.values(c.front()) << " and " << pairs.values(c.back()) << ") are one cluster of " << c.size()
                << ", and ";
        if (vectors > 0.0) {
            message << "the objective depends on single eigenvectors of it; their basis is arbitrary: use the spectral "
                       "projector (ProjectorCotangent)";
        } else if (spread > 1e-12 * largest) {
            message << "their cotangents differ by " << spread / largest
                    << " of the largest one, so the objective depends on the order of equal eigenvalues";
        } else {
            continue;
        }
        throw NotDifferentiable(message.str());
    }
}

}  // namespace

namespace detail {

template <ScalarType S>
GeneralPullback<S> pullback(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                            const GeneralPairCotangent& bar, const GeneralPullbackOptions& options) {
    require_general_pairs(pencil, pairs);
    check_sizes(pairs, bar);
    const Index n = pencil.rows(), k = pairs.size();
    const Sum& sum = options.sum;
    Eigen::VectorXcd values_bar = bar.values.size() > 0 ? bar.values : Eigen::VectorXcd::Zero(k);
    const Block<Complex> X = to_block<Complex>(pairs.vectors), Y = to_block<Complex>(pairs.left);
    const bool right = bar.vectors.size() > 0, left = bar.left.size() > 0;
    Block<Complex> X_bar = right ? to_block<Complex>(bar.vectors) : zeros<Complex>(n, k);
    Block<Complex> Y_bar = left ? to_block<Complex>(bar.left) : zeros<Complex>(n, left ? k : 0);
    const Eigen::VectorXd x_sizes = norms<Complex>(X_bar, sum, "pullback: the eigenvector cotangent");
    const Eigen::VectorXd y_sizes =
        left ? norms<Complex>(Y_bar, sum, "pullback: the left cotangent") : Eigen::VectorXd::Zero(k);
    const Eigen::VectorXd y_norms = norms<Complex>(Y, sum);

    std::vector<Index> touched;
    for (Index i = 0; i < k; ++i) {
        if (values_bar(i) != 0.0 || x_sizes(i) > 0.0 || y_sizes(i) > 0.0) touched.push_back(i);
    }
    GeneralPullback<S> result;
    GeneralPullbackReport& report = result.report;
    report.condition = require_regular(pairs, touched, options);
    require_symmetric(pairs, values_bar, x_sizes + y_sizes, options.gauge);
    for (const auto& c : pairs.clusters) {  // equal up to rounding, or to be projected
        Complex mean = 0.0;
        for (const Index i : c) mean += values_bar(i);
        for (const Index i : c) values_bar(i) = mean / static_cast<double>(c.size());
    }

    // The normalization y_iᴴBx_i = 1 hands a part of ȳ_i on to x_i, and to B.
    Eigen::VectorXcd beta = Eigen::VectorXcd::Zero(k);
    const Block<Complex> BX = left ? mass_times(pencil, false, pairs.vectors) : Block<Complex>(n, 0);
    if (left) {
        beta = dots<Complex>(Y, Y_bar, sum, "pullback: the left cotangent");
        X_bar -= mass_times(pencil, true, pairs.left) * beta.conjugate().asDiagonal();
    }
    const Vector<Complex> m = dots<Complex>(X, X_bar, sum, "pullback: the eigenvector cotangent");
    report.gauge_residuals = Eigen::VectorXd::Zero(k);
    for (Index i = 0; i < k; ++i) {
        const double size = x_sizes(i) + y_sizes(i) * y_norms(i);
        if (size > 0.0) report.gauge_residuals(i) = std::abs(m(i).imag()) / size;
        report.gauge_residual = std::max(report.gauge_residual, report.gauge_residuals(i));
        if (options.gauge == Gauge::project || report.gauge_residuals(i) <= options.gauge_tol) continue;
        std::ostringstream message;
        message << "pullback: the objective sees the phase of eigenvector " << i + 1 << " (λ = " << pairs.values(i)
                << "): |Im (xᴴx̄ + yᴴȳ)| is " << report.gauge_residuals(i) << " of the cotangent, above "
                << options.gauge_tol;
        throw NotDifferentiable(message.str());
    }

    SingularSystems systems{.adjoint = true, .index = {}, .excluded = {}};
    for (Index i = 0; i < k; ++i) {
        systems.index.push_back(i);
        systems.excluded.push_back(cluster_of(pairs, i));
    }
    Block<Complex> W = zeros<Complex>(n, k), Z(n, left ? k : 0);
    if (right || left) {
        Block<Complex> rhs = -X_bar + X * m.asDiagonal();
        for (Index i = 0; i < k; ++i) {
            if (x_sizes(i) + y_sizes(i) == 0.0) rhs.col(i).setZero();
        }
        W = solve_general_adjoint(pencil, pairs, systems, std::move(rhs), options, report);
    }
    if (left) {
        systems.adjoint = false;
        Block<Complex> rhs = -Y_bar + BX * beta.asDiagonal();
        Z = solve_general_adjoint(pencil, pairs, systems, std::move(rhs), options, report);
    }
    result.adjoints = W;

    // Ā = Σ (λ̄y + w)xᴴ + y zᴴ,   B̄ = −Σ conj(λ)(λ̄y + w)xᴴ + conj(λ) y zᴴ + conj(β) y xᴴ
    const Index r = k + Z.cols();
    Block<Complex> V(n, r), U(n, r);
    V.leftCols(k) = W + Y * values_bar.asDiagonal();
    U.leftCols(k) = X;
    if (left) {
        V.rightCols(k) = Y;
        U.rightCols(k) = Z;
    }
    result.A = cotangent_of<S>(V, U);
    if (pencil.B) {
        Block<Complex> V_B(n, r);
        V_B.leftCols(k) = -(V.leftCols(k) * pairs.values.conjugate().asDiagonal()) - Y * beta.conjugate().asDiagonal();
        if (left) V_B.rightCols(k) = -(Y * pairs.values.conjugate().asDiagonal());
        result.B = cotangent_of<S>(V_B, U);
    }

    double error = 0.0;
    Index system = 0;
    for (Index i = 0; i < k; ++i, ++system) {
        const double gap = gap_beside(pairs, i, cluster_of(pairs, i));
        const double angle = pairs.conditions(i) * (pairs.residuals(i) + pairs.left_residuals(i)) / gap;
        error += std::abs(values_bar(i)) * y_norms(i) * angle;
        const double cotangent = (x_sizes(i) + y_sizes(i) * y_norms(i)) * pairs.conditions(i) / gap;
        error += 2.0 * cotangent * angle;
        if (report.adjoint_residuals.size() > system) error += cotangent * report.adjoint_residuals(system);
    }
    const double norm = cotangent_norm(result.A, sum);
    report.error_estimate = norm > 0.0 ? error / norm : 0.0;
    return result;
}

template GeneralPullback<double> pullback<double>(const GeneralPencil<double>&, const GeneralEigenpairs<double>&,
                                                  const GeneralPairCotangent&, const GeneralPullbackOptions&);
template GeneralPullback<Complex> pullback<Complex>(const GeneralPencil<Complex>&, const GeneralEigenpairs<Complex>&,
                                                    const GeneralPairCotangent&, const GeneralPullbackOptions&);

}  // namespace detail

}  // namespace lambdabar
