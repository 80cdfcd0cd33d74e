// Filters in single precision: what eigsh() finds with them is as accurate as without.
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "by_products.hpp"
#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("eigsh: residuals far below single precision, in the products that double precision takes", S,
                   double, Complex) {
    const auto spectrum = laplacian_spectrum({31, 23, 11});
    const auto A = laplacian<S>({31, 23, 11});
    const SparseHermitian<S> op(A);
    for (const Which which : {Which::smallest, Which::largest}) {
        const EigshOptions<S> options{.k = 6, .which = which, .tol = 1e-13};
        const auto pairs = eigsh(op, options);
        check_converged(op, spectrum, pairs, options);
        CHECK(pairs.plan.find("single precision") != std::string::npos);
        const auto by_products = eigsh(ByProducts<S>{op}, options);
        check_converged(op, spectrum, by_products, options);
        CHECK(by_products.plan.find("double precision") != std::string::npos);
        CHECK(pairs.products < 1.5 * static_cast<double>(by_products.products));
    }
}

TEST_CASE("eigsh: a set that fewer Gaussian columns than copies found is searched, others are not") {
    const auto products = [](const Eigen::VectorXd& spectrum, bool probe) {
        const auto A = sparse_with_spectrum<double>(spectrum, 4);
        const SparseHermitian<double> op(A);
        const EigshOptions<double> options{.k = 6, .tol = 1e-9, .probe = probe};
        const auto pairs = eigsh(op, options);
        if (probe) check_converged(op, spectrum, pairs, options);
        CHECK(pairs.probed == probe);
        return pairs.products;
    };
    Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(1500, 0.0, 1.0);
    spectrum.head(10) = numbers({-1.0, -0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, -0.1});
    spectrum.segment(1, 2).setConstant(-0.95);  // 2 of 4 columns
    // The guard has to be closer, that is all.
    CHECK(products(spectrum, true) <= products(spectrum, false) + 100);
    spectrum.segment(1, 5).setConstant(-0.95);  // 5 of 4
    CHECK(products(spectrum, true) > products(spectrum, false));
}

TEST_CASE("eigsh: no set of a random spectrum lacks a value") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<double> uniform(0.0, 1.0);
        const Index n = 250 + static_cast<Index>(1000.0 * uniform(random)), k = 1 + seed % 9;
        Eigen::VectorXd spectrum(n);
        const double power = seed % 3 == 0 ? 1.0 : seed % 3 == 1 ? 2.0 : 0.4;
        for (double& value : spectrum) value = std::pow(uniform(random), power);
        std::sort(spectrum.begin(), spectrum.end());
        const auto first = static_cast<Index>(8.0 * uniform(random));
        spectrum.segment(first, 2 + seed % 4).setConstant(spectrum(first));
        std::sort(spectrum.begin(), spectrum.end());
        Sparse<double> D(n, n);
        for (Index i = 0; i < n; ++i) D.insert(i, i) = spectrum((i * 7919) % n);
        if (std::gcd(n, Index{7919}) != 1) continue;
        D.makeCompressed();
        const SparseHermitian<double> op(D);
        const EigshOptions<double> options{.k = k, .tol = 1e-9};
        check_converged(op, spectrum, eigsh(op, options), options);
    }
}
