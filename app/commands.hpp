#pragma once
// The subcommands as plain functions of plain options. Each returns the exit status of a run that came to its end;
// errors are exceptions, which main() turns into a sentence and a status.
#include <lambdabar/lambdabar.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lambdabar::app {

namespace fs = std::filesystem;

enum ExitStatus : int {
    success = 0,
    check_failed = 1,  // `check` only
    bad_input = 2,     // files, numbers, usage
    not_converged = 3,
    not_differentiable = 4,  // as asked: gauge, cut cluster
};

/// The direct solver: `automatic` is the best that this build has for the task.
enum class FactorMethod { automatic, none, ldlt, lu, cholmod, mumps };

/// An approximate inverse of A for block Davidson.
enum class PreconditionerMethod { none, jacobi, incomplete_cholesky, multigrid };

struct Common {
    fs::path matrix;
    fs::path mass;  // empty: A x = λ x
    bool quiet = false;
};

/// What eigsh, eigmin and check pass on to the eigensolver.
struct SolverOptions {
    Index k = 4;
    Which which = Which::smallest;
    double tol = 1e-10;
    std::uint64_t seed = 1;
    Index max_products = 0;
    fs::path start;
    double sigma = std::numeric_limits<double>::quiet_NaN();  // NaN: chosen by the library
    FactorMethod factor = FactorMethod::automatic;
    bool certify = true;
};

struct EigshCommand : Common {
    SolverOptions solver;
    Engine engine = Engine::automatic;
    PreconditionerMethod preconditioner = PreconditionerMethod::none;
    fs::path out;  // prefix
};

/// Problems without symmetry.
struct EigsCommand : Common {
    Index k = 4;
    Which which = Which::largest_magnitude;
    std::vector<double> sigma;  // real part, imaginary part
    double tol = 1e-10;
    std::uint64_t seed = 1;
    Index max_products = 0;
    fs::path start;
    fs::path out;  // prefix
};

struct PullbackCommand : Common {
    fs::path pairs, out;                                 // prefixes
    fs::path values_bar, vectors_bar;                    // per-pair cotangents
    fs::path f, f_slope, density_bar;                    // spectral function
    fs::path left_bar, projector_left, projector_right;  // of eigs pairs only
    double condition_limit = 1e6;                        // likewise
    double tol = 0.0;
    FactorMethod factor = FactorMethod::automatic;
    Gauge gauge = Gauge::refuse;
    std::optional<Convention> convention;
};

struct ExtremeCommand : Common {
    SolverOptions solver;
    fs::path gradient, mass_gradient;
    std::optional<Convention> convention;
};

struct CheckCommand : Common {
    SolverOptions solver;
    Index directions = 2, steps = 8;
    double first_step = 0.0;
    std::optional<Convention> convention;
};

int run(const EigshCommand& command);
int run(const EigsCommand& command);
int run(const PullbackCommand& command);
/// The same for pairs that eigs wrote, as their report says.
int run_general(const PullbackCommand& command);
int run(const ExtremeCommand& command);
int run(const CheckCommand& command);

/// Calls f with a value of the scalar that the headers ask for: std::complex<double> if the matrix or the mass is
/// complex, else double.
template <class Function>
int with_scalar_of(const Common& files, Function f) {
    const auto complex = [](const fs::path& file) {
        return read_matrix_market_header(file).field == MatrixMarketField::complex;
    };
    const bool matrix = complex(files.matrix), mass = !files.mass.empty() && complex(files.mass);
    return matrix || mass ? f(std::complex<double>{}) : f(double{});
}

}  // namespace lambdabar::app
