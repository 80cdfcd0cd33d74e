#include "output_files.hpp"
#include "pairs_file.hpp"
#include "problem.hpp"
#include "progress.hpp"
#include "solve.hpp"

#include <cstdio>
#include <stdexcept>

namespace lambdabar::app {

namespace {

template <ScalarType S>
int extreme_command(const ExtremeCommand& command) {
    for (const fs::path& target : {command.gradient, command.mass_gradient}) {
        if (!target.empty()) OutputFiles::announce(target);
    }
    const Problem<S> problem(command);
    Eigenpairs<S> pairs;
    {
        ProgressLine progress(command.quiet);
        pairs = problem.eigsh(solver_options<S>(command.solver, problem.has_mass(), progress));
    }
    if (!pairs.converged) throw NotConverged(not_converged_sentence(pairs));
    if (!command.gradient.empty() || !command.mass_gradient.empty()) {
        const Pullback<S> bar = problem.pullback(pairs, PairCotangent<S>{.values = Eigen::VectorXd::Ones(1)});
        OutputFiles files;
        const auto stage = [&](const fs::path& target, const MatrixFile<S>& file, const Cotangent<S>& cotangent) {
            if (target.empty()) return;
            const Vector<S> g = gradient(file.A(), cotangent, convention_for(file, command.convention));
            files.stage(target, [&](const fs::path& path) { file.write(path, g); });
        };
        stage(command.gradient, problem.matrix(), bar.A);
        if (problem.has_mass()) stage(command.mass_gradient, problem.mass(), bar.B);
        files.commit();
    }
    std::printf("%.17g\n", pairs.values(0));
    return success;
}

}  // namespace

int run(const ExtremeCommand& command) {
    if (!command.mass_gradient.empty() && command.mass.empty())
        throw std::invalid_argument("--mass-gradient needs --mass");
    if (!command.mass_gradient.empty() && command.mass_gradient == command.gradient)
        throw std::invalid_argument("--gradient and --mass-gradient name the same file");
    return with_scalar_of(command, [&](auto scalar) { return extreme_command<decltype(scalar)>(command); });
}

}  // namespace lambdabar::app
