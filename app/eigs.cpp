#include "general_pairs_file.hpp"
#include "output_files.hpp"
#include "progress.hpp"

namespace lambdabar::app {

namespace {

template <ScalarType S>
int eigs_command(const EigsCommand& command) {
    const double start = seconds_now();
    const fs::path values = with_suffix(command.out, ".values.mtx"), vectors = with_suffix(command.out, ".vectors.mtx");
    const fs::path left = with_suffix(command.out, ".left.mtx"), report = with_suffix(command.out, ".json");
    for (const fs::path& target : {values, vectors, left, report}) OutputFiles::announce(target);
    const GeneralProblem<S> problem(command);
    const double loaded = seconds_now();

    ProgressLine progress(command.quiet);
    EigsOptions<S> options{.k = command.k, .which = command.which, .tol = command.tol};
    if (!command.sigma.empty())
        options.sigma = {command.sigma.front(), command.sigma.size() > 1 ? command.sigma[1] : 0.0};
    options.max_products = command.max_products;
    options.seed = command.seed;
    options.monitor = progress.monitor();
    if (!command.start.empty()) options.start = read_dense<std::complex<double>>(command.start);
    const GeneralEigenpairs<S> pairs = problem.eigs(options);
    const double solved = seconds_now();

    Json json = report_of_solve<S>("eigs", command, problem.rows(), problem.A().stored_entries(), command.seed);
    json.update(report_of(pairs));
    json["seconds"] = solved - loaded;
    json["seconds_reading"] = loaded - start;
    json["peak_memory_bytes"] = peak_memory();

    OutputFiles files;
    const auto stage = [&](const fs::path& target, const Matrix<std::complex<double>>& M) {
        files.stage(target, [&](const fs::path& path) { write_matrix_market(path, M); });
    };
    stage(values, pairs.values);
    stage(vectors, pairs.vectors);
    if (pairs.left.size() > 0) stage(left, pairs.left);
    files.stage_text(report, json.dump(2) + "\n");
    files.commit();
    if (!pairs.converged)
        throw NotConverged(not_converged_sentence(pairs) + "; what was found is in " + command.out.string() + ".*");
    return success;
}

}  // namespace

int run(const EigsCommand& command) {
    return with_scalar_of(command, [&](auto scalar) { return eigs_command<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
