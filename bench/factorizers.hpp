#pragma once
// The direct solvers this build has, and one that keeps the time.
#include <lambdabar/factorization/factorization.hpp>

#include <memory>
#include <string>
#include <vector>

namespace bench {

using lambdabar::Factorizer;
using lambdabar::Index;
using lambdabar::ScalarType;

template <ScalarType S>
struct NamedFactorizer {
    std::string name;
    Factorizer<S> make;
};

/// eigen_ldlt, and cholmod and mumps where their components are built.
template <ScalarType S>
std::vector<NamedFactorizer<S>> all_factorizers();

/// The one with that name; throws std::invalid_argument naming all if there is none.
template <ScalarType S>
Factorizer<S> factorizer_named(const std::string& name);

/// What the factorizations of one solver have cost, all of them together.
struct FactorTimes {
    double analysis_seconds = 0.0, factorization_seconds = 0.0, solve_seconds = 0.0;
    double entries = 0.0;  // of one factor, as estimated
    Index factorizations = 0, columns = 0;
};

/// The same direct solver with a clock beside it.
template <ScalarType S>
Factorizer<S> timed(Factorizer<S> make, std::shared_ptr<FactorTimes> times);

}  // namespace bench
