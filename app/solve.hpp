#pragma once
#include "commands.hpp"
#include "progress.hpp"

namespace lambdabar::app {

template <ScalarType S>
EigshOptions<S> solver_options(const SolverOptions& given, ProgressLine& progress) {
    EigshOptions<S> options{.k = given.k,
                            .which = given.which,
                            .tol = given.tol,
                            .max_products = given.max_products,
                            .seed = given.seed,
                            .monitor = progress.monitor()};
    if (!given.start.empty()) options.start = read_dense<S>(given.start);
    return options;
}

}  // namespace lambdabar::app
