#include "matrix_file.hpp"
#include "output_files.hpp"
#include "pairs_file.hpp"
#include "progress.hpp"
#include "solve.hpp"

#include <cstdio>

namespace lambdabar::app {

namespace {

template <ScalarType S>
int extreme_command(const ExtremeCommand& command) {
    if (!command.gradient.empty()) OutputFiles::announce(command.gradient);
    const MatrixFile<S> file(command.matrix);
    Eigenpairs<S> pairs;
    {
        ProgressLine progress(command.quiet);
        pairs = lambdabar::eigsh(file.A(), solver_options<S>(command.solver, progress));
    }
    if (!pairs.converged) throw NotConverged(not_converged_sentence(pairs));
    if (!command.gradient.empty()) {
        const auto bar = pullback(file.A(), pairs, PairCotangent<S>{.values = Eigen::VectorXd::Ones(1)});
        const Vector<S> g =
            command.convention ? gradient(file.A(), bar.A, *command.convention) : gradient(file.A(), bar.A);
        OutputFiles files;
        files.stage(command.gradient, [&](const fs::path& path) { file.write(path, g); });
        files.commit();
    }
    std::printf("%.17g\n", pairs.values(0));
    return success;
}

}  // namespace

int run(const ExtremeCommand& command) {
    return with_scalar_of(command.matrix, [&](auto scalar) { return extreme_command<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
