#include "general_adjoint.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

template <ScalarType S>
std::vector<Index> checked_group(const GeneralEigenpairs<S>& pairs, const ProjectorCotangent& bar) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    std::vector<Index> group = bar.group;
    if (group.empty()) {
        group.resize(static_cast<std::size_t>(k));
        std::iota(group.begin(), group.end(), Index{0});
    }
    const auto m = static_cast<Index>(group.size());
    std::ostringstream message;
    message.precision(12);
    message << "pullback: ";
    std::vector<Index> sorted = group;
    std::sort(sorted.begin(), sorted.end());
    const bool repeated = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
    const auto fits = [&](const Matrix<Complex>& M) { return M.rows() == n && M.cols() == m && M.allFinite(); };
    if (repeated || sorted.front() < 0 || sorted.back() >= k) {
        message << "the group names positions " << sorted.front() << " to " << sorted.back()
                << (repeated ? ", one of them twice," : "") << " of " << k << " pairs";
    } else if (!fits(bar.bar_times_left) || !fits(bar.bar_adjoint_times_vectors)) {
        message << "P̄Y is " << bar.bar_times_left.rows() << "×" << bar.bar_times_left.cols() << " and P̄ᴴX is "
                << bar.bar_adjoint_times_vectors.rows() << "×" << bar.bar_adjoint_times_vectors.cols()
                << ", or one is not finite; a group of " << m << " pairs needs " << n << "×" << m;
    } else {
        for (const auto& c : pairs.clusters) {
            const auto inside = std::count_if(
                c.begin(), c.end(), [&](Index i) { return std::binary_search(sorted.begin(), sorted.end(), i); });
            if (inside == 0 || inside == static_cast<std::ptrdiff_t>(c.size())) continue;
            message << "the group parts a cluster: it has " << inside << " of the " << c.size()
                    << " eigenvalues that cannot be told from " << pairs.values(c.front());
            throw NotDifferentiable(message.str());
        }
        return group;
    }
    throw std::invalid_argument(message.str());
}

}  // namespace

namespace detail {

template <ScalarType S>
GeneralPullback<S> pullback(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                            const ProjectorCotangent& bar, const GeneralPullbackOptions& options) {
    require_general_pairs(pencil, pairs);
    const std::vector<Index> group = checked_group(pairs, bar);
    const Index n = pencil.rows(), m = static_cast<Index>(group.size());
    GeneralPullback<S> result;
    GeneralPullbackReport& report = result.report;
    report.condition = require_regular(pairs, group, options);
    report.gauge_residuals = Eigen::VectorXd::Zero(pairs.size());

    Block<Complex> X(n, m), Y(n, m);
    Eigen::VectorXcd lambda(m);
    SingularSystems systems{.adjoint = true, .index = group, .excluded = {}};
    for (Index i = 0; i < m; ++i) {
        const Index own = group[static_cast<std::size_t>(i)];
        X.col(i) = pairs.vectors.col(own);
        Y.col(i) = pairs.left.col(own);
        lambda(i) = pairs.values(own);
        systems.excluded.push_back(group);
    }
    const Block<Complex> bar_Y = to_block<Complex>(bar.bar_times_left);
    const Block<Complex> bar_X = to_block<Complex>(bar.bar_adjoint_times_vectors);
    const Block<Complex> W = solve_general_adjoint(pencil, pairs, systems, Block<Complex>(-bar_Y), options, report);
    systems.adjoint = false;
    const Block<Complex> V = solve_general_adjoint(pencil, pairs, systems, Block<Complex>(-bar_X), options, report);
    result.adjoints = W;

    // Ā = W Xᴴ + Y Vᴴ,   B̄ = −W Λᴴ Xᴴ − Y Λᴴ Vᴴ − Y (XᴴP̄Y) Xᴴ
    Block<Complex> left(n, 2 * m), right(n, 2 * m);
    left << W, Y;
    right << X, V;
    result.A = cotangent_of<S>(left, right);
    if (pencil.B) {
        const Matrix<Complex> inside = gram<Complex>(X, bar_Y, options.sum, "pullback: the projector's cotangent");
        Block<Complex> left_B(n, 2 * m);
        left_B.leftCols(m) = -(W * lambda.conjugate().asDiagonal());
        add_product<Complex>(left_B.leftCols(m), Y, -inside);
        left_B.rightCols(m) = -(Y * lambda.conjugate().asDiagonal());
        result.B = cotangent_of<S>(left_B, right);
    }

    double error = 0.0;
    const Eigen::VectorXd sizes_Y = norms<Complex>(bar_Y, options.sum), sizes_X = norms<Complex>(bar_X, options.sum);
    for (Index i = 0; i < m; ++i) {
        const Index own = group[static_cast<std::size_t>(i)];
        const double gap = gap_beside(pairs, own, group), condition = pairs.conditions(own);
        const double angle = condition * (pairs.residuals(own) + pairs.left_residuals(own)) / gap;
        const double size = (sizes_Y(i) + sizes_X(i) * condition) * condition / gap;
        error += size * (2.0 * angle + report.adjoint_residuals(i) + report.adjoint_residuals(m + i));
    }
    const double norm = cotangent_norm(result.A, options.sum);
    report.error_estimate = norm > 0.0 ? error / norm : 0.0;
    return result;
}

template GeneralPullback<double> pullback<double>(const GeneralPencil<double>&, const GeneralEigenpairs<double>&,
                                                  const ProjectorCotangent&, const GeneralPullbackOptions&);
template GeneralPullback<Complex> pullback<Complex>(const GeneralPencil<Complex>&, const GeneralEigenpairs<Complex>&,
                                                    const ProjectorCotangent&, const GeneralPullbackOptions&);

}  // namespace detail

}  // namespace lambdabar
