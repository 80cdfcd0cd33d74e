// Compiled if the component lambdabar::cholmod is built.
#include "../direct_solver.hpp"

#include <lambdabar/factorization/cholmod.hpp>

namespace lambdabar::app {

template <ScalarType S>
Factorizer<S> cholmod_if_built() {
    return cholmod<S>();
}

template Factorizer<double> cholmod_if_built<double>();
template Factorizer<std::complex<double>> cholmod_if_built<std::complex<double>>();

}  // namespace lambdabar::app
