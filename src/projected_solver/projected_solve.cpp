#include <lambdabar/projected_solver/projected_solve.hpp>

#include "chebyshev_preconditioner.hpp"
#include "krylov.hpp"
#include "sentence.hpp"

#include <cmath>

namespace lambdabar {

namespace {

constexpr int kPasses = 4;  // restarts from the true residual
constexpr Index kMostIterations = 50000;
constexpr Index kMostPolynomials = 500;  // steps with one
constexpr double kLeastChange = 1e-10;   // of a direction that is left, once earlier ones are removed from it

template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (!condition) refuse_input<6>("projected_solve: ", parts...);
}

template <ScalarType S>
void check(const Pencil<S>& pencil, const Eigen::VectorXd& lambda, const Deflation<S>& deflation, ConstBlockRef<S> rhs,
           const ProjectedSolveOptions<S>& options) {
    const Index n = pencil.rows(), b = rhs.cols();
    require(!pencil.B || pencil.B->rows() == n, "A has ", n, " rows and B has ", pencil.B ? pencil.B->rows() : n);
    require(rhs.rows() == n, "the right-hand side has ", rhs.rows(), " rows, the operator ", n);
    require(lambda.size() == b, "there are ", lambda.size(), " shifts for ", b, " columns");
    require(lambda.allFinite(), "a shift is not finite");
    require(deflation.X.rows() == n || deflation.X.cols() == 0, "X has ", deflation.X.rows(), " rows, the operator ",
            n);
    require(deflation.extra.rows() == n || deflation.extra.cols() == 0, "extra has ", deflation.extra.rows(),
            " rows, the operator ", n);
    require(deflation.extra.cols() == deflation.extra_values.size(), "there are ", deflation.extra.cols(),
            " extra vectors and ", deflation.extra_values.size(), " extra values");
    require(options.tol.size() == b || options.tol.size() == 1, "tol has ", options.tol.size(), " entries for ", b,
            " columns");
    require((options.tol.array() > 0.0).all(), "tol must be positive");
    require(options.start.size() == 0 || (options.start.rows() == n && options.start.cols() == b),
            "the start block is ", options.start.rows(), "×", options.start.cols(), ", the right-hand side ", n, "×",
            b);
    require(options.start_changes.size() == 0 || (options.start.size() > 0 && options.start_changes.rows() == n &&
                                                  options.start_changes.cols() % b == 0),
            "the changes of the start block are ", options.start_changes.rows(), "×", options.start_changes.cols(),
            ", the start block ", options.start.rows(), "×", options.start.cols());
}

template <ScalarType S>
struct Change {
    Block<S> D, AD;
    Eigen::VectorXd squares;  // ‖A d_i‖²; 0: of no use

