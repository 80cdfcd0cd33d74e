#include <lambdabar/crossing/subdifferential.hpp>

#include <doctest/doctest.h>

#include "crossing/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
Subdifferential<S> at_zero(const Family<S>& family, const Eigenpairs<S>& pairs,
                           const SubdifferentialOptions& options = {}) {
    const auto A = family.A(), B = family.B();
    return family.pencil ? subdifferential(A, B, pairs, options) : subdifferential(A, pairs, options);
}

/// A random member of {0 ⪯ U ⪯ I, tr U = s}: extreme ones for s vectors.
template <ScalarType S>
Matrix<S> random_member(Index m, Index s, unsigned seed) {
    const Matrix<S> V = random_orthonormal<S>(m, s, seed);
    return V * V.adjoint();
}

}  // namespace

TEST_CASE_TEMPLATE("minimum_norm: the gap is at most 1e-8 at m-fold eigenvalues, and the certificate holds", S, double,
                   Complex) {
    for (const bool with_B : {false, true}) {
        for (Index m = 2; m <= 6; ++m) {
            for (const Index parameters : {2, 40}) {  // 0 inside the set, and outside of it
                CAPTURE(with_B);
                CAPTURE(m);
                CAPTURE(parameters);
                Family<S> family(multiple(m, 14), parameters, with_B, 200 + static_cast<unsigned>(m));
                const auto set = at_zero(family, family.pairs(m));
                const auto least = minimum_norm(set);
                CHECK(least.gap <= 1e-10 * least.scale);
                CHECK(least.gap <= 1e-8);
                CHECK(least.iterations < 40);
                // Independent of the solver: U is a member, g is its element, and no direction of ascent is steeper.
                CHECK((set.element(least.U) - least.gradient).norm() <= 1e-13);
                const Matrix<S> along = set.cluster.along(least.gradient);
                const double slope = Eigen::SelfAdjointEigenSolver<Matrix<S>>(along).eigenvalues()(0);
                CHECK(slope >= least.norm * least.norm - 1e-8);
                for (unsigned i = 0; i < 20; ++i)
                    CHECK(set.element(random_member<S>(m, 1, 300 + i)).norm() >= least.norm - 1e-9);
                CHECK(is_stationary(least, 1e-6) == (least.norm <= 1e-6));
            }
        }
    }
}

TEST_CASE("minimum_norm: λ_min grows along g at the rate that the certificate states") {
    const Family<double> family(multiple(3, 14), 40, true, 71);
    const auto least = minimum_norm(at_zero(family, family.pairs(3)));
    REQUIRE(least.norm > 0.05);
    const Eigen::VectorXd slopes = family.slopes(least.gradient, 0, 3, 1.0);
    CHECK(std::abs(slopes(0) - least.norm * least.norm) <= 1e-6);
}

TEST_CASE_TEMPLATE("minimum_norm: as good with twenty copies and with thousands of parameters", S, double, Complex) {
    // Random G_l whose mean is not zero: the set lies apart from the origin.
    for (const Index m : {1, 2, 8, 20}) {
        CAPTURE(m);
        Subdifferential<S> set;
        set.cluster.values = Eigen::VectorXd::Ones(m);
        set.cluster.basis = Matrix<S>::Identity(m, m);
        const Index d = coordinate_count<S>(m), parameters = 3 * d;
        set.cluster.components =
            random_matrix<double>(parameters, d, 400 + static_cast<unsigned>(m)) / std::sqrt(double(d));
        const Eigen::VectorXd trace = to_coordinates<S>(Matrix<S>::Identity(m, m));
        set.cluster.components += unit(parameters, 401) * trace.transpose();
        set.fixed = Eigen::VectorXd::Zero(parameters);
        const auto least = minimum_norm(set);
        CHECK(least.gap <= 1e-10 * least.scale);
        CHECK(least.norm > 0.1);
    }
}

TEST_CASE("minimum_norm: zero is found where it belongs to the set, and a face where it is optimal") {
    // G_1 = diag(1, −1), G_2 = offdiag(1): the disc; shifted by 2 in a third direction its nearest point is the centre.
    Subdifferential<double> set;
    set.cluster.values = Eigen::VectorXd::Ones(2);
    set.cluster.basis = Eigen::MatrixXd::Identity(2, 2);
    Eigen::Matrix2d G_1, G_2;
    G_1 << 1, 0, 0, -1;
    G_2 << 0, 1, 1, 0;
    set.cluster.components.resize(3, 3);
    set.cluster.components << to_coordinates<double>(G_1).transpose(), to_coordinates<double>(G_2).transpose(),
        2.0 * to_coordinates<double>(Eigen::Matrix2d::Identity()).transpose();
    set.fixed = Eigen::Vector3d::Zero();
    auto least = minimum_norm(set);
    CHECK((least.gradient - Eigen::Vector3d(0, 0, 2)).norm() <= 1e-7);
    set.fixed = Eigen::Vector3d(0, 0, -2);  // the centre moves to 0
    least = minimum_norm(set);
    CHECK(least.norm <= 1e-7);
    CHECK(is_stationary(least, 1e-6));
    set.fixed = Eigen::Vector3d(3, 0, -2);  // nearest: the boundary point (2, 0, 0), U = e_2 e_2ᵀ
    least = minimum_norm(set);
    CHECK((least.gradient - Eigen::Vector3d(2, 0, 0)).norm() <= 1e-8);
    CHECK(least.gap <= 1e-10);
}

