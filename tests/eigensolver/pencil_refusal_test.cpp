// What eigsh(A, B) refuses, with the numbers that prove it.
#include <Eigen/LU>
#include <doctest/doctest.h>

#include "pencil_expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
struct Fixture {
    TestPencil<S> pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 3.0, 4.0}), 60, 6.0, 0.5), 41);
    SparseHermitian<S> A{pencil.A}, B{pencil.B};

    std::string refusal(const EigshOptions<S>& options) const {
        return message_of<std::invalid_argument>([&] { (void)eigsh(A, B, options); });
    }
};

}  // namespace

TEST_CASE_TEMPLATE("eigsh: an indefinite B is refused with a number that proves it", S, double, Complex) {
    for (const Index n : {60, 260}) {
        for (const bool on_the_diagonal : {true, false}) {
            CAPTURE(n);
            CAPTURE(on_the_diagonal);
            const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 3.0}), n, 4.0, 0.5), 42);
            Sparse<S> indefinite = pencil.B;
            if (on_the_diagonal) {
                indefinite.coeffRef(5, 5) = S{-0.25};
            } else {  // a 2×2 block with positive diagonal and eigenvalues of both signs
                indefinite.coeffRef(6, 5) *= S{20.0};
                indefinite.coeffRef(5, 6) *= S{20.0};
            }
            const Eigen::VectorXd b = reference_eigh<S>(dense(indefinite)).values;
            REQUIRE(b(0) < -0.1);
            REQUIRE(b(1) > 0.0);
            const SparseHermitian<S> A(pencil.A), B(indefinite);
            const DenseOperator<S> A_callback{dense(pencil.A)}, B_callback{dense(indefinite)};
            EigshOptions<S> options{.k = 3};
            const auto refusal = [&](const auto& A_any, const auto& B_any) {
                return message_of<std::invalid_argument>([&] { (void)eigsh(A_any, B_any, options); });
            };
            const auto automatic = refusal(A, B);
            CAPTURE(automatic);
            CHECK(contains(automatic, "B is indefinite"));
            if (on_the_diagonal) CHECK(contains(automatic, "diagonal entry 5 is -0.25"));
            if (!on_the_diagonal) CHECK(contains(automatic, "xᴴBx = -"));
            options.which = Which::nearest;
            options.sigma = 2.4;
            CHECK(contains(refusal(A, B), "B is indefinite"));
            options.which = Which::largest;
            options.sigma = kNaN;
            CHECK(contains(refusal(A, B), "1 negative pivot"));
            for (const Which which : {Which::smallest, Which::largest}) {
                options.which = which;
                options.factor = UseFactor::never;
                const auto reason = which == Which::smallest ? "xᴴBx = -" : "B is not positive definite";
                CHECK(contains(refusal(A, B), reason));
                CHECK(contains(refusal(A_callback, B_callback), reason));
            }
            options.which = Which::smallest;
            options.sigma = -0.5;
            const Eigen::PartialPivLU<Matrix<S>> lu(dense(pencil.A) + 0.5 * dense(indefinite));
            options.solve = [&lu](In<S> R, Out<S> X) { X = lu.solve(R); };
            CHECK(contains(refusal(A_callback, B_callback), "B is indefinite"));
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: A and B of different sizes are refused with both", S, double, Complex) {
    const Fixture<S> f, g;
    const auto smaller = test_pencil<S>(Eigen::VectorXd::LinSpaced(59, 1.0, 9.0), 43);
    const SparseHermitian<S> B(smaller.B);
    for (const UseFactor factor : {UseFactor::automatic, UseFactor::never}) {
        const auto message =
            message_of<std::invalid_argument>([&] { (void)eigsh(f.A, B, {.k = 2, .factor = factor}); });
        CHECK(contains(message, "A has 60 rows and B has 59"));
    }
}

TEST_CASE_TEMPLATE("eigsh: a shift above the lowest eigenvalue is refused for the smallest pairs", S, double, Complex) {
    const Fixture<S> f;
    const auto message = f.refusal({.k = 2, .sigma = 2.5});
    CHECK(contains(message, "sigma = 2.5 does not lie below the spectrum"));
    CHECK(contains(message, "2 eigenvalues are smaller"));
    for (const double sigma : {1.5, 2.5, 3.9}) {
        CAPTURE(sigma);
        const Eigen::PartialPivLU<Matrix<S>> lu(dense(f.pencil.A) - sigma * dense(f.pencil.B));
        const auto refused =
            f.refusal({.k = 2, .sigma = sigma, .solve = [&lu](In<S> R, Out<S> X) { X = lu.solve(R); }});
        CHECK(contains(refused, "does not lie below the spectrum"));
        const auto by_lu = f.refusal({.k = 2, .sigma = sigma, .factorizer = eigen_lu<S>()});  // no inertia
        CHECK(contains(by_lu, "does not lie below the spectrum"));
    }
}

