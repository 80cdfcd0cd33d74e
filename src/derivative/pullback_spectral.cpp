#include "adjoint.hpp"
#include "reciprocal.hpp"

#include <lambdabar/derivative/divided_difference.hpp>

#include <cmath>
#include <sstream>

namespace lambdabar {

namespace {

/// f at the eigenvalues, and the k×k matrix f[λ_j, λ_i].
struct FunctionOnSpectrum {
    Eigen::VectorXd values, slopes;
    Matrix<double> differences;
};

template <ScalarType S>
FunctionOnSpectrum evaluate(const Eigenpairs<S>& pairs, const SpectralFunction<S>& bar) {
    const Eigen::VectorXd& lambda = pairs.values;
    const Index k = pairs.size();
    const bool callable = bar.f && bar.f_prime;
    std::ostringstream message;
    if (!callable && (bar.f || bar.f_prime)) {
        message << "pullback: a spectral function needs both f and f_prime";
        throw std::invalid_argument(message.str());
    }
    if (!callable && (bar.f_values.size() != k || bar.f_slopes.size() != k)) {
        message << "pullback: the spectral function has " << bar.f_values.size() << " values and "
                << bar.f_slopes.size() << " slopes for " << k << " pairs (or give f and f_prime)";
        throw std::invalid_argument(message.str());
    }
    FunctionOnSpectrum f{bar.f_values, bar.f_slopes, Matrix<double>(k, k)};
    if (callable) {
        f.values = f.slopes = Eigen::VectorXd(k);
        for (Index i = 0; i < k; ++i) {
            f.values(i) = bar.f(lambda(i));
            f.slopes(i) = bar.f_prime(lambda(i));
        }
    }
    for (Index i = 0; i < k; ++i) {
        if (!std::isfinite(f.values(i)) || !std::isfinite(f.slopes(i))) {
            message << "pullback: f(λ_" << i + 1 << ") = " << f.values(i) << ", f′ = " << f.slopes(i)
                    << " at λ = " << lambda(i);
            throw std::invalid_argument(message.str());
        }
        f.differences(i, i) = f.slopes(i);
        for (Index j = 0; j < i; ++j) {
            const double difference =
                callable ? divided_difference(bar.f, bar.f_prime, lambda(j), lambda(i))
                         : divided_difference(lambda(j), f.values(j), f.slopes(j), lambda(i), f.values(i), f.slopes(i));
            f.differences(i, j) = f.differences(j, i) = difference;
        }
    }
    return f;
}

}  // namespace

namespace detail {

template <ScalarType S>
Pullback<S> pullback(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const SpectralFunction<S>& bar,
                     const PullbackOptions<S>& options) {
    require_same_rows(pencil);
    require_differentiable_pairs(pairs, pencil.rows());
    refuse_cut_cluster(pairs, "a function of the subspace");
    if (pairs.definite == Definite::A) return pullback_reciprocal(pencil, pairs, bar, options);
    const Index n = pencil.rows(), k = pairs.size();
    if (bar.bar_times_X.rows() != n || bar.bar_times_X.cols() != k) {
        std::ostringstream message;
        message << "pullback: bar_times_X is " << bar.bar_times_X.rows() << "×" << bar.bar_times_X.cols()
                << ", the eigenvectors are " << n << "×" << k;
        throw std::invalid_argument(message.str());
    }
    const FunctionOnSpectrum f = evaluate(pairs, bar);

    Pullback<S> result;
    Block<S> X = to_block<S>(pairs.vectors);
    const Eigen::VectorXd x_norms = norms<S>(X, options.sum, "pullback: the matrix of eigenvectors");
    Block<S> FX = to_block<S>(bar.bar_times_X);
    Matrix<S> N = gram<S>(X, FX, options.sum, "pullback: bar_times_X");
    N = ((N + N.adjoint()) / 2.0).eval();
    scale_columns<S>(FX, f.values);
    const Eigen::VectorXd rhs_norms = norms<S>(FX, options.sum);

    // Ā = X C Xᴴ + 2 sym(W Xᴴ) = sym(X (X C + 2W)ᴴ)
    Eigen::VectorXd gaps(k);
    for (Index i = 0; i < k; ++i) gaps(i) = gap_outside(pairs, i);
    Block<S> Z = solve_adjoint<S>(pencil, pairs, gaps, X, std::move(FX), options, result.report);
    result.adjoints = Z;
    if (options.warm) remember_adjoints<S>(result.adjoints, *options.warm);
    scale_columns<S>(Z, Eigen::VectorXd::Constant(k, 2.0));
    const Matrix<S> C = f.differences.template cast<S>().cwiseProduct(N);
    if (pencil.B) {  // h[a, b] = f[a, b] (a + b)/2 + (f(a) + f(b))/2 for h(λ) = λ f(λ)
        Block<S> Z_B = Z;
        scale_columns<S>(Z_B, -pairs.values);
        Matrix<S> C_B(k, k);
        for (Index i = 0; i < k; ++i) {
            for (Index j = 0; j < k; ++j) {
                const double h =
                    0.5 * (f.differences(j, i) * (pairs.values(i) + pairs.values(j)) + f.values(i) + f.values(j));
                C_B(j, i) = h * N(j, i);
            }
        }
        add_product<S>(Z_B, X, -C_B);
        result.B = {X, std::move(Z_B)};
    }
    add_product<S>(Z, X, C);
    result.A = {std::move(X), std::move(Z)};
    const Eigen::VectorXd weights = C.colwise().norm();
    result.report.error_estimate =
        estimate_error<S>(pairs, x_norms, gaps, weights, rhs_norms, 2.0, result.report, result.A, options.sum);
    return result;
}

template Pullback<double> pullback<double>(const Pencil<double>&, const Eigenpairs<double>&,
                                           const SpectralFunction<double>&, const PullbackOptions<double>&);
template Pullback<std::complex<double>> pullback<std::complex<double>>(const Pencil<std::complex<double>>&,
                                                                       const Eigenpairs<std::complex<double>>&,
                                                                       const SpectralFunction<std::complex<double>>&,
                                                                       const PullbackOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
