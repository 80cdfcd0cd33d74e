#include "general_pairs.hpp"

#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/eigensolver/eigs.hpp>

#include <doctest/doctest.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kSize = 24;

/// The sum of x_i y_iᴴ over the m rightmost.
template <ScalarType S>
Matrix<Complex> dense_projector(const Matrix<S>& A, const Matrix<S>& B, Index m) {
    const DensePairs all = dense_pairs<S>(A, B, rightmost);
    return all.X.leftCols(m) * all.Y.leftCols(m).adjoint();
}

/// 2, 2 (semisimple) and 1, then values left of 0.
Eigen::VectorXcd doublet() {
    Eigen::VectorXcd values = Eigen::VectorXcd::LinSpaced(kSize, -8.0, -0.5);
    values(0) = values(1) = 2.0;
    values(2) = 1.0;
    return values;
}

/// φ = Re tr(KᴴP) + ½‖LP‖²_F
struct Objective {
    Matrix<Complex> K, L;
    double operator()(const Matrix<Complex>& P) const { return inner(K, P) + 0.5 * (L * P).squaredNorm(); }
    Matrix<Complex> bar(const Matrix<Complex>& P) const { return K + L.adjoint() * L * P; }
};

}  // namespace

TEST_CASE_TEMPLATE("general projector: exact at a semisimple double eigenvalue, in directions that split it", S, double,
                   Complex) {
    for (const bool pencil : {false, true}) {
        for (const bool factor : {false, true}) {
            CAPTURE(pencil);
            CAPTURE(factor);
            const Matrix<S> B =
                pencil ? Matrix<S>(Matrix<S>::Identity(kSize, kSize) + 0.1 * random_matrix<S>(kSize, kSize, 3))
                       : Matrix<S>::Identity(kSize, kSize);
            const Matrix<S> A = B * with_general_spectrum<S>(doublet(), 2);
            const SparseGeneral<S> op_A(full<S>(A)), op_B(full<S>(B));
            EigsOptions<S> options{.k = 3, .which = Which::rightmost, .tol = 1e-13};
            if (factor) options.which = Which::nearest, options.sigma = 1.7;
            const auto pairs = pencil ? eigs(op_A, op_B, options) : eigs(op_A, options);
            REQUIRE(pairs.converged);
            REQUIRE(pairs.clusters.size() == 2);
            std::vector<Index> group;
            for (const auto& c : pairs.clusters) {
                if (c.size() == 2) group = c;
            }
            REQUIRE(group.size() == 2);
            Matrix<Complex> X(kSize, 2), Y(kSize, 2);
            for (Index i = 0; i < 2; ++i) {
                X.col(i) = pairs.vectors.col(group[static_cast<std::size_t>(i)]);
                Y.col(i) = pairs.left.col(group[static_cast<std::size_t>(i)]);
            }
            const Matrix<Complex> P = X * Y.adjoint();
            CHECK((P - dense_projector<S>(A, B, 2)).norm() <= 1e-9);
            const Objective phi{random_matrix<Complex>(kSize, kSize, 60), random_matrix<Complex>(kSize, kSize, 61)};
            const Matrix<Complex> P_bar = phi.bar(P);
            const ProjectorCotangent cotangent{group, P_bar * Y, P_bar.adjoint() * X};
            const auto bar = pencil ? pullback(op_A, op_B, pairs, cotangent, {.tol = 1e-12})
                                    : pullback(op_A, pairs, cotangent, {.tol = 1e-12});
            const Matrix<S> dA = random_matrix<S>(kSize, kSize, 62),
                            dB = random_matrix<S>(kSize, kSize, 63) * (pencil ? 1.0 : 0.0);
            const auto along = [&](double h) { return phi(dense_projector<S>(A + h * dA, B + h * dB, 2)); };
            const double slope = inner(dense(bar.A), dA) + (pencil ? inner(dense(bar.B), dB) : 0.0);
            CHECK(slope == doctest::Approx(central_difference(along, 2e-4)).epsilon(1e-6));
        }
    }
}

TEST_CASE("general projector: what has no derivative inside a double eigenvalue is refused") {
    const Matrix<double> A = with_general_spectrum<double>(doublet(), 7);
    const SparseGeneral<double> op(full<double>(A));
    const auto pairs = eigs(op, {.k = 3, .which = Which::rightmost, .tol = 1e-13});
    REQUIRE(pairs.converged);
    const auto refusal = [&](const GeneralPairCotangent& bar) {
        return message_of<NotDifferentiable>([&] { (void)pullback(op, pairs, bar); });
    };
    CHECK(contains(refusal({.values = Eigen::VectorXcd::Unit(3, 0)}), "order of equal eigenvalues"));
    CHECK(contains(refusal({.vectors = pairs.vectors}), "use the spectral projector"));
    // Their sum has one.
    Eigen::VectorXcd both = Eigen::VectorXcd::Ones(3);
    both(2) = 0.0;
    const auto bar = pullback(op, pairs, {.values = both});
    const Matrix<double> D = random_matrix<double>(kSize, kSize, 70);
    const auto sum = [&](double h) {
        return dense_pairs<double>(A + h * D, Matrix<double>::Identity(kSize, kSize), rightmost)
            .values.head(2)
            .sum()
            .real();
    };
    CHECK(inner(dense(bar.A), D) == doctest::Approx(central_difference(sum, 1e-4)).epsilon(1e-7));
    // Half of it, as a group or because k ends there.
    const Matrix<Complex> one = Matrix<Complex>::Ones(kSize, 1);
    CHECK(contains(message_of<NotDifferentiable>([&] {
                       (void)pullback(op, pairs, ProjectorCotangent{{0}, one, one});
                   }),
                   "parts a cluster"));
    const auto cut = eigs(op, {.k = 1, .which = Which::rightmost, .tol = 1e-13});
    CHECK(cut.cuts_cluster);
    CHECK(
        contains(message_of<NotDifferentiable>([&] { (void)pullback(op, cut, {.values = Eigen::VectorXcd::Ones(1)}); }),
                 "cuts a cluster"));
}

TEST_CASE_TEMPLATE("general projector: refused at a Jordan block, with the condition in the sentence", S, double,
                   Complex) {
    // 2 twice with one eigenvector only.
    Matrix<S> J = Matrix<S>::Zero(kSize, kSize);
    J.diagonal() = doublet().real().template cast<S>();
    J(0, 1) = 1.0;
    const Matrix<S> X = random_orthonormal<S>(kSize, kSize, 80);
    const SparseGeneral<S> op(full<S>(Matrix<S>(X * J * X.adjoint())));
    for (const bool factor : {false, true}) {
        CAPTURE(factor);
        EigsOptions<S> options{.k = 3, .which = Which::rightmost, .tol = 1e-13};
        if (factor) options.which = Which::nearest, options.sigma = 1.7;
        const auto pairs = eigs(op, options);
        if (!pairs.converged) continue;  // an honest answer too
        CHECK(pairs.conditions.maxCoeff() > 1e6);
        const Matrix<Complex> block = Matrix<Complex>::Ones(kSize, 3);
        const std::string projector = message_of<NotDifferentiable>([&] {
            (void)pullback(op, pairs, ProjectorCotangent{{}, block, block});
        });
        CHECK(contains(projector, "exceptional point"));
        const std::string value =
            message_of<NotDifferentiable>([&] { (void)pullback(op, pairs, {.values = Eigen::VectorXcd::Ones(3)}); });
        CHECK(contains(value, "condition"));
    }
}
