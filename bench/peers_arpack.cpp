#include "arpack_run.hpp"
#include "measure.hpp"
#include "peers.hpp"

#include <lambdabar/block/kernels.hpp>

namespace bench {

using lambdabar::Block;

template <ScalarType S>
Solution<S> solve_arpack(const Product<S>& A, const PeerSettings& settings) {
    set_blas_threads(settings.blas_threads);
    const Index n = A.rows();
    Block<S> start(n, 1);
    lambdabar::fill_random<S>(start, 1, 0);
    ArpackRun<S> run({.mode = 1, .bmat = "I", .which = std::same_as<S, double> ? "SA" : "SR"}, settings, start);
    start.resize(0, 0);
    Solution<S> solution;
    solution.basis = settings.basis;
    for (run.step(); run.ido == 1 || run.ido == -1; run.step()) {
        A.apply(Eigen::Map<const Block<S>>(run.place(0), n, 1), Eigen::Map<Block<S>>(run.place(1), n, 1));
        ++solution.products;
    }
    run.extract(solution);
    return solution;
}

template Solution<double> solve_arpack<double>(const Product<double>&, const PeerSettings&);
template Solution<std::complex<double>> solve_arpack<std::complex<double>>(const Product<std::complex<double>>&,
                                                                           const PeerSettings&);

}  // namespace bench
