// Reference problem 8: random dense A, n = 30, plus rank-one terms, as a matrix-free operator with all entries of A, c
// and d as parameters: H = A + c cᴴ and H = A + c dᴴ + d cᴴ. Gradients of a function of 2 pairs in A, c and d.
#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 30, kK = 2;
constexpr double kTol = 1e-13;

/// Real parameters, in this order: the real and imaginary parts of A's lower triangle by columns, of c, of d. A
/// cotangent of them is ∂φ/∂Re + i ∂φ/∂Im, off-diagonal entries of A counting twice.
template <ScalarType S>
struct Parameters {
    Matrix<S> A;
    Vector<S> c, d;

    static constexpr Index width = sizeof(S) / sizeof(double);
    static constexpr Index count = width * (kN * (kN + 1) / 2 + 2 * kN);

    Eigen::VectorXd packed() const {
        Eigen::VectorXd p(count);
        Index l = 0;
        const auto put = [&](S value) {
            p(l++) = std::real(value);
            if (width == 2) p(l++) = std::imag(value);
        };
        for (Index j = 0; j < kN; ++j) {
            for (Index i = j; i < kN; ++i) put(A(i, j));
        }
        for (const Vector<S>* x : {&c, &d}) {
            for (Index i = 0; i < kN; ++i) put((*x)(i));
        }
        return p;
    }
    Parameters moved(double t, const Parameters& direction) const {
        return {A + t * direction.A, c + t * direction.c, d + t * direction.d};
    }
};

/// H = A + c dᴴ + d cᴴ, or A + c cᴴ.
template <ScalarType S>
struct Family {
    bool two_vectors = true;

    Matrix<S> assembled(const Parameters<S>& p) const {
        const Matrix<S> cd = p.c * (two_vectors ? p.d : p.c).adjoint();
        return p.A + (two_vectors ? hermitian_part<S>(2.0 * cd) : cd);
    }
    CallbackOperator<S> at(const Parameters<S>& p) const {
        return {.n = kN,
                .params = Parameters<S>::count,
                .apply =
                    [p, two = two_vectors](In<S> X, Out<S> Y) {
                        Y = p.A * X;
                        if (two) {
                            Y += p.c * (p.d.adjoint() * X) + p.d * (p.c.adjoint() * X);
                        } else {
                            Y += p.c * (p.c.adjoint() * X);
                        }
                    },
                .vjp =
                    [p, two = two_vectors](In<S> V, In<S> W, GradientRef g) {
                        // Re Σ v_jᴴ dH w_j = Re tr(H̄ᴴ dH), H̄ = sym(V Wᴴ); c̄ = 2H̄d, d̄ = 2H̄c; or c̄ = 2H̄c.
                        const Matrix<S> VW = V * W.adjoint(), H_bar = (VW + VW.adjoint()) / 2.0;
                        Parameters<S> bar{2.0 * H_bar, 2.0 * H_bar * (two ? p.d : p.c), Vector<S>::Zero(kN)};
                        bar.A.diagonal() = H_bar.diagonal().real().template cast<S>();
                        if (two) bar.d = 2.0 * H_bar * p.c;
                        g += bar.packed();
                    }};
    }
};

template <ScalarType S>
Parameters<S> random_parameters(unsigned seed) {
    return {random_hermitian<S>(kN, seed), random_matrix<S>(kN, 1, seed + 1), random_matrix<S>(kN, 1, seed + 2)};
}

/// φ = Σ_i a_i λ_i + b_i x_iᴴHx_i through GroupObjective: simple eigenvalues, one group each.
template <ScalarType S>
GroupObjective<S> objective() {
    return {kN, {{0, 1}, {1, 1}}, 820};
}

template <ScalarType S>
Eigen::VectorXd gradient_of(const CallbackOperator<S>& H, const Eigenpairs<S>& pairs) {
    const auto bar = pullback(H, pairs, objective<S>().cotangent(pairs.values, pairs.vectors), {.tol = kTol});
    return gradient(H, bar.A);
}

/// Gap around the two pairs, for tolerances.
template <ScalarType S>
double gap(const Matrix<S>& H, Which which) {
    const auto exact = oracle::decompose<S>(H, kK, which);
    return smallest_gap(exact, objective<S>().groups);
}

}  // namespace

