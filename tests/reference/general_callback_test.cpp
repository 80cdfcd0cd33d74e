// Reference problems 8 and 14: a rank-one callback on a dense matrix without symmetry, and a 3×3 complex matrix.
#include "general_pairs.hpp"

#include <lambdabar/check/check_operator.hpp>
#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/eigensolver/eigs.hpp>
#include <lambdabar/gradient/gradient_general.hpp>
#include <lambdabar/operator/general_callback.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kSize = 30;

/// A + c dᴴ in real parameters: entries of A, c and d, complex ones as real and imaginary parts.
template <ScalarType S>
struct Family {
    Matrix<S> A;
    Vector<S> c, d;

    static constexpr Index kParts = std::same_as<S, double> ? 1 : 2;
    Index parameters() const { return kParts * (A.size() + c.size() + d.size()); }
    Matrix<S> whole() const { return A + c * d.adjoint(); }

    Family moved(const Eigen::VectorXd& p) const {
        Family next = *this;
        Index l = 0;
        const auto move = [&](auto& block) {
            for (Index i = 0; i < block.size(); ++i) {
                if constexpr (std::same_as<S, double>) {
                    block.data()[i] += p(l++);
                } else {
                    block.data()[i] += Complex(p(l), p(l + 1));
                    l += 2;
                }
            }
        };
        move(next.A), move(next.c), move(next.d);
        return next;
    }

    GeneralCallbackOperator<S> op() const {
        return {.n = A.rows(),
                .params = parameters(),
                .apply = [this](In<S> X, Out<S> Y) { Y = A * X + c * (d.adjoint() * X); },
                .apply_adjoint = [this](In<S> X, Out<S> Y) { Y = A.adjoint() * X + d * (c.adjoint() * X); },
                .vjp =
                    [this](In<S> V, In<S> W, GradientRef g) {
                        // Re Σ vᴴ (dA + dc dᴴ + c ddᴴ) w
                        const Matrix<S> A_bar = V * W.adjoint();
                        const Matrix<S> c_bar = V * (W.adjoint() * d), d_bar = W * (V.adjoint() * c);
                        Index l = 0;
                        const auto add = [&](const Matrix<S>& bar) {
                            for (Index i = 0; i < bar.size(); ++i) {
                                g(l++) += std::real(bar.data()[i]);
                                if constexpr (!std::same_as<S, double>) g(l++) += std::imag(bar.data()[i]);
                            }
                        };
                        add(A_bar), add(c_bar), add(d_bar);
                    }};
    }
};

}  // namespace

TEST_CASE_TEMPLATE("reference problem 8: gradients in A, c and d of a general rank-one callback equal differences", S,
                   double, Complex) {
    const Family<S> family{random_matrix<S>(kSize, kSize, 1), random_matrix<S>(kSize, 1, 2).col(0),
                           random_matrix<S>(kSize, 1, 3).col(0)};
    const auto op = family.op();
    CHECK(check_operator(op).passed());
    const EigsOptions<S> options{.k = 2, .which = Which::rightmost, .tol = 1e-13};
    const auto pairs = eigs(op, options);
    REQUIRE(pairs.converged);
    const Matrix<Complex> H = random_hermitian<Complex>(kSize, 4);
    const auto phi = [&](const Eigen::VectorXcd& values, const Matrix<Complex>& X) {
        return values.head(2).squaredNorm() + std::real(X.col(0).dot(H * X.col(0)) + X.col(1).dot(H * X.col(1)));
    };
    const auto bar =
        pullback(op, pairs, {.values = 2.0 * pairs.values, .vectors = 2.0 * H * pairs.vectors}, {.tol = 1e-12});
    const Eigen::VectorXd g = gradient(op, bar.A);
    for (const unsigned seed : {5u, 6u}) {
        const Eigen::VectorXd direction = random_matrix<double>(op.parameters(), 1, seed).col(0);
        const auto along = [&](double h) {
            const DensePairs all =
                dense_pairs<S>(family.moved(h * direction).whole(), Matrix<S>::Identity(kSize, kSize), rightmost);
            return phi(all.values, all.X);
        };
        CHECK(g.dot(direction) == doctest::Approx(central_difference(along, 1e-4)).epsilon(1e-7));
    }
    // The start vector does not matter.
    auto other = options;
    other.seed = 99;
    const auto again = eigs(op, other);
    CHECK(std::abs(phi(again.values, again.vectors) - phi(pairs.values, pairs.vectors)) <= 1e-9);
    const auto bar_again =
        pullback(op, again, {.values = 2.0 * again.values, .vectors = 2.0 * H * again.vectors}, {.tol = 1e-12});
    CHECK((gradient(op, bar_again.A) - g).norm() <= 1e-8 * g.norm());
}

TEST_CASE("reference problem 14: derivatives of a 3×3 complex matrix equal differences, its condition is reported") {
    Matrix<Complex> A(3, 3);
    A << Complex(1, 0), Complex(10, 2), Complex(0, 1), Complex(0.01, 0), Complex(1.2, 0.3), Complex(5, 0),
        Complex(0, 0.02), Complex(0.1, 0), Complex(-2, 1);
    const SparseGeneral<Complex> op(full<Complex>(A));
    const auto pairs = eigs(op, {.k = 2, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    const DensePairs all = dense_pairs<Complex>(A, Matrix<Complex>::Identity(3, 3), rightmost);
    const Matrix<Complex> D = random_matrix<Complex>(3, 3, 8);
    for (Index i = 0; i < 2; ++i) {
        CHECK(pairs.conditions(i) == doctest::Approx(all.Y.col(i).norm()).epsilon(1e-8));
        const auto bar = pullback(op, pairs, {.values = Eigen::VectorXcd::Unit(2, i)});
        const auto value = [&](double h) {
            return dense_pairs<Complex>(A + h * D, Matrix<Complex>::Identity(3, 3), rightmost).values(i).real();
        };
        CHECK(inner(dense(bar.A), D) == doctest::Approx(central_difference(value, 1e-4)).epsilon(1e-6));
    }
}