TEST_CASE_TEMPLATE("eigsh: a null vector that A and B share is refused", S, double, Complex) {
    // Row and column 7 of both are zero; or e_3 + e_4 is in both null spaces.
    for (const Index n : {60, 260}) {
        const auto pencil = test_pencil<S>(spectrum_above(numbers({1.0, 2.0, 3.0}), n, 4.0, 0.5), 44);
        for (const bool empty_row : {true, false}) {
            CAPTURE(n);
            CAPTURE(empty_row);
            Vector<S> v = Vector<S>::Zero(n);
            v(7) = S{1.0};
            if (!empty_row) v(8) = S{1.0};
            v.normalize();
            const Matrix<S> P = Matrix<S>::Identity(n, n) - v * v.adjoint();
            const auto without = [&](const Sparse<S>& M) {
                Sparse<S> result = hermitian_part<S>(P * dense(M) * P).sparseView(1.0, 1e-13);
                result.makeCompressed();
                return result;
            };
            const Sparse<S> A0 = without(pencil.A), B0 = without(pencil.B);
            const SparseHermitian<S> A(A0), B(B0);
            for (const double sigma : {kNaN, -1.0, 2.4}) {
                CAPTURE(sigma);
                const EigshOptions<S> options{
                    .k = 2, .which = sigma > 0.0 ? Which::nearest : Which::smallest, .sigma = sigma};
                const auto message = message_of<std::invalid_argument>([&] { (void)eigsh(A, B, options); });
                CHECK(contains(message, "share a null vector"));
            }
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: a caller's solve that does not solve is refused with its residual", S, double, Complex) {
    const Fixture<S> f;
    const Eigen::PartialPivLU<Matrix<S>> right(dense(f.pencil.A) + 0.5 * dense(f.pencil.B));
    EigshOptions<S> options{.k = 2, .sigma = -0.5};
    options.solve = [&right](In<S> R, Out<S> X) { X = right.solve(R); };
    CHECK(f.refusal(options) == "");
    options.sigma = -0.6;  // another shift than the solve's
    CHECK(contains(f.refusal(options), "does not invert A − σB at σ = -0.6: its relative residual is"));
    options.sigma = -0.5;
    options.solve = [](In<S> R, Out<S> X) { X = R; };
    CHECK(contains(f.refusal(options), "its relative residual is"));
    options.solve = [](In<S>, Out<S> X) { X.setZero(); };
    CHECK(contains(f.refusal(options), "its relative residual is 1 "));
    options.solve = [&right](In<S> R, Out<S> X) { X = right.solve(R) * S{1.0 + 1e-6}; };
    CHECK(contains(f.refusal(options), "its relative residual is"));
    options.solve = [](In<S>, Out<S> X) { X.setConstant(S{kNaN}); };
    CHECK(contains(f.refusal(options), "caller's solve"));
    options.solve = [](In<S>, Out<S>) { throw std::domain_error("mine"); };
    CHECK_THROWS_AS((void)eigsh(f.A, f.B, options), std::domain_error);
}

TEST_CASE_TEMPLATE("eigsh: options that contradict one another are refused", S, double, Complex) {
    const Fixture<S> f;
    const DenseOperator<S> A{dense(f.pencil.A)}, B{dense(f.pencil.B)};
    const auto refusal = [&](const EigshOptions<S>& options) {
        return message_of<std::invalid_argument>([&] { (void)eigsh(A, B, options); });
    };
    const BlockSolve<S> solve = [](In<S> R, Out<S> X) { X = R; };
    CHECK(contains(f.refusal({.k = 2, .which = Which::nearest}), "`nearest` needs a sigma"));
    CHECK(contains(f.refusal({.k = 2, .sigma = kInfinity}), "sigma = inf must be finite"));
    CHECK(contains(f.refusal({.k = 2, .which = Which::nearest, .sigma = 2.4, .factor = UseFactor::never}),
                   "need a factorization or `solve`"));
    CHECK(contains(refusal({.k = 2, .which = Which::nearest, .sigma = 2.4}), "A − σB cannot be factorized"));
    CHECK(contains(refusal({.k = 2, .factor = UseFactor::always}), "A − σB cannot be factorized"));
    CHECK(contains(f.refusal({.k = 2, .solve = solve}), "needs its sigma"));
    CHECK(contains(f.refusal({.k = 2, .which = Which::largest, .sigma = 1.0, .solve = solve}), "not `largest`"));
    CHECK(contains(f.refusal({.k = 2, .memory_limit = -1.0}), "memory limit is -1"));
    CHECK(contains(f.refusal({.k = 2, .engine = Engine::spectra}), "spectra"));
    CHECK(contains(f.refusal({.k = 60}), "k = 60 must lie between 1 and n − 1 = 59"));
    const auto ranks = FakeRanks(60).run([&](const FakeRank& rank) {
        return message_of<std::invalid_argument>([&] {
            (void)eigsh(rank.local(f.A), rank.local(f.B),
                        EigshOptions<S>{.k = 2, .which = Which::nearest, .sigma = 2.4, .sum = rank.sum});
        });
    });
    for (const std::string& message : ranks) CHECK(contains(message, "cannot be factorized"));
}

TEST_CASE_TEMPLATE("eigsh: a factor beyond the memory limit is not attempted", S, double, Complex) {
    const Fixture<S> f;
    for (const Which which : {Which::smallest, Which::nearest, Which::largest}) {
        CAPTURE(static_cast<int>(which));
        EigshOptions<S> options{.k = 2, .which = which, .memory_limit = 1000.0};
        if (which == Which::nearest) options.sigma = 2.4;
        const auto message = message_of<std::runtime_error>([&] { (void)eigsh(f.A, f.B, options); });
        CHECK(contains(message, "1000 bytes are allowed"));
        options.memory_limit = 1e8;
        CHECK(eigsh(f.A, f.B, options).converged);
    }
}
