#pragma once
// The contenders of bench_pencils: lambdabar and its peers on one pencil with one factor.
#include "factorizers.hpp"
#include "inverted.hpp"
#include "pencils.hpp"

#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/factorization/shift_invert.hpp>

#include <functional>

namespace bench {

inline constexpr Index kPairs = 10;
inline constexpr double kTolerance = 1e-10;
inline constexpr int kBlasThreads = 2;

template <class S>
struct Pencil {
    const PencilProblem<S>& problem;
    lambdabar::SparseHermitian<S> A, B;
    Factorizer<S> factorizer;

    Pencil(const PencilProblem<S>& p, Factorizer<S> make)
        : problem(p), A(p.A, 1e-10), B(p.B, 1e-10), factorizer(std::move(make)) {}

    lambdabar::EigshOptions<S> options() const {
        return {.k = kPairs, .which = problem.which, .sigma = problem.sigma, .tol = kTolerance};
    }
};

struct PencilReference {
    double sigma = 0.0;
    Eigen::VectorXd values;
};

/// What a contender is given: the factor at the reference's shift.
template <class S>
struct Task {
    const Pencil<S>& pencil;
    lambdabar::ShiftInvert<S>& factor;

    InvertedPencil<S> columns() const {
        using Block = lambdabar::Block<S>;
        const Index n = pencil.A.rows();
        return {
            n, factor.sigma(),
            [this, n](const S* x, S* y) { factor.solve(Eigen::Map<const Block>(x, n, 1), Eigen::Map<Block>(y, n, 1)); },
            [this, n](const S* x, S* y) {
                pencil.B.apply(Eigen::Map<const Block>(x, n, 1), Eigen::Map<Block>(y, n, 1));
            }};
    }
};

template <class S>
struct PencilContender {
    std::string name, family;
    std::function<Solution<S>(const Task<S>&)> solve;
};

template <class S>
PencilContender<S> lambdabar_with(std::string name, Index block, Index basis, bool probe) {
    return {std::move(name), "lambdabar", [=](const Task<S>& task) {
                auto options = task.pencil.options();
                options.sigma = task.factor.sigma();
                options.block_size = block;
                options.basis_size = basis;
                options.probe = probe;
                options.solve = [&](lambdabar::In<S> R, lambdabar::Out<S> X) { task.factor.solve(R, X); };
                auto pairs = lambdabar::eigsh(task.pencil.A, task.pencil.B, options);
                if (!pairs.converged) throw std::runtime_error("not converged");
                return Solution<S>{std::move(pairs.values), std::move(pairs.vectors), pairs.solves, pairs.basis_size};
            }};
}

template <class S>
std::vector<PencilContender<S>> lambdabar_contenders(bool variants) {
    std::vector<PencilContender<S>> all{lambdabar_with<S>("lambdabar, no probe", 0, 0, false),
                                        lambdabar_with<S>("lambdabar", 0, 0, true)};
    if (!variants) return all;
    for (const Index block : {1, 2, 4, 8}) {
        for (const Index basis : {0, 24, 32, 40, 60}) {
            all.push_back(lambdabar_with<S>("block " + std::to_string(block) + ", basis " + std::to_string(basis),
                                            block, basis, false));
        }
    }
    return all;
}

template <class S>
std::vector<PencilContender<S>> peer_contenders() {
    std::vector<PencilContender<S>> all;
    for (const Index basis : {20, 30, 40}) {
        const std::string text = ", basis " + std::to_string(basis);
        if constexpr (std::same_as<S, double>) {
            const PeerSettings settings{.k = kPairs, .basis = basis, .tol = kTolerance, .blas_threads = kBlasThreads};
            all.push_back({"Spectra" + text, "Spectra",
                           [settings](const Task<S>& task) { return solve_spectra(task.columns(), settings); }});
        }
        for (const int threads : {1, kBlasThreads}) {  // threads of BLAS may be in the way of the solve's
            const PeerSettings settings{.k = kPairs, .basis = basis, .tol = kTolerance, .blas_threads = threads};
            const std::string name = text + ", BLAS " + std::to_string(threads);
            all.push_back({"ARPACK" + name, "ARPACK",
                           [settings](const Task<S>& task) { return solve_arpack<S>(task.columns(), settings); }});
#ifdef BENCH_WITH_SLEPC
            if constexpr (std::same_as<S, double>) {
                all.push_back({"SLEPc" + name, "SLEPc",
                               [settings](const Task<S>& task) { return solve_slepc(task.columns(), settings); }});
            }
#endif
        }
    }
    return all;
}

}  // namespace bench
