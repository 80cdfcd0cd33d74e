#include "adjoint.hpp"
#include "eigensolver/start_vectors.hpp"
#include "operator/own_preconditioner.hpp"
#include "projected_solver/krylov.hpp"
#include "projected_solver/shift_invert_solve.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace lambdabar {

namespace {

/// Relative tolerance per column: half the eigenvector's own error ‖r_i‖/δ_i, no less than rounding allows.
template <ScalarType S>
Eigen::VectorXd supported_tolerance(const Eigenpairs<S>& pairs, const Eigen::VectorXd& gaps,
                                    const std::vector<Index>& columns) {
    constexpr double eps = std::numeric_limits<double>::epsilon();
    Eigen::VectorXd tol(static_cast<Index>(columns.size()));
    for (std::size_t j = 0; j < columns.size(); ++j) {
        const double gap = gaps(columns[j]);
        // The norm of pairs that were found by solves says nothing about the rounding of products.
        const double rounding =
            std::isnan(pairs.sigma) || pairs.solve ? 10.0 * eps * std::max(1.0, pairs.norm_A / gap) : 1e-9;
        tol(static_cast<Index>(j)) =
            std::clamp(0.5 * pairs.residuals(columns[j]) / gap, std::min(rounding, 1e-6), 1e-4);
    }
    return tol;
}

/// ‖s_i‖_B bounds the error of w_i by ‖s_i‖_B |λ_j − σ|/|λ_j − λ_i|: as residuals of A − λ_iB, whose error bound is
/// the residual over the distance, these are ‖s_i‖_B (|λ_i − σ| + distance).
template <ScalarType S>
void in_units_of_eigenvalues(const Eigenpairs<S>& pairs, const std::vector<Index>& columns,
                             ProjectedSolution<S>& solution) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
        const Index i = columns[j];
        const double unit = std::abs(pairs.values(i) - pairs.sigma) + gap_outside(pairs, i);
        solution.residuals(static_cast<Index>(j)) *= unit;
        solution.rhs_norms(static_cast<Index>(j)) *= unit;
    }
}

}  // namespace

template <ScalarType S>
Block<S> solve_adjoint(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const Eigen::VectorXd& gaps,
                       ConstBlockRef<S> X, Block<S> rhs, const PullbackOptions<S>& options, PullbackReport& report) {
    const Index n = X.rows(), k = X.cols();
    report.adjoint_residuals = report.adjoint_tolerances = Eigen::VectorXd::Zero(k);
    const Eigen::VectorXd rhs_norms = norms<S>(rhs, options.sum, "pullback: the cotangent");
    std::vector<Index> columns;
    for (Index i = 0; i < k; ++i) {
        if (rhs_norms(i) > 0.0) columns.push_back(i);
    }
    if (columns.empty()) return zeros<S>(n, k);

    const Index b = static_cast<Index>(columns.size());
    Eigen::VectorXd lambda(b);
    const Warm<S>* warm = options.warm;
    const bool warm_fits = warm && holds_adjoints(*warm, n, k);
    const Matrix<S>& start = warm_fits ? warm->adjoints : options.start;
    const Index held = warm ? previous_adjoints_held(*warm, n, k) : 0;
    const Index changes = options.sum.total(held > 0 ? 0 : 1) == 0 ? held : 0;
    ProjectedSolveOptions<S> solve;
    if (start.size() > 0 && (start.rows() != n || start.cols() != k)) {
        std::ostringstream message;
        message << "pullback: the adjoint start block is " << start.rows() << "×" << start.cols() << ", expected " << n
                << "×" << k;
        throw std::invalid_argument(message.str());
    }
    if (start.size() > 0) solve.start.resize(n, b);
    if (changes > 0) solve.start_changes.resize(n, changes * b);
    for (Index j = 0; j < b; ++j) {
        const Index i = columns[static_cast<std::size_t>(j)];
        lambda(j) = pairs.values(i);
        if (start.size() > 0) solve.start.col(j) = start.col(i);
        for (Index m = 0; m < changes; ++m) {
            const auto later = m == 0 ? start.col(i) : warm->previous_adjoints.col((m - 1) * k + i);
            solve.start_changes.col(m * b + j) = later - warm->previous_adjoints.col(m * k + i);
        }
    }
    if (b < k) keep_columns(rhs, columns);
    scale_columns<S>(rhs, Eigen::VectorXd::Constant(b, -1.0));
    solve.tol =
        options.tol > 0.0 ? Eigen::VectorXd::Constant(1, options.tol) : supported_tolerance(pairs, gaps, columns);
    solve.method = options.method;
    solve.max_iterations = options.max_iterations;
    solve.preconditioner = options.preconditioner;
    solve.sum = options.sum;
    // Ritz vectors of (A − σB)⁻¹B are not Ritz vectors of A, which the elimination of E takes them to be.
    const bool deflate_extra = options.use_extra && pairs.extra_images.size() == 0;
    const Block<S> extra = deflate_extra ? Block<S>(pairs.extra) : Block<S>(n, 0);
    const Deflation<S> deflation{.X = X,
                                 .extra = extra,
                                 .extra_values = deflate_extra ? pairs.extra_values : Eigen::VectorXd(),
                                 .sign = pairs.which == Which::smallest ? 1.0 : -1.0,
                                 .next = pairs.guard_value,
                                 .far_end = pairs.far_end};
    Eigen::VectorXd given_norms = rhs_norms;
    keep_entries(given_norms, columns);
    const bool by_solve = pairs.solve && !options.preconditioner &&
                          (options.method == LinearMethod::automatic || options.method == LinearMethod::shift_invert);
    if (options.method == LinearMethod::shift_invert && !by_solve) {
        throw std::invalid_argument(
            "pullback: the shift_invert method needs pairs that came with a solve by A − σB, and no preconditioner");
    }
    ProjectedSolution<S> solution;
    Eigen::VectorXd targets;
    if (by_solve) {
        const ShiftInvertProblem<S> problem{
            .pencil = pencil,
            .solve = pairs.solve,
            .sigma = pairs.sigma,
            .X = X,
            .extra = pairs.extra,
            .extra_images = pairs.extra_images,
            .extra_values = pairs.extra_values,
            .definite = pairs.which == Which::smallest && pairs.sigma < pairs.values.minCoeff(),
            .sum = options.sum};
        solution = shift_invert_solve<S>(problem, lambda, std::move(rhs), solve.tol, options.max_iterations);
        solution.method = LinearMethod::shift_invert;
        in_units_of_eigenvalues(pairs, columns, solution);
        const Eigen::VectorXd in_force = solve.tol.cwiseMax(kLeastTolerance);
        targets = in_force.size() == 1 ? Eigen::VectorXd(in_force(0) * solution.rhs_norms)
                                       : in_force.cwiseProduct(solution.rhs_norms);
    } else {
        // With B there is no polynomial of A to help, and the incomplete factor found the pairs too.
        if (pencil.B && !solve.preconditioner && options.method == LinearMethod::automatic &&
            pairs.which == Which::smallest)
            solve.preconditioner =
                pairs.preconditioner ? pairs.preconditioner : own_preconditioner(pencil, options.sum);
        solution = detail::projected_solve<S>(pencil, lambda, deflation, std::move(rhs), solve);
        targets = residual_targets(solve.tol.size() == 1 ? Eigen::VectorXd::Constant(b, solve.tol(0)) : solve.tol,
                                   solution.rhs_norms, given_norms);
    }
    const bool all = b == k;
    Block<S> W = all ? std::move(solution.W) : zeros<S>(n, k);

    report.products += solution.products;
    report.solves += solution.solves;
    report.iterations = solution.iterations;
    report.method = solution.method;
    report.converged = solution.converged;
    for (Index j = 0; j < b; ++j) {
        const Index i = columns[static_cast<std::size_t>(j)];
        if (!all) W.col(i) = solution.W.col(j);
        report.adjoint_residuals(i) = solution.residuals(j);
        report.adjoint_tolerances(i) = targets(j);
        if (!options.accept_unconverged && !solution.column_converged[static_cast<std::size_t>(j)]) {
            std::ostringstream message;
            message << "pullback: the adjoint of pair " << i + 1 << " (λ = " << pairs.values(i)
                    << ") has not converged after " << solution.iterations << " iterations: residual "
                    << solution.residuals(j) << ", tolerance " << report.adjoint_tolerances(i);
            throw NotConverged(message.str());
        }
    }
    return W;
}

