#include "krylov.hpp"

#include <algorithm>
#include <numeric>

namespace lambdabar {

namespace {

constexpr const char* kResidual = "projected_solve: the residual";

/// State of the columns still iterating; `column` says where they belong in U, which is empty while all of them do.
template <ScalarType S>
struct ConjugateGradients {
    const KrylovProblem<S>& problem;
    Block<S>& U;
    Block<S> X, R, P, Q, Z;
    Eigen::VectorXd lambda, target, rho;
    std::vector<Index> column;

    /// Writes converged columns back and drops them from the batch.
    void drop(const Eigen::VectorXd& norm) {
        std::vector<Index> active;
        for (Index j = 0; j < norm.size(); ++j) {
            if (norm(j) > target(j)) active.push_back(j);
        }
        if (static_cast<Index>(active.size()) == norm.size()) return;
        write_back();
        for (Block<S>* block : {&R, &P, &Q}) keep_columns(*block, active);
        for (Eigen::VectorXd* numbers : {&lambda, &target, &rho}) keep_entries(*numbers, active);
        std::vector<Index> kept;
        for (const Index j : active) kept.push_back(column[static_cast<std::size_t>(j)]);
        column = std::move(kept);
        X = U;
        keep_columns(X, column);
    }

    void write_back() {
        if (U.size() == 0) {
            U.swap(X);
            return;
        }
        for (std::size_t j = 0; j < column.size(); ++j) U.col(column[j]) = X.col(static_cast<Index>(j));
    }

    /// True if the next direction starts from Z, not from R.
    bool maps_residuals() const { return problem.preconditioner || !problem.A.one_space(); }

    /// Z = Q M⁻¹ R and ρ = Rᴴ Z, or Z = R without a preconditioner and for B = I.
    Eigen::VectorXd precondition() {
        if (!maps_residuals()) return norms<S>(R, problem.sum, kResidual).cwiseAbs2();
        Z.resize(R.rows(), R.cols());
        if (problem.preconditioner) {
            problem.preconditioner(R, lambda, Z);
        } else {
            Z = R;
        }
        problem.A.project_direction(Z, kPreconditioned);
        return dots<S>(R, Z, problem.sum, kPreconditioned).real();
    }
};

}  // namespace

template <ScalarType S>
KrylovOutcome block_cg(const KrylovProblem<S>& problem, Block<S>& U, Block<S>& R) {
    KrylovOutcome outcome;
    std::vector<Index> column(static_cast<std::size_t>(U.cols()));
    std::iota(column.begin(), column.end(), Index{0});
    ConjugateGradients<S> cg{problem, U, {}, {}, {}, {}, {}, problem.lambda, problem.target, {}, std::move(column)};
    cg.X.swap(U);
    cg.R.swap(R);
    cg.rho = cg.precondition();
    cg.P = cg.maps_residuals() ? cg.Z : cg.R;
    cg.Q.resize(cg.P.rows(), cg.P.cols());

    Eigen::VectorXd norm = norms<S>(cg.R, problem.sum, kResidual);
    cg.drop(norm);
    while (!cg.column.empty() && outcome.iterations < problem.max_iterations) {
        outcome.negative = std::min(0.0, cg.rho.minCoeff());
        if (outcome.negative < 0.0) break;
        problem.A.apply(cg.P, cg.lambda, cg.Q);
        const Eigen::VectorXd curvature =
            dots<S>(cg.P, cg.Q, problem.sum, "projected_solve: the operator's product").real();
        if ((curvature.array() <= 0.0).any()) {
            outcome.indefinite = true;
            break;
        }
        const Eigen::VectorXd alpha = cg.rho.cwiseQuotient(curvature);
        norm = descend<S>(cg.X, cg.R, cg.P, cg.Q, alpha, problem.sum, kResidual);
        ++outcome.iterations;

        const Eigen::VectorXd rho_old = cg.rho;
        cg.rho = cg.maps_residuals() ? cg.precondition() : Eigen::VectorXd(norm.cwiseAbs2());
        const Eigen::VectorXd beta = cg.rho.cwiseQuotient(rho_old);
        scale_and_add<S>(cg.P, cg.maps_residuals() ? cg.Z : cg.R, beta);
        cg.drop(norm);
    }
    cg.write_back();
    return outcome;
}

template KrylovOutcome block_cg<double>(const KrylovProblem<double>&, Block<double>&, Block<double>&);
template KrylovOutcome block_cg<std::complex<double>>(const KrylovProblem<std::complex<double>>&,
                                                      Block<std::complex<double>>&, Block<std::complex<double>>&);

}  // namespace lambdabar