    /// The real multiple of each A d_i that is nearest to y_i.
    Eigen::VectorXd part_of(ConstBlockRef<S> Y, const Sum& sum) const {
        const Eigen::ArrayXd products = dots<S>(AD, Y, sum).real().array();
        return (squares.array() > 0.0).select(products / squares.array(), 0.0);
    }
};

/// U ← U + Σ_m D_m diag(α_m), R ← R − Σ_m A D_m diag(α_m) with the real α that make each ‖r_i‖ smallest.
template <ScalarType S>
void extrapolate(DeflatedOperator<S>& A, const Eigen::VectorXd& lambda, const Matrix<S>& changes, const Sum& sum,
                 Block<S>& U, Block<S>& R) {
    std::vector<Change<S>> earlier;
    for (Index first = 0; first < changes.cols(); first += U.cols()) {
        Change<S> next{changes.middleCols(first, U.cols()), Block<S>(U.rows(), U.cols()), {}};
        A.project_direction(next.D);
        A.apply(next.D, lambda, next.AD);
        const Eigen::VectorXd whole = norms<S>(next.AD, sum, "projected_solve: the operator's product");
        for (const Change<S>& change : earlier) {
            const Eigen::VectorXd part = change.part_of(next.AD, sum);
            add_scaled<S>(next.D, change.D, -part);
            add_scaled<S>(next.AD, change.AD, -part);
        }
        const Eigen::ArrayXd left = norms<S>(next.AD, sum).array();
        next.squares = (left > kLeastChange * whole.array()).select(left.square(), 0.0);
        const Eigen::VectorXd alpha = next.part_of(R, sum);
        add_scaled<S>(U, next.D, alpha);
        add_scaled<S>(R, next.AD, -alpha);
        earlier.push_back(std::move(next));
    }
}

template <ScalarType S>
RestOfSpectrum rest_of_spectrum(const DeflatedOperator<S>& A, const Deflation<S>& deflation) {
    const double beyond = A.largest_extra_value();
    return {std::isnan(beyond) ? deflation.sign * deflation.next : beyond, deflation.sign * deflation.far_end};
}

/// The listed columns of U, R: R = rhs − A U has been computed for all.
template <ScalarType S>
KrylovOutcome improve(DeflatedOperator<S>& A, const Eigen::VectorXd& lambda, const Eigen::VectorXd& target,
                      const std::vector<Index>& active, const ShiftedPreconditioner<S>& preconditioner,
                      const ProjectedSolveOptions<S>& options, LinearMethod method, Index max_iterations, Block<S>& U,
                      Block<S>& R) {
    KrylovProblem<S> problem{A, lambda, target, max_iterations, preconditioner, options.sum};
    problem.target *= 0.9;  // the recurrence's residual and the true one differ by rounding
    keep_entries(problem.lambda, active);
    keep_entries(problem.target, active);
    const bool all = static_cast<Index>(active.size()) == U.cols();
    Block<S> u;
    if (all) {
        u.swap(U);
    } else {
        u = U;
        keep_columns(u, active);
        keep_columns(R, active);
    }
    const KrylovOutcome outcome =
        method == LinearMethod::minres ? block_minres<S>(problem, u, R) : block_cg<S>(problem, u, R);
    if (all) {
        u.swap(U);
    } else {
        for (std::size_t j = 0; j < active.size(); ++j) U.col(active[j]) = u.col(static_cast<Index>(j));
    }
    return outcome;
}

}  // namespace

