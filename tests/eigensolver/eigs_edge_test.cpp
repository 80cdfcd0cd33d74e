// Spectra in the plane whose wanted end is an edge, or bulges: many values of almost the same real part. A Krylov space
// sees their corners first, an ellipse around them may hold wanted ones. What is called converged must be right.
#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/operator/sparse_general.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// A value of the upper half plane from two uniform numbers.
using Shape = Complex (*)(double u, double v);

Complex tall_box(double u, double v) { return {-u, 10.0 * v}; }
Complex opens_to_the_right(double u, double v) { return {4.0 * v * v - 3.0 * u, 8.0 * v}; }
Complex cross(double u, double v) { return u < 0.5 ? Complex(-1.0 - 2.0 * u, 20.0 * v) : Complex(10.0 * (u - 1.0), v); }
Complex disc(double u, double v) { return std::polar(std::sqrt(u), static_cast<double>(EIGEN_PI) * v); }

struct Problem {
    Sparse<double> A;
    std::vector<Complex> values;  // from the right
};

/// A normal matrix: blocks of two rows, and two rows with a double real value near the right end.
Problem normal(Shape shape, Index pairs, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    const auto uniform = [&engine] { return static_cast<double>(engine() >> 11) * 0x1.0p-53; };
    Problem problem;
    std::vector<Eigen::Triplet<double>> entries;
    double right = -kInfinity;
    for (Index i = 0; i < pairs; ++i) {
        const double u = uniform(), v = uniform();
        const Complex z = shape(u, v);
        for (const Index j : {0, 1}) entries.emplace_back(2 * i + j, 2 * i + j, z.real());
        entries.emplace_back(2 * i, 2 * i + 1, z.imag());
        entries.emplace_back(2 * i + 1, 2 * i, -z.imag());
        problem.values.insert(problem.values.end(), {z, std::conj(z)});
        right = std::max(right, z.real());
    }
    for (const Index j : {0, 1}) {
        entries.emplace_back(2 * pairs + j, 2 * pairs + j, right - 0.005);
        problem.values.push_back(right - 0.005);
    }
    problem.A.resize(2 * pairs + 2, 2 * pairs + 2);
    problem.A.setFromTriplets(entries.begin(), entries.end());
    std::sort(problem.values.begin(), problem.values.end(), [](Complex a, Complex b) { return a.real() > b.real(); });
    return problem;
}

}  // namespace

TEST_CASE("eigs: the right end of a flat or bulging spectrum is right, or not called converged") {
    Index converged = 0;
    for (const Shape shape : {tall_box, opens_to_the_right, cross, disc}) {
        for (const std::uint64_t seed : {1u, 2u, 3u}) {
            const Problem problem = normal(shape, 400, seed);
            const SparseGeneral<double> A(problem.A);
            for (const Index k : {2, 5}) {
                CAPTURE(seed);
                CAPTURE(k);
                const auto pairs = eigs(
                    A, EigsOptions<double>{.k = k, .which = Which::rightmost, .left = false, .max_products = 10000});
                if (!pairs.converged) continue;
                ++converged;
                for (Index i = 0; i < k; ++i)
                    CHECK(std::abs(pairs.values(i).real() - problem.values[static_cast<std::size_t>(i)].real()) <=
                          1e-6);
            }
        }
    }
    CHECK(converged >= 6);  // it is no answer to refuse everything
}
