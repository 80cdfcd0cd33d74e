// Reference problems 1 to 3: the 20 lowest modes of a heat plate, φ = Σ (x_iᵀd)²/λ_i, its gradient in one density per
// element. The square has exact doublets, which a stretched side opens by ε; a set that cuts one has no gradient.
#include "reference/plate.hpp"

#include <lambdabar/lambdabar.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kRequired = 1e-7;
constexpr Index kModes = 20;
constexpr double kStep = 2e-3;  // of densities near 1: h⁴ φ⁽⁵⁾ ≈ 1e-9, rounding 1e-13/h

/// nx × ny elements on a rectangle of the given width and height 1.
struct Plate {
    Index nx, ny;
    double width;

    Index elements() const { return nx * ny; }
    Eigen::VectorXd load() const { return uniform((nx - 1) * (ny - 1), 0.0, 1.0, 41); }
    HeatPlate at(const Eigen::VectorXd& p) const { return HeatPlate(nx, ny, width, 1.0, p); }
};

/// F = Σ f(λ_i) x_i x_iᵀ with f = 1/λ and φ = dᵀFd, so F̄ = d dᵀ.
SpectralFunction<double> compliance(const Matrix<double>& X, const Eigen::VectorXd& d) {
    return {.f = [](double t) { return 1.0 / t; },
            .f_prime = [](double t) { return -1.0 / (t * t); },
            .bar_times_X = d * (d.transpose() * X)};
}

double phi_of(const Plate& plate, const Eigen::VectorXd& p, Index k) {
    const HeatPlate heat = plate.at(p);
    const auto pairs = eigsh(heat.A, heat.B, {.k = k, .tol = 1e-12});
    REQUIRE(pairs.certified);
    return (pairs.vectors.transpose() * plate.load()).array().square().matrix().dot(pairs.values.cwiseInverse());
}

struct Gradient {
    Eigen::VectorXd density;
    PullbackReport report;
    Index factorizations = 0;  // all of them in the forward pass
};

Gradient gradient_of(const Plate& plate, const Eigen::VectorXd& p, Index k) {
    const HeatPlate heat = plate.at(p);
    const auto pairs = eigsh(heat.A, heat.B, {.k = k});
    REQUIRE(pairs.certified);
    const auto bar = pullback(heat.A, heat.B, pairs, compliance(pairs.vectors, plate.load()));
    return {gradient(heat.A, bar.A) + gradient(heat.B, bar.B), bar.report, pairs.factorizations};
}

/// Relative error of gᵀv beside central differences.
double error_along(const Eigen::VectorXd& v, const Plate& plate, const Eigen::VectorXd& p, Index k,
                   const Eigen::VectorXd& g) {
    const double wanted = difference_along([&](const Eigen::VectorXd& q) { return phi_of(plate, q, k); }, p, v, kStep);
    return std::abs(g.dot(v) - wanted) / std::abs(wanted);
}

/// The larger of those in random elements and in one corner of the plate; both split the doublets.
double worst_error(const Plate& plate, const Eigen::VectorXd& p, Index k, const Eigen::VectorXd& g) {
    Eigen::VectorXd corner = Eigen::VectorXd::Zero(p.size());
    for (Index e = 0; e < p.size(); ++e) {
        if (e % plate.nx < plate.nx / 2 && e / plate.nx < plate.ny / 3) corner(e) = 1.0;
    }
    return std::max(error_along(uniform(p.size(), 0.0, 1.0, 42), plate, p, k, g), error_along(corner, plate, p, k, g));
}

}  // namespace

TEST_CASE("heat plate: the gradient of 20 modes is right to 1e-7 at every opening of its doublets, zero included") {
    for (const double eps : {1e-1, 1e-6, 1e-8, 0.0}) {
        CAPTURE(eps);
        const Plate plate{64, 64, 1.0 + eps};
        const Eigen::VectorXd p = Eigen::VectorXd::Ones(plate.elements());
        const Gradient found = gradient_of(plate, p, kModes);
        const double error = eps == 0.0 ? worst_error(plate, p, kModes, found.density)
                                        : error_along(uniform(p.size(), 0.0, 1.0, 44), plate, p, kModes, found.density);
        MESSAGE("side 1 + " << eps << ": relative error " << error << ", estimate " << found.report.error_estimate
                            << ", " << found.report.solves << " adjoint solves");
        CHECK(error <= kRequired);
        CHECK(found.report.error_estimate <= kRequired);
    }
}

TEST_CASE("heat plate: 16, 18 or 21 modes of the square cut a doublet and are refused with a sentence") {
    const Eigen::VectorXd p = Eigen::VectorXd::Ones(64 * 64);
    const Plate square{64, 64, 1.0}, stretched{64, 64, 1.1};
    const HeatPlate heat = square.at(p);
    for (const Index k : {15, 16, 17, 18, 20, 21}) {
        CAPTURE(k);
        const bool cuts = k == 16 || k == 18 || k == 21;
        const auto pairs = eigsh(heat.A, heat.B, {.k = k});
        REQUIRE(pairs.certified);
        CHECK(pairs.cuts_cluster == cuts);
        const auto spectral = [&] { (void)pullback(heat.A, heat.B, pairs, compliance(pairs.vectors, square.load())); };
        const auto last = [&] {  // one of the doublet's eigenvalues
            (void)pullback(heat.A, heat.B, pairs, PairCotangent<double>{.values = Eigen::VectorXd::Unit(k, k - 1)});
        };
        if (!cuts) {
            CHECK_NOTHROW(spectral());
            continue;
        }
        for (const std::string& refusal :
             {message_of<NotDifferentiable>(spectral), message_of<NotDifferentiable>(last)})
            CHECK(contains(refusal, "the set of " + std::to_string(k) + " pairs cuts a cluster"));
        // What does not touch the doublet has its derivative.
        CHECK_NOTHROW(
            (void)pullback(heat.A, heat.B, pairs, PairCotangent<double>{.values = Eigen::VectorXd::Unit(k, 0)}));
    }
    // Where the side is stretched the same number of modes cuts nothing.
    CHECK(worst_error(stretched, p, 16, gradient_of(stretched, p, 16).density) <= kRequired);
}

TEST_CASE("heat plate: 20 modes of a 64 × 32 plate with the forward factor take at most 71 adjoint solves") {
    const Plate plate{64, 32, 2.0};
    for (const bool even : {true, false}) {
        CAPTURE(even);
        const Eigen::VectorXd p =
            even ? Eigen::VectorXd(Eigen::VectorXd::Ones(plate.elements())) : uniform(plate.elements(), 0.8, 1.2, 43);
        const Gradient found = gradient_of(plate, p, kModes);
        const double error = worst_error(plate, p, kModes, found.density);
        MESSAGE((even ? std::string("equal") : std::string("random"))
                << " densities: " << found.report.solves << " adjoint solves, " << found.factorizations
                << " factorizations, relative error " << error << ", estimate " << found.report.error_estimate);
        CHECK(error <= kRequired);
        CHECK(found.report.solves <= 71);
    }
}
