#include "general_adjoint.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;
constexpr double kEps = std::numeric_limits<double>::epsilon();

}  // namespace

template <ScalarType S>
void require_general_pairs(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs) {
    std::ostringstream message;
    message << "pullback: ";
    if (pairs.vectors.rows() != pencil.rows() || (pencil.B && pencil.B->rows() != pencil.rows())) {
        message << "the pairs have " << pairs.vectors.rows() << " rows, A has " << pencil.rows();
        if (pencil.B) message << " and B " << pencil.B->rows();
        throw std::invalid_argument(message.str());
    }
    if (!pairs.converged) {
        message << "the eigenpairs have not converged: ";
        if (!pairs.warning.empty()) message << pairs.warning << "; ";
        if (pairs.residuals.size() > 0) {
            Index worst = 0;
            pairs.residuals.maxCoeff(&worst);
            message << "the largest residual is " << pairs.residuals(worst) << ", of pair " << worst + 1
                    << " (λ = " << pairs.values(worst) << ")";
        }
        throw NotConverged(message.str());
    }
    if (pairs.left.rows() != pencil.rows() || pairs.left.cols() != pairs.size() ||
        pairs.conditions.size() != pairs.size()) {
        message << "derivatives need left eigenvectors: call eigs() with .left = true";
        throw std::invalid_argument(message.str());
    }
}

template <ScalarType S>
double require_regular(const GeneralEigenpairs<S>& pairs, const std::vector<Index>& touched,
                       const GeneralPullbackOptions& options) {
    double worst = 1.0;
    for (const Index i : touched) {
        worst = std::max(worst, pairs.conditions(i));
        std::ostringstream message;
        message.precision(12);
        if (!(pairs.conditions(i) <= options.condition_limit)) {
            message << "pullback: eigenvalue " << i + 1 << " (" << pairs.values(i) << ") has the condition "
                    << pairs.conditions(i) << ", above the limit " << options.condition_limit
                    << ": it is at or near an exceptional point, a defective multiple eigenvalue, where no derivative "
                       "exists";
            throw NotDifferentiable(message.str());
        }
        for (const Index j : cluster_of(pairs, i)) {
            if (!guard_touches(pairs, j)) continue;
            message << "pullback: the set of " << pairs.size() << " pairs cuts a cluster: eigenvalue " << j + 1 << " ("
                    << pairs.values(j) << ") cannot be told from the next one beyond the set (" << pairs.guard_value
                    << "); ask eigs() for more pairs";
            throw NotDifferentiable(message.str());
        }
    }
    return worst;
}

template <ScalarType S>
double gap_beside(const GeneralEigenpairs<S>& pairs, Index i, const std::vector<Index>& excluded) {
    double gap = std::isnan(pairs.guard_value.real()) ? std::numeric_limits<double>::infinity()
                                                      : std::abs(pairs.guard_value - pairs.values(i));
    for (Index j = 0; j < pairs.size(); ++j) {
        if (std::find(excluded.begin(), excluded.end(), j) != excluded.end()) continue;
        gap = std::min(gap, std::abs(pairs.values(j) - pairs.values(i)));
    }
    return std::isinf(gap) ? std::max(pairs.norm_A, std::abs(pairs.values(i))) : gap;
}