TEST_CASE_TEMPLATE("callback with rank-one terms: gradients in A, c and d agree with differences", S, double, Complex) {
    for (const bool two_vectors : {false, true}) {
        for (const Which which : {Which::smallest, Which::largest}) {
            CAPTURE(two_vectors);
            CAPTURE(static_cast<int>(which));
            const Family<S> family{two_vectors};
            const auto p = random_parameters<S>(811);
            const auto H = family.at(p);
            const auto pairs = tight_pairs(H, kK, which);
            const Eigen::VectorXd g = gradient_of<S>(H, pairs);
            const double delta = gap<S>(family.assembled(p), which);
            REQUIRE(delta > 0.1);

            const auto some = random_parameters<S>(814);
            const Vector<S> none = Vector<S>::Zero(kN);
            for (const Parameters<S>& direction :
                 {Parameters<S>{some.A, none, none}, Parameters<S>{0.0 * some.A, some.c, none},
                  Parameters<S>{0.0 * some.A, none, some.d}, some}) {
                const auto phi = [&](double t) {
                    const auto moved = oracle::decompose<S>(family.assembled(p.moved(t, direction)), kK, which);
                    return objective<S>()(moved.values(), moved.vectors());
                };
                const double noise = 10.0 * kEps * static_cast<double>(kN) * std::abs(phi(0.0)) / delta;
                const auto wanted = oracle::central_difference(phi, 1e-4 * delta, noise);
                const double got = g.dot(direction.packed());
                const double size = g.norm() * direction.packed().norm();
                CHECK(std::abs(got - wanted.value) <= wanted.error + expected_error(kTol, pairs.norm_A, delta) * size);
                CHECK(wanted.error <= 1e-6 * size);
            }
            if (!two_vectors) CHECK(g.tail(Parameters<S>::width * kN).norm() == 0.0);  // d is not in it
        }
    }
}

TEST_CASE_TEMPLATE("callback with rank-one terms: the result does not depend on where the solver starts", S, double,
                   Complex) {
    const Family<S> family{true};
    const auto p = random_parameters<S>(831);
    const auto H = family.at(p);
    const double delta = gap<S>(family.assembled(p), Which::smallest);
    const auto reference = tight_pairs(H, kK, Which::smallest);
    const Eigen::VectorXd g = gradient_of<S>(H, reference);
    const double tolerance = 2.0 * expected_error(kTol, reference.norm_A, delta) * g.norm();
    for (const std::uint64_t seed : {2u, 3u, 4u}) {
        const auto of_seed = eigsh(H, {.k = kK, .tol = kTol, .seed = seed});
        CHECK((gradient_of<S>(H, of_seed) - g).norm() <= tolerance);
        // The gradient in a start vector is zero: moving it moves nothing.
        const Matrix<S> start = random_matrix<S>(kN, 3, 840 + static_cast<unsigned>(seed));
        const auto of_start = eigsh(H, {.k = kK, .tol = kTol, .start = start});
        REQUIRE(of_start.converged);
        CHECK((gradient_of<S>(H, of_start) - g).norm() <= tolerance);
    }
}

TEST_CASE_TEMPLATE("callback with rank-one terms: constants of the pairs have zero gradient", S, double, Complex) {
    const auto p = random_parameters<S>(851);
    const auto H = Family<S>{true}.at(p);
    const auto pairs = tight_pairs(H, kK, Which::smallest);
    // x_iᴴx_i = 1 for each pair, and Re x_1ᴴx_2 = 0.
    for (const bool mixed : {false, true}) {
        Matrix<S> X_bar = 2.0 * pairs.vectors;
        if (mixed) X_bar << pairs.vectors.col(1), pairs.vectors.col(0);
        const auto bar = pullback(H, pairs, {.vectors = X_bar});
        CHECK(gradient(H, bar.A).norm() <= 1e3 * kEps * (1.0 + p.c.norm() + p.d.norm()) * X_bar.norm());
        CHECK(bar.report.gauge_residual <= 1e2 * kEps);
    }
}
