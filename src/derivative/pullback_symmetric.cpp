#include <lambdabar/derivative/symmetric_function.hpp>

#include "adjoint.hpp"
#include "gauge.hpp"
#include "sentence.hpp"

#include <cmath>

namespace lambdabar {

namespace {

template <ScalarType S>
void require_symmetric(const Eigenpairs<S>& pairs, const SymmetricFunction& bar) {
    const Index k = pairs.size();
    if (bar.values_bar.size() != k || !bar.values_bar.allFinite()) {
        throw std::invalid_argument(sentence("pullback: there are ", bar.values_bar.size(), " eigenvalue cotangents",
                                             bar.values_bar.allFinite() ? "" : ", not all finite,", " for ", k,
                                             " pairs"));
    }
    const double rounding = 1e-12 * bar.values_bar.cwiseAbs().maxCoeff();
    for (const Cluster& cluster : pairs.clusters) {
        for (Index i = cluster.first + 1; i < cluster.first + cluster.count; ++i) {
            const double spread = std::abs(bar.values_bar(i) - bar.values_bar(i - 1)),
                         gap = pairs.values(i) - pairs.values(i - 1);
            if (spread <= 2.0 * bar.steepness * gap + rounding) continue;
            throw NotDifferentiable(sentence("pullback: the eigenvalue cotangents of pairs ", i, " and ", i + 1,
                                             " (λ = ", pairs.values(i - 1), " and ", pairs.values(i),
                                             ", one cluster) differ by ", spread, ", more than the steepness ",
                                             bar.steepness, " allows at a distance of ", gap,
                                             ": the objective depends on the order of equal eigenvalues"));
        }
    }
}

}  // namespace

namespace detail {

template <ScalarType S>
Pullback<S> pullback(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const SymmetricFunction& bar,
                     const PullbackOptions<S>& options) {
    require_same_rows(pencil);
    require_differentiable_pairs(pairs, pencil.rows());
    refuse_cut_cluster(pairs, "a symmetric function of the eigenvalues");
    require_symmetric(pairs, bar);
    const Index k = pairs.size();
    // XᴴAX = I where A is the definite operator: dλ = λ xᴴ(dA − λ dB)x.
    const Eigen::VectorXd weights =
        pairs.definite == Definite::A ? Eigen::VectorXd(bar.values_bar.cwiseProduct(pairs.values)) : bar.values_bar;

    Pullback<S> result;
    Block<S> X = to_block<S>(pairs.vectors);
    const Eigen::VectorXd x_norms = norms<S>(X, options.sum, "pullback: the matrix of eigenvectors");
    Block<S> Z = X;
    scale_columns<S>(Z, weights);
    if (pencil.B) {
        Block<S> Z_B = Z;
        scale_columns<S>(Z_B, -pairs.values);
        result.B = {X, std::move(Z_B)};
    }
    result.A = {std::move(X), std::move(Z)};
    PullbackReport& report = result.report;
    report.adjoint_residuals = report.adjoint_tolerances = Eigen::VectorXd::Zero(k);
    // Rotations inside the set by ‖r_i‖/δ_ij change Ā by (λ̄_i − λ̄_j)‖r_i‖/δ_ij ≤ steepness·‖r_i‖.
    Eigen::VectorXd gaps(k);
    for (Index i = 0; i < k; ++i) gaps(i) = gap_outside(pairs, i);
    const Eigen::VectorXd errors = bar.values_bar.cwiseAbs() + bar.steepness * gaps;
    report.error_estimate =
        estimate_error<S>(pairs, x_norms, gaps, errors, Eigen::VectorXd::Zero(k), 0.0, report, result.A, options.sum);
    return result;
}

template Pullback<double> pullback<double>(const Pencil<double>&, const Eigenpairs<double>&, const SymmetricFunction&,
                                           const PullbackOptions<double>&);
template Pullback<std::complex<double>> pullback<std::complex<double>>(const Pencil<std::complex<double>>&,
                                                                       const Eigenpairs<std::complex<double>>&,
                                                                       const SymmetricFunction&,
                                                                       const PullbackOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