template <ScalarType S>
Block<Complex> solve_general_adjoint(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                                     const SingularSystems& systems, Block<Complex> rhs,
                                     const GeneralPullbackOptions& options, GeneralPullbackReport& report) {
    const Index n = rhs.rows(), c = rhs.cols();
    const Eigen::VectorXd size = norms<Complex>(rhs, options.sum, "pullback: the cotangent");
    std::vector<Index> columns;
    for (Index i = 0; i < c; ++i) {
        if (size(i) > 0.0) columns.push_back(i);
    }
    Block<Complex> W = zeros<Complex>(n, c);
    const Index before = report.adjoint_residuals.size();
    report.adjoint_residuals.conservativeResizeLike(Eigen::VectorXd::Zero(before + c));
    report.adjoint_tolerances.conservativeResizeLike(Eigen::VectorXd::Zero(before + c));
    if (columns.empty()) return W;

    const auto width = static_cast<Index>(columns.size());
    Block<Complex> given(n, width);
    SingularSystems some{.adjoint = systems.adjoint, .index = {}, .excluded = {}};
    GmresOptions solve{.basis_size = options.basis_size,
                       .max_products = options.max_products,
                       .preconditioner = options.preconditioner,
                       .sum = options.sum};
    solve.tol.resize(width);
    for (Index j = 0; j < width; ++j) {
        const auto i = static_cast<std::size_t>(columns[static_cast<std::size_t>(j)]);
        given.col(j) = rhs.col(columns[static_cast<std::size_t>(j)]);
        some.index.push_back(systems.index[i]);
        some.excluded.push_back(systems.excluded[i]);
        // Half of the eigenvectors' own error, no less than rounding allows.
        const Index own = systems.index[i];
        const double gap = gap_beside(pairs, own, systems.excluded[i]);
        const bool inverted = !std::isnan(pairs.sigma.real());
        const double rounding = 20.0 * kEps * (inverted ? 10.0 : std::max(1.0, pairs.norm_A / gap));
        const double supported = 0.5 * std::max(pairs.residuals(own), pairs.left_residuals(own)) / gap;
        solve.tol(j) = options.tol > 0.0 ? options.tol : std::clamp(supported, std::min(rounding, 1e-6), 1e-4);
    }
    const GmresSolution solution = detail::projected_gmres<S>(pencil, pairs, some, std::move(given), solve);
    report.products += solution.products;
    report.solves += solution.solves;
    report.iterations += solution.iterations;
    if (solution.method != "none") report.method = solution.method;
    report.converged = report.converged && solution.converged;
    for (Index j = 0; j < width; ++j) {
        const Index i = columns[static_cast<std::size_t>(j)];
        W.col(i) = solution.W.col(j);
        report.adjoint_residuals(before + i) = solution.residuals(j);
        report.adjoint_tolerances(before + i) = solve.tol(j);
        if (options.accept_unconverged || solution.column_converged[static_cast<std::size_t>(j)]) continue;
        const Index own = some.index[static_cast<std::size_t>(j)];
        std::ostringstream message;
        message << "pullback: the adjoint of pair " << own + 1 << " (λ = " << pairs.values(own)
                << ") has not converged after " << solution.products + solution.solves
                << " products and solves: relative residual " << solution.residuals(j) << ", tolerance "
                << solve.tol(j);
        throw NotConverged(message.str());
    }
    return W;
}

template <ScalarType S>
GeneralCotangent<S> cotangent_of(const Block<Complex>& V, const Block<Complex>& W) {
    if constexpr (std::same_as<S, double>) {
        GeneralCotangent<double> bar{Block<double>(V.rows(), 2 * V.cols()), Block<double>(V.rows(), 2 * V.cols())};
        bar.V << V.real(), V.imag();
        bar.W << W.real(), W.imag();
        return bar;
    } else {
        return {V, W};
    }
}

template <ScalarType S>
double cotangent_norm(const GeneralCotangent<S>& bar, const Sum& sum) {
    // ‖V Wᴴ‖² = tr (WᴴW)(VᴴV)
    return std::sqrt(std::max(0.0, std::real((gram<S>(bar.W, bar.W, sum) * gram<S>(bar.V, bar.V, sum)).trace())));
}

#define LAMBDABAR_INSTANTIATE(S)                                                                             \
    template void require_general_pairs<S>(const GeneralPencil<S>&, const GeneralEigenpairs<S>&);            \
    template double require_regular<S>(const GeneralEigenpairs<S>&, const std::vector<Index>&,               \
                                       const GeneralPullbackOptions&);                                       \
    template double gap_beside<S>(const GeneralEigenpairs<S>&, Index, const std::vector<Index>&);            \
    template Block<Complex> solve_general_adjoint<S>(const GeneralPencil<S>&, const GeneralEigenpairs<S>&,   \
                                                     const SingularSystems&, Block<Complex>,                 \
                                                     const GeneralPullbackOptions&, GeneralPullbackReport&); \
    template GeneralCotangent<S> cotangent_of<S>(const Block<Complex>&, const Block<Complex>&);              \
    template double cotangent_norm<S>(const GeneralCotangent<S>&, const Sum&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
