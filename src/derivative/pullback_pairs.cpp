#include "adjoint.hpp"
#include "reciprocal.hpp"

#include <cmath>
#include <sstream>

namespace lambdabar {

namespace {

template <ScalarType S>
void check_sizes(const Eigenpairs<S>& pairs, const PairCotangent<S>& bar) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    std::ostringstream message;
    if (bar.values.size() != 0 && bar.values.size() != k) {
        message << "pullback: there are " << bar.values.size() << " eigenvalue cotangents for " << k << " pairs";
    } else if (bar.vectors.size() != 0 && (bar.vectors.rows() != n || bar.vectors.cols() != k)) {
        message << "pullback: the eigenvector cotangent is " << bar.vectors.rows() << "×" << bar.vectors.cols()
                << ", the eigenvectors are " << n << "×" << k;
    } else if (!bar.values.allFinite()) {
        message << "pullback: an eigenvalue cotangent is not finite";
    } else {
        return;
    }
    throw std::invalid_argument(message.str());
}

/// diag λ̄ + K: the two halves of each pair are combined before the division, so that a gauge-invariant
/// objective loses no digits as λ_i → λ_j; zero inside clusters, where λ̄ is averaged.
template <ScalarType S>
Matrix<S> in_span(const Eigenpairs<S>& pairs, const Eigen::VectorXd& values_bar, const Matrix<S>& M) {
    const Index k = pairs.size();
    const auto cluster = cluster_of_pairs(pairs);
    Matrix<S> C = Matrix<S>::Zero(k, k);
    for (const Cluster& c : pairs.clusters) {
        const double mean = values_bar.segment(c.first, c.count).mean();
        for (Index i = c.first; i < c.first + c.count; ++i) C(i, i) = mean;
    }
    if (M.size() == 0) return C;
    for (Index i = 0; i < k; ++i) {
        for (Index j = 0; j < k; ++j) {
            if (cluster[static_cast<std::size_t>(i)] == cluster[static_cast<std::size_t>(j)]) continue;
            C(j, i) = 0.5 * (M(j, i) - Eigen::numext::conj(M(i, j))) / (pairs.values(i) - pairs.values(j));
        }
    }
    return C;
}

/// diag(λ̄∘λ) + ½(λ_i + λ_j)∘K + ½ sym M, from C = diag λ̄ + K.
template <ScalarType S>
Matrix<S> in_span_of_B(const Eigenpairs<S>& pairs, const Matrix<S>& C, const Matrix<S>& M) {
    const Index k = pairs.size();
    Matrix<S> C_B(k, k);
    for (Index i = 0; i < k; ++i) {
        for (Index j = 0; j < k; ++j) C_B(j, i) = 0.5 * (pairs.values(i) + pairs.values(j)) * C(j, i);
    }
    if (M.size() > 0) C_B += (M + M.adjoint()) / 4.0;
    return C_B;
}

/// True if the cotangent is not zero on a cluster at an open end of the set.
template <ScalarType S>
bool touches_open_end(const Eigenpairs<S>& pairs, const Eigen::VectorXd& values_bar,
                      const Eigen::VectorXd& vector_norms) {
    for (const Cluster& c : pairs.clusters) {
        if (!is_open(pairs, c)) continue;
        if ((values_bar.segment(c.first, c.count).array() != 0.0).any()) return true;
        if ((vector_norms.segment(c.first, c.count).array() != 0.0).any()) return true;
    }
    return false;
}

}  // namespace

namespace detail {

template <ScalarType S>
Pullback<S> pullback(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                     const PullbackOptions<S>& options) {
    require_same_rows(pencil);
    require_differentiable_pairs(pairs, pencil.rows());
    check_sizes(pairs, bar);
    if (pairs.definite == Definite::A) return pullback_reciprocal(pencil, pairs, bar, options);
    const Index n = pencil.rows(), k = pairs.size();
    const Eigen::VectorXd values_bar = bar.values.size() > 0 ? bar.values : Eigen::VectorXd::Zero(k);
    const bool has_vectors = bar.vectors.size() > 0;

    Pullback<S> result;
    Block<S> X = to_block<S>(pairs.vectors);
    const Eigen::VectorXd x_norms = norms<S>(X, options.sum, "pullback: the matrix of eigenvectors");
    Block<S> X_bar = to_block<S>(bar.vectors);
    Eigen::VectorXd vector_norms = Eigen::VectorXd::Zero(k);
    Matrix<S> M;
    if (has_vectors) {
        M = gram<S>(X, X_bar, options.sum, "pullback: the eigenvector cotangent");
        vector_norms = norms<S>(X_bar, options.sum, "pullback: the eigenvector cotangent");
    }
    if (touches_open_end(pairs, values_bar, vector_norms)) refuse_cut_cluster(pairs, "this objective of the pairs");
    PullbackReport& report = result.report;
    report.gauge = gauge_reports<S>(pairs, values_bar, M, vector_norms);
    for (const GaugeReport& gauge : report.gauge)
        report.gauge_residual = std::max(report.gauge_residual, gauge.residual);
    if (options.gauge == Gauge::refuse) refuse_gauge_violation(pairs, report.gauge, options.gauge_tol);

    // Ā = X C Xᴴ + sym(W Xᴴ) = sym(X (X C + W)ᴴ)
    const Matrix<S> C = in_span(pairs, values_bar, M);
    Eigen::VectorXd gaps(k);
    for (Index i = 0; i < k; ++i) gaps(i) = gap_of(pairs, i);
    Block<S> Z, Z_B;  // B̄ = −X C_B Xᴴ − sym(WΛXᴴ) = sym(X (−X C_B − WΛ)ᴴ)
    if (has_vectors) {
        Z = solve_adjoint<S>(pencil, pairs, gaps, X, std::move(X_bar), options, report);
        result.adjoints = Z;
        if (options.warm) remember_adjoints<S>(result.adjoints, *options.warm);
        if (pencil.B) {
            Z_B = Z;
            scale_columns<S>(Z_B, -pairs.values);
            add_product<S>(Z_B, X, -in_span_of_B(pairs, C, M));
        }
        add_product<S>(Z, X, C);
    } else {
        report.adjoint_residuals = report.adjoint_tolerances = Eigen::VectorXd::Zero(k);
        Z.resize(n, k);
        set_product<S>(Z, X, C);
        if (pencil.B) {
            Z_B.resize(n, k);
            set_product<S>(Z_B, X, -in_span_of_B(pairs, C, M));
        }
    }
    if (pencil.B) result.B = {X, std::move(Z_B)};
    result.A = {std::move(X), std::move(Z)};
    report.error_estimate = estimate_error<S>(pairs, x_norms, gaps, values_bar.cwiseAbs(), vector_norms, 1.0, report,
                                              result.A, options.sum);
    return result;
}

template Pullback<double> pullback<double>(const Pencil<double>&, const Eigenpairs<double>&,
                                           const PairCotangent<double>&, const PullbackOptions<double>&);
template Pullback<std::complex<double>> pullback<std::complex<double>>(const Pencil<std::complex<double>>&,
                                                                       const Eigenpairs<std::complex<double>>&,
                                                                       const PairCotangent<std::complex<double>>&,
                                                                       const PullbackOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
