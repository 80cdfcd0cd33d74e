#include "operator/chebyshev_filter.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// T_m(t) for any real t.
double chebyshev(Index m, double t) {
    const double degree = static_cast<double>(m);
    if (std::abs(t) <= 1.0) return std::cos(degree * std::acos(t));
    return (t < 0.0 && m % 2 == 1 ? -1.0 : 1.0) * std::cosh(degree * std::acosh(std::abs(t)));
}

/// The scaled polynomial of chebyshev_filter.hpp at x.
double filter_value(Index degree, const FilterInterval& interval, double x) {
    const auto t = [&](double y) {
        return (2.0 * y - interval.cut - interval.upper) / (interval.upper - interval.cut);
    };
    return chebyshev(degree, t(x)) / chebyshev(degree, t(interval.lowest));
}

}  // namespace

TEST_CASE("chebyshev_growth: T_m grows as exp(m·growth)/2 below the cut, and not above it") {
    const FilterInterval interval{0.0, 1.0, 11.0};
    for (const double value : {0.9, 0.5, 0.0, -3.0}) {
        const double growth = chebyshev_growth(interval, value);
        const double t = (2.0 * value - 12.0) / 10.0;
        CHECK(growth == doctest::Approx(std::acosh(-t)).epsilon(1e-13));
    }
    // Next to the cut acosh(1 + δ) = √(2δ)(1 − δ/12 + …), which 1 + δ rounded would lose.
    const double delta = 2.0 * 1e-14 / 10.0;
    const double value = 1.0 - 1e-14;
    CHECK(chebyshev_growth(interval, value) ==
          doctest::Approx(std::sqrt(2.0 * delta * ((1.0 - value) / 1e-14))).epsilon(1e-12));
    CHECK(chebyshev_growth(interval, 1.0) == 0.0);
    CHECK(chebyshev_growth(interval, 5.0) == 0.0);
}

TEST_CASE_TEMPLATE("chebyshev_filter: multiplies each eigenvector by the polynomial, in degree − 1 products", S, double,
                   Complex) {
    const Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(24, -1.0, 10.0);
    const auto reference = reference_eigh<S>(hermitian_with_spectrum<S>(spectrum, 1));
    const FilterInterval interval{-1.0, 0.8, 10.5};
    for (const double sign : {1.0, -1.0}) {
        const Matrix<S> A = hermitian_part<S>(Matrix<S>(
            sign * reference.vectors * reference.values.template cast<S>().asDiagonal() * reference.vectors.adjoint()));
        const DenseOperator<S> op{A};
        for (const Index degree : {1, 2, 3, 10, 25}) {
            CAPTURE(degree);
            CountedOperator<S> counted(op, sign);
            const Block<S> X0 = random_matrix<S>(24, 3, 2);
            const Eigen::VectorXd shift = numbers({0.3, -1.0, 4.0});
            Block<S> X = X0, Y(24, 3);
            counted.apply_fused(X, shift, 1.0, 0.0, Y);
            chebyshev_filter<S>(counted, X, Y, shift, degree, interval);
            CHECK(counted.products() == 3 * degree);
            Eigen::VectorXd p(24);
            for (Index i = 0; i < 24; ++i) p(i) = filter_value(degree, interval, reference.values(i));
            const Matrix<S> expected = reference.vectors * p.cast<S>().asDiagonal() * reference.vectors.adjoint() * X0;
            // p = O(1) on the spectrum; its derivative, which the rounding of A meets, is below m² times the slope
            // scale.
            const double m = static_cast<double>(degree);
            CHECK((X - expected).norm() <= 100.0 * m * m * kEps * X0.norm());
        }
    }
}

TEST_CASE("chebyshev_filter: high degrees neither overflow nor lose the wanted end") {
    const Eigen::VectorXd spectrum = numbers({0.0, 1.0, 50.0, 100.0});
    const DenseOperator<double> op{Matrix<double>(spectrum.asDiagonal())};
    CountedOperator<double> counted(op, 1.0);
    Block<double> X = Block<double>::Ones(4, 1), Y(4, 1);
    counted.apply_fused(X, Eigen::VectorXd::Zero(1), 1.0, 0.0, Y);
    chebyshev_filter<double>(counted, X, Y, Eigen::VectorXd::Zero(1), 5000, {0.0, 40.0, 100.0});
    CHECK(X(0) == doctest::Approx(1.0).epsilon(5000.0 * 5000.0 * kEps));
    CHECK(std::abs(X(2)) < 1e-300);
    CHECK(X.allFinite());
}
