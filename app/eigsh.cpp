#include "output_files.hpp"
#include "pairs_file.hpp"
#include "preconditioners.hpp"
#include "problem.hpp"
#include "progress.hpp"
#include "solve.hpp"

namespace lambdabar::app {

namespace {

template <ScalarType S>
int eigsh_command(const EigshCommand& command) {
    const double start = seconds_now();
    const fs::path values = with_suffix(command.out, ".values.mtx"), vectors = with_suffix(command.out, ".vectors.mtx");
    const fs::path report = with_suffix(command.out, ".json");
    for (const fs::path& target : {values, vectors, report}) OutputFiles::announce(target);
    const Problem<S> problem(command);
    const double loaded = seconds_now();

    ProgressLine progress(command.quiet);
    EigshOptions<S> options = solver_options<S>(command.solver, problem.has_mass(), progress);
    options.engine = command.engine;
    options.preconditioner = preconditioner_for<S>(command.preconditioner, command.solver, problem.A());
    // None is written. A set that is open at both ends is held against them to see whether it cuts a cluster.
    options.extra = options.which == Which::nearest ? options.k : 0;
    const Eigenpairs<S> pairs = problem.eigsh(options);
    const double solved = seconds_now();

    Json json = report_of_solve<S>("eigsh", command, problem.rows(), problem.A().stored_entries(), command.solver.seed);
    json.update(report_of(pairs));
    json["seconds"] = solved - loaded;
    json["seconds_reading"] = loaded - start;
    json["peak_memory_bytes"] = peak_memory();

    OutputFiles files;
    files.stage(values, [&](const fs::path& path) { write_matrix_market(path, Matrix<double>(pairs.values)); });
    files.stage(vectors, [&](const fs::path& path) { write_matrix_market(path, pairs.vectors); });
    files.stage_text(report, json.dump(2) + "\n");
    files.commit();
    if (!pairs.converged)
        throw NotConverged(not_converged_sentence(pairs) + "; what was found is in " + command.out.string() + ".*");
    return success;
}

}  // namespace

int run(const EigshCommand& command) {
    return with_scalar_of(command, [&](auto scalar) { return eigsh_command<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
