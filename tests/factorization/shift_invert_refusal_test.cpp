// (A − σB)⁻¹: what does not fit into memory, and what makes no sense.
#include "factorization/available_memory.hpp"

#include <lambdabar/factorization/shift_invert.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include "factorization/problems.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE("a factor that does not fit is refused with the estimate and the limit") {
    const Sparse<double> A = laplacian({12, 12});
    const SparseHermitian<double> view(A);
    const auto construct = [&](double limit) { ShiftInvert<double>(view, nullptr, eigen_ldlt<double>(), limit); };
    const std::string message = message_of<std::runtime_error>([&] { construct(1.0); });
    CHECK(contains(message, " 1 bytes are allowed"));
    CHECK(contains(message, "entries in the factor"));
    CHECK(contains(message, "LDLT (Eigen)"));
    CHECK(contains(message, "n = 144"));

    const double needed = ShiftInvert<double>(view).estimate().bytes;
    CHECK_NOTHROW(construct(needed));
    CHECK_THROWS_AS(construct(needed - 1.0), std::runtime_error);
    CHECK_THROWS_AS(construct(-1.0), std::invalid_argument);
    CHECK_THROWS_AS(construct(kNaN), std::invalid_argument);
}

TEST_CASE("a replacement that does not fit beside the factorization is refused too") {
    const Sparse<double> M = saddle_point<double>(30, 15);
    const SparseHermitian<double> view(M);
    const double ldlt = ShiftInvert<double>(view).estimate().bytes;
    ShiftInvert<double> inverse(view, nullptr, eigen_ldlt<double>(), ldlt);
    CHECK(contains(message_of<std::runtime_error>([&] { (void)inverse.factor(0.0); }), "LU (Eigen)"));
    CHECK(inverse.factor(-20.0));
}

TEST_CASE("an update whose factor does not fit is refused, and stays refused") {
    const Sparse<double> small = laplacian({4, 4}), large = laplacian({20, 20});
    const double enough = ShiftInvert<double>(SparseHermitian<double>(small)).estimate().bytes;
    ShiftInvert<double> inverse(SparseHermitian<double>(small), nullptr, eigen_ldlt<double>(), enough);
    CHECK_THROWS_AS(inverse.update(SparseHermitian<double>(large)), std::runtime_error);
    CHECK_THROWS_AS((void)inverse.factor(0.0), std::runtime_error);
    CHECK_FALSE(inverse.update(SparseHermitian<double>(small)));
    CHECK(inverse.factor(0.0));
}

TEST_CASE("the available memory is something, and no more than the machine has") {
    const double pages = static_cast<double>(sysconf(_SC_PHYS_PAGES)),
                 page = static_cast<double>(sysconf(_SC_PAGESIZE));
    CHECK(available_memory() > 0.0);
    CHECK(available_memory() <= pages * page);
}

TEST_CASE("misuse of solve is refused with the sizes") {
    const Sparse<double> A = laplacian({5, 5});
    ShiftInvert<double> inverse{SparseHermitian<double>(A)};
    Block<double> rhs = Block<double>::Ones(25, 2), X(25, 3), empty(25, 0);
    CHECK(contains(message_of<std::invalid_argument>([&] { inverse.solve(rhs, rhs); }), "factor"));
    REQUIRE(inverse.factor(0.0));
    CHECK(contains(message_of<std::invalid_argument>([&] { inverse.solve(rhs, X); }), "25×3"));
    CHECK_NOTHROW(inverse.solve(empty, empty));
}
