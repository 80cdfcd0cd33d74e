#include "general_pairs_file.hpp"
#include "output_files.hpp"
#include "progress.hpp"

#include <cmath>
#include <stdexcept>

namespace lambdabar::app {

namespace {

using Complex = std::complex<double>;

Matrix<Complex> read_block(const fs::path& file, Index rows, Index cols) {
    if (file.empty()) return {};
    Matrix<Complex> M = read_dense<Complex>(file);
    if (M.rows() == rows && M.cols() == cols) return M;
    throw std::invalid_argument(file.string() + ": holds a " + std::to_string(M.rows()) + "×" +
                                std::to_string(M.cols()) + " matrix, " + std::to_string(rows) + "×" +
                                std::to_string(cols) + " is expected");
}

template <ScalarType T>
GeneralSolve<T> solve_of(std::shared_ptr<const GeneralFactorization<T>> factor) {
    if (factor->singular()) throw std::invalid_argument("the factorization that the pairs need is singular");
    return {[factor](In<T> R, Out<T> X) { factor->solve(R, X); },
            [factor](In<T> R, Out<T> X) { factor->solve_adjoint(R, X); }};
}

/// Files hold no factorization: A − σB, or B, is factorized anew.
template <ScalarType S>
std::string attach_solve(const GeneralProblem<S>& problem, GeneralEigenpairs<S>& pairs) {
    const bool shifted = !std::isnan(pairs.sigma.real());
    if (!shifted && !problem.B()) return "";
    if constexpr (std::same_as<S, double>) {
        if (shifted && pairs.sigma.imag() != 0.0) {
            const auto factor =
                std::make_shared<const GeneralFactorization<Complex>>(problem.A(), problem.B(), pairs.sigma);
            pairs.complex_solve = solve_of<Complex>(factor);
            return factor->method();
        }
    }
    const auto factor = shifted ? std::make_shared<const GeneralFactorization<S>>(problem.A(), problem.B(), pairs.sigma)
                                : std::make_shared<const GeneralFactorization<S>>(*problem.B(), nullptr, 0.0);
    pairs.solve = solve_of<S>(factor);
    return factor->method();
}

template <ScalarType S>
GeneralPullback<S> pull_back(const PullbackCommand& command, const GeneralProblem<S>& problem,
                             const GeneralEigenpairs<S>& pairs) {
    const Index n = problem.rows(), k = pairs.size();
    const GeneralPullbackOptions options{
        .gauge = command.gauge, .condition_limit = command.condition_limit, .tol = command.tol};
    if (!command.projector_left.empty()) {
        const ProjectorCotangent bar{.group = {},
                                     .bar_times_left = read_block(command.projector_left, n, k),
                                     .bar_adjoint_times_vectors = read_block(command.projector_right, n, k)};
        return problem.pullback(pairs, bar, options);
    }
    GeneralPairCotangent bar;
    if (!command.values_bar.empty()) {
        const Matrix<Complex> values = read_dense<Complex>(command.values_bar);
        bar.values = read_block(command.values_bar, values.cols() == k ? 1 : k, values.cols() == k ? k : 1).reshaped();
    }
    bar.vectors = read_block(command.vectors_bar, n, k);
    bar.left = read_block(command.left_bar, n, k);
    return problem.pullback(pairs, bar, options);
}

template <ScalarType S>
int general_pullback(const PullbackCommand& command) {
    const fs::path target = with_suffix(command.out, ".gradient.mtx"), report = with_suffix(command.out, ".json");
    const fs::path mass_target = with_suffix(command.out, ".mass_gradient.mtx");
    OutputFiles::announce(target);
    if (!command.mass.empty()) OutputFiles::announce(mass_target);
    OutputFiles::announce(report);
    const GeneralProblem<S> problem(command);
    GeneralEigenpairs<S> pairs = read_general_pairs(command.pairs, problem);
    const double start = seconds_now();
    const bool solves = !command.vectors_bar.empty() || !command.left_bar.empty() || !command.projector_left.empty();
    const std::string factor = solves ? attach_solve(problem, pairs) : "";
    const GeneralPullback<S> bar = pull_back(command, problem, pairs);

    OutputFiles files;
    files.stage(target, [&](const fs::path& path) { problem.matrix().write(path, gradient(problem.A(), bar.A)); });
    if (problem.B())
        files.stage(mass_target,
                    [&](const fs::path& path) { problem.mass().write(path, gradient(*problem.B(), bar.B)); });
    const GeneralPullbackReport& r = bar.report;
    Json json = report_of_files("pullback", command);
    json.update({{"pairs", command.pairs.string()},
                 {"convention", "full"},
                 {"condition", r.condition},
                 {"gauge_residual", r.gauge_residual},
                 {"adjoint_residuals", list(r.adjoint_residuals)},
                 {"adjoint_tolerances", list(r.adjoint_tolerances)},
                 {"products", r.products},
                 {"solves", r.solves},
                 {"iterations", r.iterations},
                 {"method", r.method},
                 {"factor", factor.empty() ? Json(nullptr) : Json(factor)},
                 {"error_estimate", r.error_estimate},
                 {"seconds", seconds_now() - start},
                 {"peak_memory_bytes", peak_memory()}});
    files.stage_text(report, json.dump(2) + "\n");
    files.commit();
    return success;
}

}  // namespace

int run_general(const PullbackCommand& command) {
    const auto refuse = [](bool condition, const char* sentence) {
        if (condition) throw std::invalid_argument(sentence);
    };
    const bool pairs = !command.values_bar.empty() || !command.vectors_bar.empty() || !command.left_bar.empty();
    const bool projector = !command.projector_left.empty() || !command.projector_right.empty();
    refuse(
        !command.f.empty() || !command.f_slope.empty() || !command.density_bar.empty(),
        "--f, --f-slope and --density-bar are for Hermitian pairs, these are of an eigs run: use --projector-left and "
        "--projector-right");
    refuse(pairs == projector,
           "pullback of eigs pairs needs either --values-bar, --vectors-bar and/or --left-bar, or --projector-left and "
           "--projector-right");
    refuse(projector && (command.projector_left.empty() || command.projector_right.empty()),
           "a projector needs both --projector-left and --projector-right");
    refuse(command.convention == Convention::lower,
           "--convention lower is for Hermitian matrices: every entry of this one is a variable of its own");
    return with_scalar_of(command, [&](auto scalar) { return general_pullback<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
