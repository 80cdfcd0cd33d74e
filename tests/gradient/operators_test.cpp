// Gradients in the parameters of affine and callback operators.
#include <lambdabar/gradient/gradient.hpp>
#include <lambdabar/operator/affine.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include <limits>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 25, kRank = 3;

template <ScalarType S>
Cotangent<S> random_cotangent(Index n, unsigned seed) {
    return {random_matrix<S>(n, kRank, seed), random_matrix<S>(n, kRank, seed + 1)};
}

/// A₀ and three terms of different patterns: a full one, one stored by its lower triangle, and a diagonal one.
template <ScalarType S>
struct Family {
    std::vector<Matrix<S>> dense_terms;
    std::vector<Sparse<S>> terms;
    Sparse<S> A0;

    explicit Family(unsigned seed) {
        A0 = random_hermitian<S>(kN, seed).sparseView();
        Matrix<S> band = random_hermitian<S>(kN, seed + 1);
        for (Index i = 0; i < kN; ++i) {
            for (Index j = 0; j < kN; ++j) {
                if (std::abs(i - j) > 2) band(i, j) = S{0};
            }
        }
        const Matrix<S> diagonal = random_matrix<double>(kN, 1, seed + 2).cast<S>().asDiagonal();
        dense_terms = {random_hermitian<S>(kN, seed + 3), band, diagonal};
        terms = {dense_terms[0].sparseView(), Matrix<S>(band.template triangularView<Eigen::Lower>()).sparseView(),
                 diagonal.sparseView()};
    }
    AffineOperator<S> affine(const Eigen::VectorXd& p) const { return {A0, terms, p}; }

    /// The same family, given by callables.
    CallbackOperator<S> callback(const Eigen::VectorXd& p) const {
        Matrix<S> A = A0;
        for (std::size_t l = 0; l < 3; ++l) A += p(static_cast<Index>(l)) * dense_terms[l];
        return {.n = kN,
                .params = 3,
                .apply = [A](In<S> X, Out<S> Y) { Y = A * X; },
                .vjp =
                    [terms = dense_terms](In<S> V, In<S> W, GradientRef g) {
                        for (std::size_t l = 0; l < 3; ++l)
                            g(static_cast<Index>(l)) += inner(V, Matrix<S>(terms[l] * W));
                    }};
    }
};

}  // namespace

TEST_CASE_TEMPLATE("gradient: affine, callback and contraction with each term agree", S, double, Complex) {
    const Family<S> family(501);
    const Eigen::VectorXd p = numbers({0.3, -1.2, 2.0});
    const auto bar = random_cotangent<S>(kN, 504);
    const Eigen::VectorXd of_affine = gradient(family.affine(p), bar), of_callback = gradient(family.callback(p), bar);
    REQUIRE(of_affine.size() == 3);
    for (Index l = 0; l < 3; ++l) {
        const Matrix<S>& term = family.dense_terms[static_cast<std::size_t>(l)];
        const double wanted = inner(dense(bar), term);
        const double tolerance = 10.0 * kEps * static_cast<double>(kN) * bar.V.norm() * bar.W.norm() * term.norm();
        CHECK(std::abs(of_affine(l) - wanted) <= tolerance);
        CHECK(std::abs(of_callback(l) - wanted) <= tolerance);
        CHECK(std::abs(dot(bar, DenseOperator<S>{term}) - wanted) <= tolerance);
    }
}

