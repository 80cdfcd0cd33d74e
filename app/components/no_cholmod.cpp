// Compiled if the component lambdabar::cholmod is not built.
#include "../direct_solver.hpp"

namespace lambdabar::app {

template <ScalarType S>
Factorizer<S> cholmod_if_built() {
    return {};
}

template Factorizer<double> cholmod_if_built<double>();
template Factorizer<std::complex<double>> cholmod_if_built<std::complex<double>>();

}  // namespace lambdabar::app