template <ScalarType S>
void remember_adjoints(const Matrix<S>& W, Warm<S>& warm) {
    const Index n = W.rows(), k = W.cols();
    const Index further = previous_adjoints_held(warm, n, k) > 0 ? k : 0;
    warm.previous_adjoints =
        holds_adjoints(warm, n, k) ? followed_by<S>(warm.adjoints, warm.previous_adjoints, further) : Matrix<S>();
    warm.adjoints = W;
}

template <ScalarType S>
double estimate_error(const Eigenpairs<S>& pairs, const Eigen::VectorXd& x_norms, const Eigen::VectorXd& gaps,
                      const Eigen::VectorXd& weights, const Eigen::VectorXd& rhs_norms, double factor,
                      const PullbackReport& report, const Cotangent<S>& bar, const Sum& sum) {
    double error = 0.0;
    for (Index i = 0; i < pairs.size(); ++i) {
        const double angle = pairs.residuals(i) / gaps(i), x2 = x_norms(i) * x_norms(i);
        error += std::sqrt(2.0) * weights(i) * angle * x2;
        error += factor * 2.0 * rhs_norms(i) * x_norms(i) / gaps(i) * angle * x2;
        error += factor * report.adjoint_residuals(i) / gap_outside(pairs, i) * x2;
    }
    // ‖sym(V Wᴴ)‖² = ½ (tr VᴴV WᴴW + Re tr (VᴴW)²)
    const Matrix<S> VV = gram<S>(bar.V, bar.V, sum), WW = gram<S>(bar.W, bar.W, sum), VW = gram<S>(bar.V, bar.W, sum);
    const double square = 0.5 * (std::real((VV * WW).trace()) + std::real((VW * VW).trace()));
    return square > 0.0 ? error / std::sqrt(square) : 0.0;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template Block<S> solve_adjoint<S>(const Pencil<S>&, const Eigenpairs<S>&, const Eigen::VectorXd&,               \
                                       ConstBlockRef<S>, Block<S>, const PullbackOptions<S>&, PullbackReport&);      \
    template void remember_adjoints<S>(const Matrix<S>&, Warm<S>&);                                                  \
    template double estimate_error<S>(const Eigenpairs<S>&, const Eigen::VectorXd&, const Eigen::VectorXd&,          \
                                      const Eigen::VectorXd&, const Eigen::VectorXd&, double, const PullbackReport&, \
                                      const Cotangent<S>&, const Sum&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
