#pragma once
#include "commands.hpp"
#include "direct_solver.hpp"
#include "progress.hpp"

namespace lambdabar::app {

/// Throws std::invalid_argument, in the words of the command line, for options that contradict each other.
void check_options(const SolverOptions& given, bool has_mass);

template <ScalarType S>
EigshOptions<S> solver_options(const SolverOptions& given, bool has_mass, ProgressLine& progress) {
    check_options(given, has_mass);
    EigshOptions<S> options{.k = given.k,
                            .which = given.which,
                            .sigma = given.sigma,
                            .tol = given.tol,
                            .factor = use_factor(given.factor),
                            .factorizer = direct_solver<S>(given.factor, given.which == Which::nearest),
                            .counter = direct_solver<S>(given.factor, true),
                            .certify = given.certify,
                            .max_products = given.max_products,
                            .seed = given.seed,
                            .monitor = progress.monitor()};
    if (!given.start.empty()) options.start = read_dense<S>(given.start);
    return options;
}

}  // namespace lambdabar::app
