#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <new>
#include <stdexcept>

namespace {

using namespace lambdabar;
using namespace lambdabar::app;

const std::map<std::string, Which> kEnds = {{"smallest", Which::smallest}, {"largest", Which::largest}};
const std::map<std::string, Which> kWhich = {
    {"smallest", Which::smallest}, {"largest", Which::largest}, {"nearest", Which::nearest}};
const std::map<std::string, Which> kGeneralWhich = {{"largest_magnitude", Which::largest_magnitude},
                                                    {"rightmost", Which::rightmost},
                                                    {"leftmost", Which::leftmost},
                                                    {"largest_imaginary", Which::largest_imaginary},
                                                    {"nearest", Which::nearest}};
const std::map<std::string, FactorMethod> kFactor = {
    {"auto", FactorMethod::automatic}, {"none", FactorMethod::none},       {"ldlt", FactorMethod::ldlt},
    {"lu", FactorMethod::lu},          {"cholmod", FactorMethod::cholmod}, {"mumps", FactorMethod::mumps}};
const std::map<std::string, Gauge> kGauge = {{"throw", Gauge::refuse}, {"project", Gauge::project}};
const std::map<std::string, Convention> kConvention = {{"full", Convention::full}, {"lower", Convention::lower}};
const std::map<std::string, Engine> kEngine = {
    {"automatic", Engine::automatic}, {"block_lanczos", Engine::block_lanczos}, {"spectra", Engine::spectra}};

const std::map<std::string, PreconditionerMethod> kPreconditioner = {{"none", PreconditionerMethod::none},
                                                                     {"jacobi", PreconditionerMethod::jacobi},
                                                                     {"ic", PreconditionerMethod::incomplete_cholesky},
                                                                     {"amg", PreconditionerMethod::multigrid}};

/// An option that takes one of the words of a map.
template <class Value, class Target>
void add_choice(CLI::App& command, const std::string& name, Target& target, const std::map<std::string, Value>& words,
                const std::string& help) {
    std::vector<std::string> names;
    for (const auto& word : words) names.push_back(word.first);
    command
        .add_option_function<std::string>(
            name, [&target, &words](const std::string& word) { target = words.at(word); }, help)
        ->check(CLI::IsMember(names));
}

void add_common(CLI::App& command, Common& options) {
    command.add_option("matrix", options.matrix, "Hermitian matrix, a Matrix Market file")->required();
    command.add_flag("--quiet", options.quiet, "no progress line, even on a terminal");
}

void add_mass(CLI::App& command, fs::path& mass) {
    command.add_option("--mass", mass, "B of A x = λ B x, positive (semi)definite, a Matrix Market file");
}

void add_factor(CLI::App& command, FactorMethod& factor) {
    add_choice(command, "--factor", factor, kFactor,
               "direct solver for A − σB: auto (default: the best of this build), none, ldlt, lu, cholmod or mumps");
}

void add_certify(CLI::App& command, SolverOptions& options) {
    command.add_flag_callback(
        "--no-certify", [&options] { options.certify = false; },
        "do not prove by a second factorization that no eigenvalue is missing");
}

void add_solver(CLI::App& command, SolverOptions& options) {
    command.add_option("--tol", options.tol, "residual tolerance, relative to the norm of the matrix")
        ->capture_default_str();
    command.add_option("--seed", options.seed, "of random numbers")->capture_default_str();
    command.add_option("--max-products", options.max_products, "limit on products with the matrix (0: generous)");
}

void add_pairs(CLI::App& command, SolverOptions& options, const std::map<std::string, Which>& which,
               const std::string& help) {
    command.add_option("-k", options.k, "number of eigenpairs, 1 ≤ k < n")->capture_default_str();
    add_choice(command, "--which", options.which, which, help);
}

void add_convention(CLI::App& command, std::optional<Convention>& convention) {
    add_choice(
        command, "--convention", convention, kConvention,
        "meaning of gradient entries: full, or lower (off-diagonal ones doubled; default for one-triangle files)");
}

/// One sentence, one line.
int fail(int status, std::string sentence) {
    std::replace(sentence.begin(), sentence.end(), '\n', ' ');
    while (!sentence.empty() && sentence.back() == ' ') sentence.pop_back();
    std::fprintf(stderr, "lambdabar: %s\n", sentence.c_str());
    return status;
}

int run_command_line(int argc, char** argv) {
    CLI::App app(
        "A few eigenpairs of a large sparse matrix, Hermitian or not, and their derivatives.\n"
        "Exit status: 0; 1 a check that failed; 2 bad input or usage; 3 not converged; 4 not differentiable.",
        "lambdabar");
    app.set_version_flag("--version", std::string("lambdabar ") + LAMBDABAR_VERSION);
    app.require_subcommand(1);
    int status = success;

    EigshCommand eigsh;
    CLI::App& eigsh_command =
        *app.add_subcommand("eigsh", "eigenpairs; writes PREFIX.values.mtx, PREFIX.vectors.mtx, PREFIX.json");
    add_common(eigsh_command, eigsh);
    add_mass(eigsh_command, eigsh.mass);
    add_pairs(eigsh_command, eigsh.solver, kWhich, "smallest (default), largest, or nearest to --sigma");
    eigsh_command.add_option("--sigma", eigsh.solver.sigma, "shift: what nearest is near to; for smallest, below all");
    add_factor(eigsh_command, eigsh.solver.factor);
    add_certify(eigsh_command, eigsh.solver);
    add_solver(eigsh_command, eigsh.solver);
    eigsh_command.add_option("--start", eigsh.solver.start, "start block, a Matrix Market array with n rows");
    add_choice(eigsh_command, "--engine", eigsh.engine, kEngine, "automatic (default), block_lanczos or spectra");
    add_choice(eigsh_command, "--preconditioner", eigsh.preconditioner, kPreconditioner,
               "approximate inverse for smallest: none (default), jacobi, ic (incomplete Cholesky) or amg (hypre)");
    eigsh_command.add_option("--out", eigsh.out, "PREFIX of the files written")->required();
    eigsh_command.callback([&] { status = run(eigsh); });

    EigsCommand eigs;
    CLI::App& eigs_command =
        *app.add_subcommand("eigs",
                            "right and left eigenvectors of a matrix without symmetry; writes PREFIX.values.mtx, "
                            "PREFIX.vectors.mtx, PREFIX.left.mtx, PREFIX.json");
    eigs_command.add_option("matrix", eigs.matrix, "square matrix, a Matrix Market file")->required();
    eigs_command.add_flag("--quiet", eigs.quiet, "no progress line, even on a terminal");
    eigs_command.add_option("--mass", eigs.mass, "B of A x = λ B x, a Matrix Market file");
    eigs_command.add_option("-k", eigs.k, "number of eigenpairs, 1 ≤ k < n")->capture_default_str();
    add_choice(eigs_command, "--which", eigs.which, kGeneralWhich,
               "largest_magnitude (default), rightmost, leftmost, largest_imaginary, or nearest to --sigma");
    eigs_command.add_option("--sigma", eigs.sigma, "shift: its real part, and its imaginary part if it has one")
        ->expected(1, 2);
    eigs_command.add_option("--tol", eigs.tol, "residual tolerance, relative to the largest |λ|")
        ->capture_default_str();
    eigs_command.add_option("--seed", eigs.seed, "of random numbers")->capture_default_str();
    eigs_command.add_option("--max-products", eigs.max_products, "limit on products or solves (0: generous)");
    eigs_command.add_option("--start", eigs.start, "start vectors, a Matrix Market array with n rows");
    eigs_command.add_option("--out", eigs.out, "PREFIX of the files written")->required();
    eigs_command.callback([&] { status = run(eigs); });

    PullbackCommand pullback;
    CLI::App& pullback_command = *app.add_subcommand("pullback",
                                                     "gradient on the matrix's entries from cotangents of its "
                                                     "eigenpairs; writes PREFIX2.gradient.mtx, with a mass "
                                                     "PREFIX2.mass_gradient.mtx, PREFIX2.json");
    add_common(pullback_command, pullback);
    add_mass(pullback_command, pullback.mass);
    pullback_command.add_option("--pairs", pullback.pairs, "PREFIX of an eigsh or eigs run on the same matrix")
        ->required();
    pullback_command.add_option("--values-bar", pullback.values_bar, "cotangent of the eigenvalues: k numbers");
    pullback_command.add_option("--vectors-bar", pullback.vectors_bar, "cotangent of the eigenvectors: n×k");
    pullback_command.add_option("--f", pullback.f, "spectral function instead: f at the eigenvalues, k numbers");
    pullback_command.add_option("--f-slope", pullback.f_slope, "its derivative there, k numbers");
    pullback_command.add_option("--density-bar", pullback.density_bar,
                                "cotangent of Σ f(λ_i) x_i x_iᴴ, times the eigenvectors: n×k");
    pullback_command.add_option("--left-bar", pullback.left_bar, "eigs pairs: cotangent of the left vectors: n×k");
    pullback_command.add_option("--projector-left", pullback.projector_left,
                                "eigs pairs: cotangent of Σ x_i y_iᴴ, times the left vectors: n×k");
    pullback_command.add_option("--projector-right", pullback.projector_right,
                                "its adjoint, times the right vectors: n×k");
    pullback_command
        .add_option("--condition-limit", pullback.condition_limit,
                    "eigs pairs: refuse eigenvalues of larger condition, near an exceptional point")
        ->capture_default_str();
    pullback_command.add_option("--tol", pullback.tol, "adjoint residual, relative (0: what the eigenpairs support)");
    add_factor(pullback_command, pullback.factor);
    add_convention(pullback_command, pullback.convention);
    add_choice(pullback_command, "--gauge", pullback.gauge, kGauge,
               "cotangents that see the basis inside a cluster: throw (default) or project");
    pullback_command.add_option("--out", pullback.out, "PREFIX2 of the files written")->required();
    pullback_command.callback([&] { status = run(pullback); });

    ExtremeCommand eigmin, eigmax;
    eigmin.solver.k = eigmax.solver.k = 1;
    eigmax.solver.which = Which::largest;
    for (ExtremeCommand* extreme : {&eigmin, &eigmax}) {
        const bool min = extreme == &eigmin;
        CLI::App& command =
            *app.add_subcommand(min ? "eigmin" : "eigmax", min ? "the smallest eigenvalue, on stdout" : "the largest");
        add_common(command, *extreme);
        add_mass(command, extreme->mass);
        add_factor(command, extreme->solver.factor);
        add_certify(command, extreme->solver);
        add_solver(command, extreme->solver);
        command.add_option("--gradient", extreme->gradient, "write its gradient on the matrix's entries to this file");
        command.add_option("--mass-gradient", extreme->mass_gradient, "write its gradient on the mass's entries");
        add_convention(command, extreme->convention);
        command.callback([&status, extreme] { status = run(*extreme); });
    }

    CheckCommand check;
    check.solver.tol = 1e-12;
    CLI::App& check_command =
        *app.add_subcommand("check", "Taylor test of the gradient of an objective of values and vectors, on stdout");
    add_common(check_command, check);
    check_command.add_option("--mass", check.mass)->group("");  // hidden: refused with a sentence
    add_pairs(check_command, check.solver, kEnds, "end of the spectrum: smallest (default) or largest");
    add_solver(check_command, check.solver);
    check_command.add_option("--directions", check.directions, "random directions")->capture_default_str();
    check_command.add_option("--steps", check.steps, "steps per direction")->capture_default_str();
    check_command.add_option("--first-step", check.first_step, "relative to the entries (0: from the smallest gap)");
    add_convention(check_command, check.convention);
    check_command.callback([&] { status = run(check); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return fail(bad_input, std::string(error.what()) + "; lambdabar --help lists commands and options");
    }
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run_command_line(argc, argv);
    } catch (const NotConverged& error) {
        return fail(not_converged, error.what());
    } catch (const NotDifferentiable& error) {
        return fail(not_differentiable, error.what());
    } catch (const std::bad_alloc&) {
        return fail(bad_input, "out of memory");
    } catch (const std::exception& error) {
        return fail(bad_input, error.what());
    }
}
