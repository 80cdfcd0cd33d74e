#include "projected_solver/projected_problem.hpp"

#include <doctest/doctest.h>

namespace lambdabar::test {

template <ScalarType S>
ProjectedProblem<S> projected_problem(const Eigen::VectorXd& values, std::vector<Index> set, double sign, unsigned seed,
                                      Index columns) {
    ProjectedProblem<S> problem;
    problem.A = {hermitian_with_spectrum<S>(values, seed)};
    const auto exact = reference_eigh<S>(problem.A.A);
    problem.all_values = exact.values;
    problem.all_vectors = exact.vectors;
    problem.set = std::move(set);
    problem.sign = sign;
    const Index n = values.size(), k = static_cast<Index>(problem.set.size());
    if (columns == 0) columns = k;
    problem.X.resize(n, k);
    problem.lambda.resize(columns);
    for (Index i = 0; i < k; ++i) problem.X.col(i) = exact.vectors.col(problem.set[static_cast<std::size_t>(i)]);
    for (Index i = 0; i < columns; ++i) problem.lambda(i) = exact.values(problem.set[static_cast<std::size_t>(i % k)]);
    problem.extra.resize(n, 0);
    problem.rhs = random_matrix<S>(n, columns, seed + 1);
    return problem;
}

std::vector<Index> one_end(Index n, Index k, double sign) {
    std::vector<Index> set;
    for (Index i = 0; i < k; ++i) set.push_back(sign > 0 ? i : n - k + i);
    return set;
}

Eigen::VectorXd spread_spectrum(Index n, double sign) {
    Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, 4.0, 10.0 + static_cast<double>(n) / 5.0);
    const Index known = std::min<Index>(n, 4);
    values.head(known) = numbers({1.0, 2.0, 2.0, 3.0}).head(known);
    if (sign < 0) values = (-values.reverse()).eval();
    return values;
}

Vector<double> laplacian_eigenvector(Index m0, Index m1, Index i, Index j) {
    Vector<double> x(m0 * m1);
    for (Index b = 0; b < m1; ++b) {
        for (Index a = 0; a < m0; ++a) {
            x(a + m0 * b) =
                std::sin(std::numbers::pi * static_cast<double>(i * (a + 1)) / static_cast<double>(m0 + 1)) *
                std::sin(std::numbers::pi * static_cast<double>(j * (b + 1)) / static_cast<double>(m1 + 1));
        }
    }
    return x.normalized();
}

template <ScalarType S>
void check_solution(const ProjectedProblem<S>& problem, const ProjectedSolution<S>& solution,
                    const Eigen::VectorXd& tol) {
    const Matrix<S> W = solution.W, wanted = problem.solution();
    const Eigen::VectorXd residuals = problem.true_residuals(W);
    const double rounding = problem.rounding(W);
    Matrix<S> P_rhs = problem.rhs;
    P_rhs -= problem.X * (problem.X.adjoint() * P_rhs);
    CHECK(solution.converged);
    CHECK((problem.X.adjoint() * W).norm() <= 10.0 * kEps * static_cast<double>(problem.n()) * W.norm());
    for (Index i = 0; i < W.cols(); ++i) {
        CAPTURE(i);
        const double bound = tol(i) * P_rhs.col(i).norm();
        CHECK(solution.column_converged[static_cast<std::size_t>(i)]);
        CHECK(std::abs(solution.rhs_norms(i) - P_rhs.col(i).norm()) <= rounding);
        CHECK(solution.residuals(i) <= bound + rounding);
        CHECK(std::abs(solution.residuals(i) - residuals(i)) <= rounding);
        CHECK((W.col(i) - wanted.col(i)).norm() <= (bound + rounding) / problem.gap(i));
    }
}

template <ScalarType S>
double ProjectedProblem<S>::gap(Index i) const {
    double gap = kInfinity;
    for (Index j = 0; j < n(); ++j) {
        if (!in_set(j)) gap = std::min(gap, std::abs(all_values(j) - lambda(i)));
    }
    return gap;
}

template <ScalarType S>
Matrix<S> ProjectedProblem<S>::solution() const {
    Matrix<S> W = Matrix<S>::Zero(n(), rhs.cols());
    for (Index i = 0; i < rhs.cols(); ++i) {
        for (Index j = 0; j < n(); ++j) {
            const auto x = all_vectors.col(j);
            if (!in_set(j)) W.col(i) += x * (x.dot(rhs.col(i)) / (all_values(j) - lambda(i)));
        }
    }
    return W;
}

template <ScalarType S>
Eigen::VectorXd ProjectedProblem<S>::true_residuals(const Matrix<S>& W) const {
    Matrix<S> R = A.A * W - W * lambda.template cast<S>().asDiagonal() - rhs;
    R -= X * (X.adjoint() * R);
    return R.colwise().norm();
}

template <ScalarType S>
double ProjectedProblem<S>::rounding(const Matrix<S>& W) const {
    return 10.0 * kEps * static_cast<double>(n()) * (norm_A() * W.colwise().norm().maxCoeff() + rhs.norm());
}

template <ScalarType S>
void ProjectedProblem<S>::set_extra(Index count, double roughness, unsigned seed) {
    Matrix<S> E = random_matrix<S>(n(), count, seed) / std::sqrt(static_cast<double>(n()));
    if (roughness < kInfinity) {
        Index taken = 0;
        E *= roughness;
        for (Index i = 0; i < n() && taken < count; ++i) {
            const Index j = sign > 0 ? i : n() - 1 - i;
            if (!in_set(j)) E.col(taken++) += all_vectors.col(j);
        }
    }
    for (int twice = 0; twice < 2; ++twice) {
        E -= X * (X.adjoint() * E);
        E = (Eigen::HouseholderQR<Matrix<S>>(E).householderQ() * Matrix<S>::Identity(n(), count)).eval();
    }
    const auto ritz = reference_eigh<S>(hermitian_part<S>(E.adjoint() * A.A * E));
    extra = E * ritz.vectors;
    extra_values = ritz.values;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                              \
    template struct ProjectedProblem<S>;                                                                      \
    template ProjectedProblem<S> projected_problem<S>(const Eigen::VectorXd& values, std::vector<Index> set,  \
                                                      double sign, unsigned seed, Index columns);             \
    template void check_solution<S>(const ProjectedProblem<S>& problem, const ProjectedSolution<S>& solution, \
                                    const Eigen::VectorXd& tol);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
