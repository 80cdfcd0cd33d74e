#include "arpack_run.hpp"
#include "inverted.hpp"
#include "measure.hpp"

namespace bench {

template <ScalarType S>
Solution<S> solve_arpack(const InvertedPencil<S>& pencil, const PeerSettings& settings) {
    set_blas_threads(settings.blas_threads);
    ArpackRun<S> run({.mode = 3, .bmat = "G", .which = "LM", .sigma = pencil.sigma}, settings, start_vector(pencil));
    Solution<S> solution;
    solution.basis = settings.basis;
    solution.products = 1;
    lambdabar::Vector<S> Bx(pencil.rows);
    for (run.step(); run.ido != 99; run.step()) {
        if (run.ido == 2) {
            pencil.mass(run.place(0), run.place(1));
            continue;
        }
        if (run.ido == -1) pencil.mass(run.place(0), Bx.data());
        pencil.solve(run.ido == -1 ? Bx.data() : run.place(2), run.place(1));
        ++solution.products;
    }
    run.extract(solution);
    return solution;
}

template Solution<double> solve_arpack<double>(const InvertedPencil<double>&, const PeerSettings&);
template Solution<std::complex<double>> solve_arpack<std::complex<double>>(const InvertedPencil<std::complex<double>>&,
                                                                           const PeerSettings&);

}  // namespace bench
