// The cost model of filters.
#include "eigensolver/filter_cost.hpp"

#include <doctest/doctest.h>

using namespace lambdabar;

TEST_CASE("FilterCost: a product's bytes by hand") {
    // 7 entries a row, blocks of 4: 7 (8 + 4)/4 + 3·8 in double, 7 (4 + 4)/4 + 4·4 in single precision.
    CHECK(FilterCost::of(7.0, 8, 4, 40, false).product == doctest::Approx(45.0));
    CHECK(FilterCost::of(7.0, 8, 4, 40, true).product == doctest::Approx(30.0));
    CHECK(FilterCost::of(7.0, 8, 4, 40, true).step == FilterCost::of(7.0, 8, 4, 40, false).step);
    CHECK(FilterCost::of(7.0, 8, 4, 80, true).step > FilterCost::of(7.0, 8, 4, 40, true).step);
}

TEST_CASE("FilterCost: the dearer products are beside a step, the shorter the filter, within 4 and 14") {
    const FilterCost cheap = FilterCost::of(7.0, 8, 4, 40, true), dear = FilterCost::of(200.0, 8, 4, 40, true);
    double last = 0.0;
    for (const double growth : {1e-4, 1e-2, 0.03, 0.05, 0.1, 1.0, 3.0}) {
        const double gain = cheap.gain(growth, 4);
        CHECK(gain >= last);
        CHECK(gain >= 4.0);
        CHECK(gain <= 14.0);
        CHECK(dear.gain(growth, 4) <= gain);
        last = gain;
    }
    CHECK(cheap.gain(1e-4, 4) == 4.0);
    CHECK(cheap.gain(3.0, 4) == 14.0);
    const double growth = 20.0 * cheap.product / cheap.step;  // g = √(20·step·γ/(4·product)) = 10
    CHECK(cheap.gain(growth, 4) == doctest::Approx(10.0));
    CHECK(FilterCost{}.gain(1.0, 4) == 4.0);  // nothing is known of a product
}
