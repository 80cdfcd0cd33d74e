// Compiled if the component lambdabar::mumps is not built.
#include "../direct_solver.hpp"

namespace lambdabar::app {

template <ScalarType S>
Factorizer<S> mumps_if_built() {
    return {};
}

template Factorizer<double> mumps_if_built<double>();
template Factorizer<std::complex<double>> mumps_if_built<std::complex<double>>();

}  // namespace lambdabar::app
