// Reference problem 11: a clamped square plate of 100 quadrilaterals, one thickness each. Its modes 2 and 3 are a
// doublet by symmetry: their mean has a derivative, each of them alone has none.
#include "reference/plate.hpp"

#include <lambdabar/lambdabar.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kSide = 10, kModes = 5;
constexpr double kStep = 1e-3;  // of thicknesses near 1

Eigenpairs<double> modes_of(const Eigen::VectorXd& thickness) {
    const ClampedPlate plate(kSide, thickness);
    auto pairs = eigsh(plate.A, plate.B, {.k = kModes, .tol = 1e-12});
    REQUIRE(pairs.certified);
    pairs.solve = {};  // the plate is gone
    return pairs;
}

}  // namespace

TEST_CASE("clamped plate: the doublet at modes 2 and 3 is found twice, near the published frequencies") {
    const auto pairs = modes_of(Eigen::VectorXd::Ones(kSide * kSide));
    REQUIRE(pairs.clusters.size() >= 3);
    CHECK(pairs.clusters[0].count == 1);
    CHECK(pairs.clusters[1].first == 1);
    CHECK(pairs.clusters[1].count == 2);
    CHECK(pairs.clusters[2].first == 3);
    // ω a² √(ρh/D) = 35.985, 73.394, 108.22 (Leissa, Vibration of plates, NASA SP-160, 1969); conforming elements are
    // stiffer by O(h⁴).
    const Eigen::VectorXd published = numbers({35.985, 73.394, 73.394, 108.22});
    for (Index mode = 0; mode < published.size(); ++mode) {
        CAPTURE(mode);
        CHECK(std::sqrt(pairs.values(mode)) == doctest::Approx(published(mode)).epsilon(5e-4));
    }
    // Equal but for the rounding of the factor of K, whose error in 1/λ is some n eps/λ₁: relative, λ₂/λ₁ times as much
    // in λ₂.
    const double rounding = static_cast<double>(pairs.vectors.rows()) * kEps * pairs.values(1) / pairs.values(0);
    CHECK(pairs.values(2) - pairs.values(1) <= rounding * pairs.values(1));
}

TEST_CASE("clamped plate: the doublet's mean has the derivative that differences show, its members are refused") {
    const Eigen::VectorXd even = Eigen::VectorXd::Ones(kSide * kSide);
    const ClampedPlate plate(kSide, even);
    const auto pairs = eigsh(plate.A, plate.B, {.k = kModes});
    REQUIRE(pairs.certified);

    const auto bar = pullback(plate.A, plate.B, pairs, PairCotangent<double>{.values = numbers({0.0, 0.5, 0.5, 0, 0})});
    const Eigen::VectorXd g = gradient(plate.A, bar.A) + gradient(plate.B, bar.B);
    CHECK(bar.report.solves == 0);
    // λ ∝ t²: by Euler's theorem g·1 = 2λ at t = 1.
    CHECK(g.sum() == doctest::Approx(2.0 * pairs.values(1)).epsilon(1e-10));

    double worst = 0.0;
    for (const unsigned seed : {51u, 52u, 53u}) {
        const Eigen::VectorXd v = uniform(even.size(), 0.0, 1.0, seed);
        const auto mean = [](const Eigen::VectorXd& t) { return modes_of(t).values.segment(1, 2).mean(); };
        const double wanted = difference_along(mean, even, v, kStep);
        worst = std::max(worst, std::abs(g.dot(v) - wanted) / std::abs(wanted));
        // Its members part to both sides of t = 0, where they meet in a kink: neither has a derivative.
        const auto gap = [&](double t) {
            const auto split = modes_of(even + t * v);
            return split.values(2) - split.values(1);
        };
        CHECK(gap(kStep) > 1e-3 * kStep * pairs.values(1));
        CHECK(gap(-kStep) > 1e-3 * kStep * pairs.values(1));
    }
    MESSAGE("mean derivative: relative error " << worst);
    CHECK(worst <= 1e-8);

    for (const Index mode : {1, 2}) {
        const std::string refusal = message_of<NotDifferentiable>([&] {
            (void)pullback(plate.A, plate.B, pairs,
                           PairCotangent<double>{.values = Eigen::VectorXd::Unit(kModes, mode)});
        });
        CHECK(contains(refusal, "pairs 2 to 3"));
    }
    // Neither has its vector: ∂(bᵀx₂)/∂t does not exist.
    Matrix<double> of_vector = Matrix<double>::Zero(pairs.vectors.rows(), kModes);
    of_vector.col(1) = uniform(pairs.vectors.rows(), 0.0, 1.0, 54);
    const std::string refusal = message_of<NotDifferentiable>(
        [&] { (void)pullback(plate.A, plate.B, pairs, PairCotangent<double>{.vectors = of_vector}); });
    CHECK(contains(refusal, "cluster"));
}
