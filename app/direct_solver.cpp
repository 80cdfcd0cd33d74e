#include "direct_solver.hpp"

#include <stdexcept>

namespace lambdabar::app {

namespace {

template <ScalarType S>
Factorizer<S> require_built(Factorizer<S> factorizer, const char* name, const char* missing) {
    if (!factorizer) {
        throw std::invalid_argument(std::string("--factor ") + name + ": this lambdabar was built without " + missing +
                                    ", and build lambdabar again");
    }
    return factorizer;
}

}  // namespace

template <ScalarType S>
Factorizer<S> direct_solver(FactorMethod method, bool indefinite) {
    switch (method) {
        case FactorMethod::none:
            return {};
        case FactorMethod::ldlt:
            return eigen_ldlt<S>();
        case FactorMethod::lu:
            return eigen_lu<S>();
        case FactorMethod::cholmod:
            return require_built(cholmod_if_built<S>(), "cholmod",
                                 "CHOLMOD: install SuiteSparse (Debian: libsuitesparse-dev)");
        case FactorMethod::mumps:
            return require_built(mumps_if_built<S>(), "mumps",
                                 "MUMPS: install its sequential version (Debian: libmumps-seq-dev)");
        case FactorMethod::automatic:
            break;
    }
    Factorizer<S> first = cholmod_if_built<S>(), second = mumps_if_built<S>();
    if (indefinite) std::swap(first, second);
    if (first) return first;
    return second ? second : eigen_ldlt<S>();
}

UseFactor use_factor(FactorMethod method) {
    if (method == FactorMethod::automatic) return UseFactor::automatic;
    return method == FactorMethod::none ? UseFactor::never : UseFactor::always;
}

const char* name_of(FactorMethod method) {
    constexpr const char* names[] = {"auto", "none", "ldlt", "lu", "cholmod", "mumps"};
    return names[static_cast<int>(method)];
}

template Factorizer<double> direct_solver<double>(FactorMethod, bool);
template Factorizer<std::complex<double>> direct_solver<std::complex<double>>(FactorMethod, bool);

}  // namespace lambdabar::app
