#include "krylov.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "projected_solve: the operator's product";

// Lanczos vectors r₁, r₂ and y = M⁻¹r₂ with v = y/β; the last two search directions w₁, w₂ (Paige & Saunders' names).
template <ScalarType S>
struct Minres {
    const KrylovProblem<S>& problem;
    Block<S>& U;
    Block<S> X, r1, r2, y, v, w1, w2;
    Eigen::VectorXd lambda, beta, beta_old, dbar, epsilon, phibar, cs, sn, stop;
    std::vector<Index> column;

    /// M = I and B = I: y would be r₂.
    bool plain() const { return !problem.preconditioner && problem.A.one_space(); }

    /// y = Q M⁻¹ r₂ and its M⁻¹-norm against r₂.
    Eigen::VectorXd precondition() {
        if (problem.preconditioner) {
            problem.preconditioner(r2, lambda, y);
        } else {
            y = r2;
        }
        if (!plain()) problem.A.project_direction(y, kPreconditioned);
        return dots<S>(r2, y, problem.sum, problem.preconditioner ? kPreconditioned : kProduct)
            .real()
            .cwiseMax(0.0)
            .cwiseSqrt();
    }

    void write_back() {
        for (std::size_t j = 0; j < column.size(); ++j) U.col(column[j]) = X.col(static_cast<Index>(j));
    }

    /// Drops columns whose residual estimate reached its goal, or whose Krylov space is exhausted.
    void drop() {
        std::vector<Index> active, kept;
        for (Index j = 0; j < phibar.size(); ++j) {
            if (phibar(j) > stop(j) && beta(j) > 1e-15 * phibar(j)) active.push_back(j);
        }
        if (static_cast<Index>(active.size()) == phibar.size()) return;
        write_back();
        for (Block<S>* block : {&X, &r1, &r2, &y, &v, &w1, &w2}) keep_columns(*block, active);
        for (Eigen::VectorXd* numbers : {&lambda, &beta, &beta_old, &dbar, &epsilon, &phibar, &cs, &sn, &stop}) {
            keep_entries(*numbers, active);
        }
        for (const Index j : active) kept.push_back(column[static_cast<std::size_t>(j)]);
        column = std::move(kept);
    }

    /// One Lanczos step, one plane rotation, one update of the solution.
    void step(bool first) {
        v = plain() ? r2 : y;
        scale_columns<S>(v, beta.cwiseInverse());
        problem.A.apply(v, lambda, y);
        const Eigen::VectorXd alpha =
            first ? Eigen::VectorXd(dots<S>(v, y, problem.sum, kProduct).real())
                  : add_scaled_and_dots<S>(y, r1, -beta.cwiseQuotient(beta_old), v, problem.sum, kProduct);
        beta_old = beta;
        if (plain()) {
            beta = add_scaled_and_norms<S>(y, r2, -alpha.cwiseQuotient(beta_old), problem.sum, kProduct);
        } else {
            add_scaled<S>(y, r2, -alpha.cwiseQuotient(beta_old));
        }
        r1.swap(r2);
        r2.swap(y);
        if (!plain()) beta = precondition();

        const Eigen::VectorXd epsilon_old = epsilon;
        const Eigen::VectorXd delta = cs.cwiseProduct(dbar) + sn.cwiseProduct(alpha);
        const Eigen::VectorXd gbar = sn.cwiseProduct(dbar) - cs.cwiseProduct(alpha);
        epsilon = sn.cwiseProduct(beta);
        dbar = -cs.cwiseProduct(beta);
        Eigen::VectorXd gamma = (gbar.cwiseAbs2() + beta.cwiseAbs2()).cwiseSqrt();
        gamma = gamma.cwiseMax(std::numeric_limits<double>::min());
        cs = gbar.cwiseQuotient(gamma);
        sn = beta.cwiseQuotient(gamma);
        const Eigen::VectorXd phi = cs.cwiseProduct(phibar);
        phibar = sn.cwiseProduct(phibar);

        // w = (v − ε w₁ − δ w₂)/γ in the place of w₁, and X += φ w
        const Eigen::VectorXd scale = gamma.cwiseInverse();
        minres_update<S>(
            X, w1, w2, v,
            {.v = scale, .w1 = -epsilon_old.cwiseProduct(scale), .w2 = -delta.cwiseProduct(scale), .step = phi});
        w1.swap(w2);
    }
};

}  // namespace

template <ScalarType S>
KrylovOutcome block_minres(const KrylovProblem<S>& problem, Block<S>& U, Block<S>& R) {
    const Index n = U.rows(), b = U.cols();
    std::vector<Index> column(static_cast<std::size_t>(b));
    std::iota(column.begin(), column.end(), Index{0});
    const Block<S> zero = Block<S>::Zero(n, b);
    const Eigen::VectorXd none = Eigen::VectorXd::Zero(b),
                          norm = norms<S>(R, problem.sum, "projected_solve: the residual");
    Minres<S> minres{problem,
                     U,
                     U,
                     R,
                     R,
                     zero,
                     zero,
                     zero,
                     zero,
                     problem.lambda,
                     none,
                     none,
                     none,
                     none,
                     none,
                     -Eigen::VectorXd::Ones(b),
                     none,
                     none,
                     std::move(column)};
    R.resize(0, 0);
    minres.beta = minres.precondition();
    minres.phibar = minres.beta;
    // The residual estimate lives in the preconditioner's norm: ask for the same relative reduction there.
    minres.stop =
        problem.target.cwiseQuotient(norm.cwiseMax(std::numeric_limits<double>::min())).cwiseProduct(minres.beta);
    minres.drop();

    KrylovOutcome outcome;
    while (!minres.column.empty() && outcome.iterations < problem.max_iterations) {
        minres.step(outcome.iterations == 0);
        ++outcome.iterations;
        minres.drop();
    }
    minres.write_back();
    return outcome;
}

template KrylovOutcome block_minres<double>(const KrylovProblem<double>&, Block<double>&, Block<double>&);
template KrylovOutcome block_minres<std::complex<double>>(const KrylovProblem<std::complex<double>>&,
                                                          Block<std::complex<double>>&, Block<std::complex<double>>&);

}  // namespace lambdabar
