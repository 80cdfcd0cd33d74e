#include "shift_invert_solve.hpp"

#include "block/dense.hpp"
#include "complement.hpp"
#include "shared_krylov.hpp"
#include "shift_invert_cg.hpp"

#include <limits>

namespace lambdabar {

namespace {

constexpr const char* kSolve = "pullback: the result of the solve with A − σB";
constexpr const char* kRightHandSide = "pullback: the right-hand side";
constexpr Index kMostIterations = 1000;

/// Dimensions of the range of R to half the digits.
template <ScalarType S>
Index rank(const Block<S>& R, const Sum& sum) {
    Block<S> U = R;
    const double least = std::numeric_limits<double>::min();
    scale_columns<S>(U, norms<S>(R, sum, kRightHandSide).cwiseMax(least).cwiseInverse());
    return leading_directions<S>(gram<S>(U, U, sum), 1e-6, 1e-13).cols();
}

/// By conjugate gradients; what they leave goes into `rhs`.
template <ScalarType S>
ProjectedSolution<S> solve_definite(const ShiftInvertProblem<S>& problem, const Complement<S>& complement,
                                    const Eigen::VectorXd& lambda, Block<S>& rhs, const Eigen::VectorXd& tol,
                                    Index max_iterations) {
    ProjectedSolution<S> solution;
    solution.W = zeros<S>(rhs.rows(), rhs.cols());
    const auto cg = shift_invert_cg<S>(problem, complement, lambda, tol, max_iterations, solution.W, rhs);
    solution.rhs_norms = cg.first_sizes;
    solution.residuals = cg.sizes;
    solution.iterations = cg.iterations;
    solution.solves = cg.solves;
    solution.column_converged.assign(static_cast<std::size_t>(rhs.cols()), true);
    for (const Index j : cg.unconverged) solution.column_converged[static_cast<std::size_t>(j)] = false;
    solution.converged = cg.unconverged.empty();
    return solution;
}

}  // namespace

template <ScalarType S>
ProjectedSolution<S> shift_invert_solve(const ShiftInvertProblem<S>& problem, const Eigen::VectorXd& lambda,
                                        Block<S> rhs, const Eigen::VectorXd& given_tol, Index max_iterations) {
    const Index most = max_iterations > 0 ? max_iterations : kMostIterations;
    const Complement<S> complement(problem.X, Metric<S>(problem.pencil.B), problem.sum);
    Eigen::VectorXd tol = given_tol.cwiseMax(kLeastTolerance);
    if (tol.size() != rhs.cols()) tol = Eigen::VectorXd::Constant(rhs.cols(), tol(0));
    for (int pass = 0; pass < 2; ++pass) complement.project_residual(rhs, kRightHandSide);
    SharedKrylov<S> shared(problem, complement, lambda);
    if (!problem.definite || 2 * rank<S>(rhs, problem.sum) <= rhs.cols())
        return shared.solve(std::move(rhs), tol, most);
    ProjectedSolution<S> solution = solve_definite<S>(problem, complement, lambda, rhs, tol, most);
    if (solution.converged || solution.iterations >= most) {
        complement.project_direction(solution.W, kSolve);
        return solution;
    }
    // Not definite after all: the rest of the way by the method that does not need it.
    const Eigen::VectorXd size = solution.residuals.cwiseMax(std::numeric_limits<double>::min());
    const Eigen::VectorXd goal = tol.cwiseProduct(solution.rhs_norms);
    ProjectedSolution<S> rest = shared.solve(std::move(rhs), goal.cwiseQuotient(size).cwiseMin(1.0), most);
    for (Index j = 0; j < rest.residuals.size(); ++j) {  // what had converged was left out
        if (solution.column_converged[static_cast<std::size_t>(j)]) rest.residuals(j) = solution.residuals(j);
    }
    rest.W += solution.W;
    rest.rhs_norms = solution.rhs_norms;
    rest.iterations += solution.iterations;
    rest.solves += solution.solves;
    return rest;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                              \
    template ProjectedSolution<S> shift_invert_solve<S>(const ShiftInvertProblem<S>&, const Eigen::VectorXd&, \
                                                        Block<S>, const Eigen::VectorXd&, Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