TEST_CASE_TEMPLATE("gradient: on three processes replicated parameters are summed, distributed ones are not", S, double,
                   Complex) {
    const Family<S> family(511);
    const Eigen::VectorXd p = numbers({0.3, -1.2, 2.0});
    const auto bar = random_cotangent<S>(kN, 514);
    const auto affine = family.affine(p);
    const auto callback = family.callback(p);
    const Eigen::VectorXd wanted = gradient(affine, bar);
    const double tolerance =
        10.0 * kEps * static_cast<double>(kN) * bar.V.norm() * bar.W.norm() * family.dense_terms[0].norm();
    // A diagonal with one parameter per row, each known to the process of that row only.
    const Eigen::VectorXd of_diagonal = dense(bar).diagonal().real();

    struct Result {
        Eigen::VectorXd affine, callback, diagonal;
        double dot = 0.0;
    };
    const FakeRanks ranks(kN);
    const auto results = ranks.run([&](const FakeRank& rank) {
        const Cotangent<S> mine{rank.mine(bar.V), rank.mine(bar.W)};
        const CallbackOperator<S> diagonal{
            .n = rank.rows,
            .params = rank.rows,
            .apply = [](In<S> X, Out<S> Y) { Y = X; },
            .vjp = [](In<S> V, In<S> W, GradientRef g) { g += V.conjugate().cwiseProduct(W).rowwise().sum().real(); }};
        return Result{gradient(rank.local(affine), mine, rank.sum), gradient(rank.local(callback), mine, rank.sum),
                      gradient(diagonal, mine), dot(mine, rank.local(affine), rank.sum)};
    });
    for (const Result& result : results) {
        CHECK((result.affine - wanted).norm() <= tolerance);
        CHECK((result.callback - wanted).norm() <= tolerance);
        CHECK((result.affine.array() == results.front().affine.array()).all());
        CHECK(std::abs(result.dot - dot(bar, affine)) <= 10.0 * tolerance);
    }
    const auto stacked = FakeRanks::stack(results, [](const Result& r) { return r.diagonal; });
    CHECK((stacked - of_diagonal).norm() <= tolerance);
}

TEST_CASE("gradient: an operator without parameters is refused with a sentence") {
    const auto bar = random_cotangent<double>(kN, 521);
    CallbackOperator<double> H{.n = kN, .apply = [](In<double> X, Out<double> Y) { Y = X; }};
    const auto message = [&] { return message_of<std::invalid_argument>([&] { (void)gradient(H, bar); }); };
    CHECK(contains(message(), "the operator has 0 parameters"));
    H.params = 4;  // but no vjp
    CHECK(contains(message(), "the operator has 0 parameters"));
    H.params = 0;
    H.vjp = [](In<double>, In<double>, GradientRef) {};
    CHECK(contains(message(), "the operator has 0 parameters"));
}

TEST_CASE("gradient: a vjp that returns a number that is not finite is named with the parameter") {
    const auto bar = random_cotangent<double>(kN, 522);
    for (const double bad : {kNaN, kInfinity}) {
        const CallbackOperator<double> H{.n = kN,
                                         .params = 4,
                                         .apply = [](In<double> X, Out<double> Y) { Y = X; },
                                         .vjp = [bad](In<double>, In<double>, GradientRef g) { g(2) = bad; }};
        const std::string message = message_of<std::invalid_argument>([&] { (void)gradient(H, bar); });
        CHECK(contains(message, "vjp"));
        CHECK(contains(message, "parameter 2"));
    }
}

TEST_CASE("gradient: a cotangent of another size than the operator is refused with both sizes") {
    const Family<double> family(523);
    const auto bar = random_cotangent<double>(kN - 1, 524);
    const std::string message = message_of<std::invalid_argument>([&] {
        (void)gradient(family.affine(numbers({1.0, 2.0, 3.0})), bar);
    });
    CHECK(contains(message, "24 rows, the operator 25"));
}

TEST_CASE("gradient: an exception of the vjp passes through") {
    struct Failure {};
    const auto bar = random_cotangent<double>(kN, 525);
    const CallbackOperator<double> H{.n = kN,
                                     .params = 1,
                                     .apply = [](In<double> X, Out<double> Y) { Y = X; },
                                     .vjp = [](In<double>, In<double>, GradientRef) { throw Failure{}; }};
    CHECK_THROWS_AS((void)gradient(H, bar), Failure);
}

TEST_CASE_TEMPLATE("dot: is the contraction with the dense Ā, and linear in the direction", S, double, Complex) {
    const auto bar = random_cotangent<S>(kN, 526);
    const Matrix<S> A_bar = dense(bar), a = random_hermitian<S>(kN, 528), b = random_hermitian<S>(kN, 529);
    const double tolerance =
        10.0 * kEps * static_cast<double>(kN) * bar.V.norm() * bar.W.norm() * (a.norm() + b.norm());
    CHECK(std::abs(dot(bar, DenseOperator<S>{a}) - inner(A_bar, a)) <= tolerance);
    CHECK(std::abs(dot(bar, DenseOperator<S>{2.0 * a - b}) - 2.0 * inner(A_bar, a) + inner(A_bar, b)) <=
          3.0 * tolerance);
    Matrix<S> bad = a;
    bad(1, 2) = kNaN;
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)dot(bar, DenseOperator<S>{bad}); }),
                   "the direction's product"));
}
