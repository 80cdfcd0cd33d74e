// Block Davidson with a preconditioner.
#include "block_davidson.hpp"
#include "engines.hpp"

namespace lambdabar {

template <ScalarType S>
Eigenpairs<S> solve_by_preconditioner(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    const double sign = options.which == Which::smallest ? 1.0 : -1.0;
    CountedOperator<S> A(pencil.A, sign);
    const Metric<S> metric(pencil.B);
    return BlockDavidson<S>(A, pencil, metric, options, sign).solve();
}

template Eigenpairs<double> solve_by_preconditioner<double>(const Pencil<double>&, const EigshOptions<double>&);
template Eigenpairs<std::complex<double>> solve_by_preconditioner<std::complex<double>>(
    const Pencil<std::complex<double>>&, const EigshOptions<std::complex<double>>&);

}  // namespace lambdabar
