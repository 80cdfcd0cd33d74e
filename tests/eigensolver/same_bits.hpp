#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <doctest/doctest.h>
#include <omp.h>

namespace lambdabar::test {

/// Solves with one thread and with two, which must give the same bits; returns the pairs.
template <class Solve>
auto same_bits_with_two_threads(const Solve& solve) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = solve();
    omp_set_num_threads(2);
    const auto two = solve();
    omp_set_num_threads(before);
    CHECK(one.converged);
    CHECK(one.values == two.values);
    CHECK(one.vectors == two.vectors);
    CHECK(one.residuals == two.residuals);
    CHECK(one.extra == two.extra);
    CHECK(one.solves == two.solves);
    CHECK(one.products == two.products);
    return one;
}

/// All processes hold the same numbers of one solve.
template <ScalarType S>
void check_agreement(const std::vector<Eigenpairs<S>>& parts) {
    for (const auto& part : parts) {
        CHECK(part.converged);
        CHECK(part.values == parts[0].values);
        CHECK(part.residuals == parts[0].residuals);
        CHECK(part.products == parts[0].products);
        CHECK(part.solves == parts[0].solves);
        CHECK(part.guard_value == parts[0].guard_value);
        CHECK(part.cuts_cluster == parts[0].cuts_cluster);
    }
}

}  // namespace lambdabar::test
