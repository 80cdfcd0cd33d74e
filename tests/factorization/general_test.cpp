#include "general_pairs.hpp"

#include <lambdabar/factorization/general_factorization.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Upwind convection–diffusion on an m×m grid.
template <ScalarType S>
Sparse<S> convection_diffusion(Index m, double wind) {
    std::vector<Eigen::Triplet<S>> entries;
    for (int s = 0; s < static_cast<int>(m * m); ++s) {
        const int x = s % static_cast<int>(m), y = s / static_cast<int>(m);
        entries.emplace_back(s, s, S{4.0 + wind});
        if (x > 0) entries.emplace_back(s, s - 1, S{-1.0 - wind});
        if (x + 1 < m) entries.emplace_back(s, s + 1, S{-1.0});
        if (y > 0) entries.emplace_back(s, s - static_cast<int>(m), S{-1.0});
        if (y + 1 < m) entries.emplace_back(s, s + static_cast<int>(m), S{-1.0});
    }
    Sparse<S> A(m * m, m * m);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

}  // namespace

TEST_CASE("general factorization: solves with A − σB and its adjoint, real and complex, to rounding") {
    const Sparse<double> M = convection_diffusion<double>(14, 0.8), N = convection_diffusion<double>(14, 0.1);
    const SparseGeneral<double> A(M), B(N);
    const Index n = A.rows();
    const auto test = [&](auto scalar, Complex sigma, bool with_mass) {
        using T = decltype(scalar);
        const GeneralFactorization<T> factor(A, with_mass ? &B : nullptr, sigma);
        REQUIRE_FALSE(factor.singular());
        CHECK(factor.backward_error() <= 1e-13);
        T shift{};
        if constexpr (std::same_as<T, double>) {
            shift = sigma.real();
        } else {
            shift = sigma;
        }
        const Matrix<T> mass = with_mass ? Matrix<T>(dense(N).template cast<T>()) : Matrix<T>::Identity(n, n);
        const Matrix<T> D = dense(M).template cast<T>() - shift * mass;
        const Block<T> R = random_matrix<T>(n, 6, 3);
        Block<T> X(n, 6);
        factor.solve(R, X);
        CHECK((D * X - R).norm() <= 1e-12 * (D.norm() * X.norm()));
        factor.solve_adjoint(R, X);
        CHECK((D.adjoint() * X - R).norm() <= 1e-12 * (D.norm() * X.norm()));
    };
    for (const bool with_mass : {false, true}) {
        CAPTURE(with_mass);
        test(double{}, 0.3, with_mass);
        test(Complex{}, Complex(0.3, 0.7), with_mass);
    }
}

TEST_CASE("general factorization: a shift that is an eigenvalue is called singular, too little memory refused") {
    Sparse<double> M(6, 6);
    for (int i = 0; i < 6; ++i) M.insert(i, i) = i + 1.0;
    for (int i = 0; i < 5; ++i) M.insert(i, i + 1) = 1.0;
    M.makeCompressed();
    const SparseGeneral<double> A(M);
    CHECK(GeneralFactorization<double>(A, nullptr, 3.0).singular());
    CHECK_FALSE(GeneralFactorization<double>(A, nullptr, 3.5).singular());
    CHECK(contains(message_of<std::runtime_error>([&] { (void)GeneralFactorization<double>(A, nullptr, 3.5, 10.0); }),
                   "bytes are allowed"));
    CHECK(contains(
        message_of<std::invalid_argument>([&] { (void)GeneralFactorization<double>(A, nullptr, Complex(3.5, 1.0)); }),
        "not real"));
}
