#include "check/objectives.hpp"

#include <lambdabar/lambdabar.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// tr XᴴX, which is k whatever the operator.
template <ScalarType S>
Evaluation<S> squared_norm(const Eigenpairs<S>& pairs) {
    return {.value = pairs.vectors.squaredNorm(), .bar = {.vectors = 2.0 * pairs.vectors}};
}

}  // namespace

TEST_CASE_TEMPLATE("check_gradient: eigenvalue and eigenvector objectives pass with second-order remainders", S, double,
                   Complex) {
    for (const Which which : {Which::smallest, Which::largest}) {
        const auto report = check_gradient(bent_factory<S>(n), some_parameters(), simple_pairs<S>(3),
                                           {.eigsh = {.k = 3, .which = which}});
        INFO(report.describe());
        CHECK(report.passed());
        CHECK(second_order(report));
        CHECK(report.rows.size() == 16);
        CHECK(report.gradient_error < 1e-4);
        CHECK(report.products > 0);
        CHECK(contains(report.describe(), "passed: remainders of order "));
    }
}

TEST_CASE_TEMPLATE("check_gradient: a projector objective passes at an exact degeneracy, in directions that split it",
                   S, double, Complex) {
    const auto make = affine_factory<S>(doublet_spectrum());
    const auto report =
        check_gradient(make, Eigen::VectorXd::Zero(3), projectors<S>(4, kDoublet), {.eigsh = {.k = 4, .tol = 1e-13}});
    INFO(report.describe());
    CHECK(report.passed());
    CHECK(second_order(report));
}

TEST_CASE_TEMPLATE("check_gradient: a spectral function passes at an exact degeneracy", S, double, Complex) {
    const auto make = affine_factory<S>(doublet_spectrum());
    const auto report =
        check_gradient(make, Eigen::VectorXd::Zero(3), occupations<S>(true), {.eigsh = {.k = 4, .tol = 1e-13}});
    INFO(report.describe());
    CHECK(report.passed());
    CHECK(second_order(report));
}

TEST_CASE_TEMPLATE("check_gradient: pairs and a spectral function add up", S, double, Complex) {
    const auto both = [](const Eigenpairs<S>& pairs) {
        Evaluation<S> result = occupations<S>(true)(pairs);
        const Evaluation<S> more = simple_pairs<S>(3)(pairs);
        result.value += more.value;
        result.bar = more.bar;
        return result;
    };
    const auto report = check_gradient(bent_factory<S>(n), some_parameters(), both, {.eigsh = {.k = 3}});
    INFO(report.describe());
    CHECK(report.passed());
    CHECK(second_order(report));
}

TEST_CASE_TEMPLATE("check_gradient: stored entries pass for every storage and convention", S, double, Complex) {
    const Sparse<S> M = sparse_with_spectrum<S>(doublet_spectrum(), 5);
    const Sparse<S> lower = M.template triangularView<Eigen::Lower>(),
                    upper = M.template triangularView<Eigen::Upper>();
    const Eigen::SparseMatrix<S, Eigen::RowMajor> rows = M, lower_rows = lower;
    const SparseHermitian<S> stored[] = {SparseHermitian<S>(M), SparseHermitian<S>(lower), SparseHermitian<S>(upper),
                                         SparseHermitian<S>(rows), SparseHermitian<S>(lower_rows)};
    for (const SparseHermitian<S>& A : stored) {
        for (const std::optional<Convention> convention :
             {std::optional<Convention>{}, {Convention::full}, {Convention::lower}}) {
            const auto report =
                check_gradient(A, projectors<S>(4, kDoublet),
                               {.eigsh = {.k = 4, .tol = 1e-13}, .directions = 1, .convention = convention});
            INFO(report.describe());
            CHECK(report.passed());
            CHECK(second_order(report));
        }
    }
}

TEST_CASE_TEMPLATE("check_gradient: an objective linear in the parameters passes, and says so", S, double, Complex) {
    const Sparse<S> M = sparse_with_spectrum<S>(doublet_spectrum(), 5);
    const Sparse<S> zero(n, n);
    const auto make = [&](const Eigen::VectorXd& p) { return AffineOperator<S>(zero, {M}, p); };
    const auto report = check_gradient(make, numbers({2.0}),
                                       [](const Eigenpairs<S>& pairs) {
                                           return Evaluation<S>{.value = pairs.values.sum(),
                                                                .bar = {.values = Eigen::VectorXd::Ones(pairs.size())}};
                                       },
                                       {.eigsh = {.k = 4}});
    INFO(report.describe());
    CHECK(report.passed());
    CHECK(contains(report.verdict, "the objective is straight"));
    CHECK(std::abs(report.slopes[0]) > 0.1);
}

TEST_CASE_TEMPLATE("check_gradient: the invariant tr XᴴX has a zero gradient and passes", S, double, Complex) {
    const auto report = check_gradient(bent_factory<S>(n), some_parameters(), squared_norm<S>, {.eigsh = {.k = 3}});
    INFO(report.describe());
    CHECK(report.passed());
}

TEST_CASE("check_gradient: rounding that happens to agree with itself is no slope, from any seed") {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        CAPTURE(seed);
        const auto report = check_gradient(bent_factory<Complex>(n), some_parameters(), squared_norm<Complex>,
                                           {.eigsh = {.k = 3}, .seed = seed});
        INFO(report.describe());
        CHECK(report.passed());
    }
}

TEST_CASE_TEMPLATE("check_gradient: 3 ranks reach the verdicts of one", S, double, Complex) {
    for (const double sign : {1.0, -1.0}) {
        const auto alone =
            check_gradient(bent_factory<S>(n, sign), some_parameters(), simple_pairs<S>(2), {.eigsh = {.k = 2}});
        const auto reports = FakeRanks(n).run([&](const FakeRank& rank) {
            const Objective<S> whole = simple_pairs<S>(2);
            const auto mine = [&](const Eigenpairs<S>& pairs) {
                Eigenpairs<S> all = pairs;
                Matrix<S> X = Matrix<S>::Zero(n, pairs.size());
                X.middleRows(rank.first_row, rank.rows) = pairs.vectors;
                rank.sum(reinterpret_cast<double*>(X.data()),
                         X.size() * static_cast<Index>(sizeof(S) / sizeof(double)));
                all.vectors = X;
                Evaluation<S> result = whole(all);
                result.bar.vectors = rank.mine(result.bar.vectors);
                return result;
            };
            return check_gradient(bent_rank_factory<S>(n, rank, sign), some_parameters(), mine,
                                  {.eigsh = {.k = 2, .sum = rank.sum}});
        });
        for (const GradientReport& report : reports) {
            CHECK(report.fault == alone.fault);
            CHECK(report.fault == (sign > 0.0 ? Fault::none : Fault::operator_derivative));
            CHECK(report.value == doctest::Approx(alone.value).epsilon(1e-10));
            CHECK(report.rows.size() == alone.rows.size());
            CHECK(report.slopes[0] == doctest::Approx(alone.slopes[0]).epsilon(1e-6));
        }
    }
}