namespace detail {

template <ScalarType S>
ProjectedSolution<S> projected_solve(const Pencil<S>& pencil, const Eigen::VectorXd& lambda,
                                     const Deflation<S>& deflation, Block<S> rhs,
                                     const ProjectedSolveOptions<S>& options) {
    check<S>(pencil, lambda, deflation, rhs, options);
    const Index b = rhs.cols();
    CountedOperator<S> counted(pencil.A, deflation.sign);
    const Metric<S> metric(pencil.B);
    const Eigen::VectorXd shift = deflation.sign * lambda;
    ProjectedSolution<S> solution;
    solution.method = options.method == LinearMethod::minres ? LinearMethod::minres : LinearMethod::cg;
    solution.column_converged.assign(static_cast<std::size_t>(b), true);
    solution.W = zeros<S>(rhs.rows(), b);
    solution.residuals = solution.rhs_norms = Eigen::VectorXd::Zero(b);
    if (b == 0) {
        solution.converged = true;
        return solution;
    }

    DeflatedOperator<S> operator_on_Q(counted, metric, deflation, shift, options.sum);
    const Eigen::VectorXd given_norms = norms<S>(rhs, options.sum, "projected_solve: the right-hand side");
    if (deflation.sign < 0) rhs *= S{-1.0};
    operator_on_Q.remove_X(rhs);
    solution.rhs_norms = norms<S>(rhs, options.sum);
    const Eigen::VectorXd tol = options.tol.size() == b ? options.tol : Eigen::VectorXd::Constant(b, options.tol(0));
    const Eigen::VectorXd target = residual_targets(tol, solution.rhs_norms, given_norms);
    const Index most_iterations = options.max_iterations > 0 ? options.max_iterations : kMostIterations;

    const RestOfSpectrum rest = rest_of_spectrum(operator_on_Q, deflation);
    bool may_use_polynomial = options.method == LinearMethod::automatic && pencil.A_entries && !pencil.B &&
                              !options.preconditioner && !options.sum.distributed();
    operator_on_Q.reduce(rhs, shift);
    Block<S>& U = solution.W;
    if (options.start.size() > 0) {
        U = options.start;
        operator_on_Q.project_direction(U);
    }
    bool start_is_zero = options.start.size() == 0;
    for (int pass = 0; pass <= kPasses; ++pass) {
        Block<S> R = rhs;
        if (!start_is_zero) {
            Block<S> AU(U.rows(), b);
            operator_on_Q.apply(U, shift, AU);
            R -= AU;
            operator_on_Q.project_residual(R);
        }
        start_is_zero = false;
        if (pass == 0 && options.start_changes.size() > 0) {
            solution.residuals = norms<S>(R, options.sum, "projected_solve: the residual");
            if ((solution.residuals.array() > target.array()).any())
                extrapolate<S>(operator_on_Q, shift, options.start_changes, options.sum, U, R);
        }
        solution.residuals = norms<S>(R, options.sum, "projected_solve: the residual");
        std::vector<Index> active;
        for (Index j = 0; j < b; ++j) {
            const bool done = solution.residuals(j) <= target(j);
            solution.column_converged[static_cast<std::size_t>(j)] = done;
            if (!done) active.push_back(j);
        }
        solution.converged = active.empty();
        if (active.empty() || pass == kPasses || solution.iterations >= most_iterations) break;
        std::optional<ChebyshevPreconditioner<S>> polynomial =
            may_use_polynomial && solution.method == LinearMethod::cg
                ? ChebyshevPreconditioner<S>::make(counted, *pencil.A_entries, deflation.sign, rest, shift,
                                                   solution.residuals.cwiseQuotient(target).maxCoeff())
                : std::nullopt;
        ShiftedPreconditioner<S> preconditioner;
        if (options.preconditioner)
            preconditioner = [&](In<S> Y, const Eigen::VectorXd&, Out<S> Z) { options.preconditioner(Y, Z); };
        if (polynomial)
            preconditioner = [&](In<S> Y, const Eigen::VectorXd& shifts, Out<S> Z) { polynomial->apply(Y, shifts, Z); };
        const Index left = most_iterations - solution.iterations;
        const KrylovOutcome outcome =
            improve<S>(operator_on_Q, shift, target, active, preconditioner, options, solution.method,
                       polynomial ? std::min(left, kMostPolynomials) : left, U, R);
        solution.iterations += outcome.iterations;
        if (outcome.negative < 0.0) {
            require(polynomial.has_value(), "the preconditioner is not positive definite: rᴴM⁻¹r = ", outcome.negative,
                    " for a residual r");
        }
        // Stopped short of the goal: far_end was not the end.
        may_use_polynomial = may_use_polynomial && outcome.negative == 0.0 && outcome.iterations < kMostPolynomials;
        if (outcome.indefinite && options.method == LinearMethod::automatic) solution.method = LinearMethod::minres;
        if (outcome.indefinite && options.method == LinearMethod::cg) {
            throw std::invalid_argument(
                "projected_solve: the projected operator is not definite (CG met a direction of "
                "non-positive curvature); use MINRES");
        }
    }
    operator_on_Q.complete(U, shift);
    solution.products = counted.products();
    return solution;
}

template ProjectedSolution<double> projected_solve<double>(const Pencil<double>&, const Eigen::VectorXd&,
                                                           const Deflation<double>&, Block<double>,
                                                           const ProjectedSolveOptions<double>&);
template ProjectedSolution<std::complex<double>> projected_solve<std::complex<double>>(
    const Pencil<std::complex<double>>&, const Eigen::VectorXd&, const Deflation<std::complex<double>>&,
    Block<std::complex<double>>, const ProjectedSolveOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
