#include "general_pairs_file.hpp"
#include "output_files.hpp"
#include "pairs_file.hpp"
#include "pairs_solve.hpp"
#include "problem.hpp"
#include "progress.hpp"

#include <stdexcept>

namespace lambdabar::app {

namespace {

/// k numbers from an array file of one row or one column.
Eigen::VectorXd read_numbers(const fs::path& file, Index k) {
    const Matrix<double> M = read_dense<double>(file);
    if (std::min(M.rows(), M.cols()) != 1 || M.size() != k) {
        throw std::invalid_argument(file.string() + ": holds a " + std::to_string(M.rows()) + "×" +
                                    std::to_string(M.cols()) + " matrix, not one number for each of the " +
                                    std::to_string(k) + " pairs");
    }
    return M.reshaped();
}

template <ScalarType S>
Matrix<S> read_block(const fs::path& file, const Eigenpairs<S>& pairs) {
    Matrix<S> M = read_dense<S>(file);
    if (M.rows() != pairs.vectors.rows() || M.cols() != pairs.vectors.cols()) {
        throw std::invalid_argument(file.string() + ": holds a " + std::to_string(M.rows()) + "×" +
                                    std::to_string(M.cols()) + " matrix, the eigenvectors are " +
                                    std::to_string(pairs.vectors.rows()) + "×" + std::to_string(pairs.vectors.cols()));
    }
    return M;
}

template <ScalarType S>
Pullback<S> pull_back(const PullbackCommand& command, const Problem<S>& problem, const Eigenpairs<S>& pairs) {
    const PullbackOptions<S> options{.gauge = command.gauge, .tol = command.tol};
    if (!command.f.empty()) {
        SpectralFunction<S> spectral;
        spectral.f_values = read_numbers(command.f, pairs.size());
        spectral.f_slopes = read_numbers(command.f_slope, pairs.size());
        spectral.bar_times_X = read_block(command.density_bar, pairs);
        return problem.pullback(pairs, spectral, options);
    }
    PairCotangent<S> bar;
    if (!command.values_bar.empty()) bar.values = read_numbers(command.values_bar, pairs.size());
    if (!command.vectors_bar.empty()) bar.vectors = read_block(command.vectors_bar, pairs);
    return problem.pullback(pairs, bar, options);
}

const char* word_for(LinearMethod method) {
    if (method == LinearMethod::shift_invert) return "shift_invert";
    return method == LinearMethod::minres ? "minres" : "cg";
}

Json report_of(const PullbackReport& report) {
    Json json;
    json["gauge_residual"] = report.gauge_residual;
    json["gauge"] = Json::array();
    for (const GaugeReport& gauge : report.gauge) {
        json["gauge"].push_back({{"first", gauge.cluster.first},
                                 {"count", gauge.cluster.count},
                                 {"residual", gauge.residual},
                                 {"spread", gauge.spread},
                                 {"worst_pair", {gauge.worst_i, gauge.worst_j}}});
    }
    json["adjoint_residuals"] = list(report.adjoint_residuals);
    json["adjoint_tolerances"] = list(report.adjoint_tolerances);
    json["products"] = report.products;
    json["solves"] = report.solves;
    json["iterations"] = report.iterations;
    json["method"] = word_for(report.method);
    json["error_estimate"] = report.error_estimate;
    return json;
}

template <ScalarType S>
int pullback_command(const PullbackCommand& command) {
    const fs::path target = with_suffix(command.out, ".gradient.mtx"), report = with_suffix(command.out, ".json");
    const fs::path mass_target = with_suffix(command.out, ".mass_gradient.mtx");
    OutputFiles::announce(target);
    if (!command.mass.empty()) OutputFiles::announce(mass_target);
    OutputFiles::announce(report);
    const Problem<S> problem(command);
    Eigenpairs<S> pairs = read_pairs(command.pairs, problem);
    const double start = seconds_now();
    // Eigenvalue cotangents need no solve.
    const bool vectors = !command.vectors_bar.empty() || !command.f.empty();
    const std::string factor = vectors ? attach_solve(problem, command.factor, pairs) : "";
    const Pullback<S> bar = pull_back(command, problem, pairs);

    Json json = report_of_files("pullback", command);
    json["pairs"] = command.pairs.string();
    OutputFiles files;
    const auto stage = [&](const fs::path& path, const MatrixFile<S>& file, const Cotangent<S>& cotangent) {
        const Convention convention = convention_for(file, command.convention);
        const Vector<S> g = gradient(file.A(), cotangent, convention);
        files.stage(path, [&](const fs::path& temporary) { file.write(temporary, g); });
        return name_of(convention);
    };
    json["convention"] = stage(target, problem.matrix(), bar.A);
    if (problem.has_mass()) json["mass_convention"] = stage(mass_target, problem.mass(), bar.B);
    json.update(report_of(bar.report));
    json["sigma"] = pairs.solve ? Json(pairs.sigma) : Json(nullptr);
    json["factor"] = factor.empty() ? Json(nullptr) : Json(factor);
    json["seconds"] = seconds_now() - start;
    json["peak_memory_bytes"] = peak_memory();
    files.stage_text(report, json.dump(2) + "\n");
    files.commit();
    return success;
}

}  // namespace

int run(const PullbackCommand& command) {
    if (are_general_pairs(command.pairs)) return run_general(command);
    if (!command.left_bar.empty() || !command.projector_left.empty() || !command.projector_right.empty()) {
        throw std::invalid_argument(
            "--left-bar, --projector-left and --projector-right are for pairs of an eigs run, " +
            command.pairs.string() + " is of another command");
    }
    const bool spectral = !command.f.empty() || !command.f_slope.empty() || !command.density_bar.empty();
    const bool pairs = !command.values_bar.empty() || !command.vectors_bar.empty();
    if (spectral == pairs)
        throw std::invalid_argument(
            "pullback needs either --values-bar and/or --vectors-bar, or --f, --f-slope and --density-bar");
    if (spectral && (command.f.empty() || command.f_slope.empty() || command.density_bar.empty()))
        throw std::invalid_argument("a spectral function needs all of --f, --f-slope and --density-bar");
    return with_scalar_of(command, [&](auto scalar) { return pullback_command<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
