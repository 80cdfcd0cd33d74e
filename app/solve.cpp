#include "solve.hpp"

#include <cmath>
#include <stdexcept>

namespace lambdabar::app {

namespace {

void refuse_if(bool condition, const std::string& sentence) {
    if (condition) throw std::invalid_argument(sentence);
}

}  // namespace

void check_options(const SolverOptions& given, bool has_mass) {
    const bool shift = !std::isnan(given.sigma), forbidden = given.factor == FactorMethod::none;
    const bool named = !forbidden && given.factor != FactorMethod::automatic;
    refuse_if(given.which == Which::nearest && !shift, "--which nearest needs --sigma");
    refuse_if(given.which == Which::nearest && forbidden,
              "--which nearest needs a factorization, which --factor none forbids");
    refuse_if(given.which == Which::largest && shift, "--sigma goes with --which smallest or nearest, not largest");
    refuse_if(shift && forbidden, "--sigma needs a factorization, which --factor none forbids");
    refuse_if(given.which == Which::largest && named && !has_mass,
              std::string("--factor ") + name_of(given.factor) +
                  " has nothing to factorize: the largest eigenvalues of A x = λ x are found by products with A");
}

}  // namespace lambdabar::app