TEST_CASE_TEMPLATE("subdifferential: sums of extremal eigenvalues that end inside a cluster", S, double, Complex) {
    Eigen::VectorXd values(14);
    values << 0.0, 0.5, Eigen::VectorXd::Ones(4), Eigen::VectorXd::LinSpaced(8, 3.0, 9.0);
    for (const bool largest : {false, true}) {
        CAPTURE(largest);
        const Index parameters = 30, count = 4;  // two of the four copies
        Family<S> family(largest ? Eigen::VectorXd(-values) : values, parameters, true, 81);
        const auto pairs = family.pairs(6, largest ? Which::largest : Which::smallest);
        const auto set = at_zero(family, pairs, {.count = count});
        CHECK(set.trace == 2);
        CHECK(set.multiplicity() == 4);
        CHECK(set.concave == !largest);
        CHECK(std::abs(set.value - (largest ? -2.5 : 2.5)) <= 1e-10);
        for (unsigned direction = 0; direction < 5; ++direction) {
            const Eigen::VectorXd d = unit(parameters, 82 + direction);
            const auto sum = [&](double t) {
                const Eigen::VectorXd all = family.values(t * d);
                return largest ? all.tail(count).sum() : all.head(count).sum();
            };
            const double t = 2e-5, s1 = (sum(t) - set.value) / t, s2 = (sum(2 * t) - set.value) / (2 * t);
            CHECK(std::abs(set.directional_derivative(d) - (2 * s1 - s2)) <= 1e-6);
            double most = -kInfinity;
            for (unsigned i = 0; i < 200; ++i)
                most = std::max(most, set.element(random_member<S>(4, 2, 500 + i)).dot(d));
            CHECK(set.support(d) >= most - 1e-12);
            CHECK(set.support(d) - most <= 0.3);
            if (!largest) CHECK(std::abs(set.support(-d) + set.directional_derivative(d)) <= 1e-12);
        }
        const auto least = minimum_norm(set);
        CHECK(least.gap <= 1e-8);
        for (unsigned i = 0; i < 50; ++i)
            CHECK(set.element(random_member<S>(4, 2, 600 + i)).norm() >= least.norm - 1e-9);
    }
}

TEST_CASE("subdifferential: with ε every element bounds the affine λ_min from above, up to ε") {
    Eigen::VectorXd values(14);
    values << 1.0, 1.02, 1.05, Eigen::VectorXd::LinSpaced(11, 3.0, 9.0);
    const Family<double> family(values, 6, false, 91);
    const auto pairs = family.pairs(3);
    const double epsilon = 0.1;
    const auto set = at_zero(family, pairs, {.epsilon = epsilon});
    REQUIRE(set.multiplicity() == 3);
    for (unsigned i = 0; i < 50; ++i) {
        const Eigen::VectorXd q = 0.3 * unit(6, 700 + i), g = set.element(random_member<double>(3, 1, 800 + i));
        CHECK(family.values(q)(0) <= set.value + epsilon + g.dot(q) + 1e-12);
    }
    CHECK(minimum_norm(set).norm <= minimum_norm(at_zero(family, pairs)).norm + 1e-12);
}

TEST_CASE("subdifferential: an ε beyond the set, an interior set and a wrong U are refused with their numbers") {
    const Family<double> family(multiple(2, 14), 3, false, 95);
    const auto pairs = family.pairs(2);
    const auto A = family.A();
    CHECK(contains(message_of<NotDifferentiable>([&] { (void)subdifferential(A, pairs, {.epsilon = 1.6}); }), "2.5"));
    CHECK_NOTHROW((void)subdifferential(A, pairs, {.epsilon = 1.4}));
    const auto around = eigsh(A, {.k = 3, .which = Which::nearest, .sigma = 4.0, .tol = 1e-12});
    CHECK(
        contains(message_of<std::invalid_argument>([&] { (void)subdifferential(A, around); }), "end of the spectrum"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)subdifferential(A, pairs, {.count = 3}); }),
                   "count = 3"));
    const auto set = subdifferential(A, pairs);
    const Eigen::MatrixXd I = Eigen::MatrixXd::Identity(2, 2);
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)set.element(I); }), "trace 2"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)set.element(Eigen::MatrixXd::Zero(3, 3)); }), "3×3"));
}
