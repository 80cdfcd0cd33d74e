// Sums over rows: one result for any number of threads, the whole for any number of processes, and entries that are not
// finite named where they are first seen.
#include <lambdabar/block/kernels.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "strided.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// f() with the given number of OpenMP threads.
template <class Function>
auto with_threads(int threads, Function f) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    auto result = f();
    omp_set_num_threads(before);
    return result;
}

/// Everything a reduction returns or leaves behind, in one row per kernel.
template <ScalarType S>
std::vector<Matrix<S>> all_reductions(const Matrix<S>& V, const Matrix<S>& W, const Matrix<S>& C, const Sum& sum) {
    const Block<S> X = V.leftCols(W.cols());
    Block<S> projected = W, x = X, r = W;
    const Block<S> w = W;
    const Eigen::VectorXd a = Eigen::VectorXd::LinSpaced(W.cols(), -0.7, 0.4);
    std::vector<Matrix<S>> results;
    results.push_back(gram<S>(V, W, sum));
    results.push_back(dots<S>(X, w, sum));
    results.push_back(norms<S>(w, sum).template cast<S>());
    results.push_back(project_and_gram<S>(projected, V, C, sum));
    results.push_back(descend<S>(x, r, w, X, a, sum).template cast<S>());
    return results;
}

}  // namespace

TEST_CASE_TEMPLATE("reductions: 1, 2 and 3 threads give the same bits", S, double, Complex) {
    for (const Index n : {1000, 50'011}) {
        const auto V = random_matrix<S>(n, 7, 1), W = random_matrix<S>(n, 3, 2), C = random_matrix<S>(7, 3, 3);
        const auto compute = [&] { return all_reductions<S>(V, W, C, Sum{}); };
        const auto one = with_threads(1, compute), two = with_threads(2, compute), three = with_threads(3, compute);
        for (std::size_t i = 0; i < one.size(); ++i) {
            CAPTURE(i);
            CHECK(one[i] == two[i]);
            CHECK(one[i] == three[i]);
        }
    }
}

TEST_CASE_TEMPLATE("orthonormalize: 1 and 2 threads give the same bits", S, double, Complex) {
    const Index n = 50'011;
    const auto orthonormal = [&] {
        Block<S> V(n, 9);
        fill_random<S>(V, 1, 0);
        orthonormalize<S>(V.leftCols(5), V.leftCols(0), 1);
        orthonormalize<S>(V.rightCols(4), V.leftCols(5), 1);
        return V;
    };
    CHECK(with_threads(1, orthonormal) == with_threads(2, orthonormal));
}

TEST_CASE_TEMPLATE("reductions: 3 processes find what one finds, and the same everywhere", S, double, Complex) {
    for (const Index n : {1, 2, 50, 5000}) {  // for 1 and 2 rows some processes hold none
        CAPTURE(n);
        const auto V = random_matrix<S>(n, 7, 1), W = random_matrix<S>(n, 3, 2), C = random_matrix<S>(7, 3, 3);
        const auto whole = all_reductions<S>(V, W, C, Sum{});
        const auto parts = FakeRanks(n).run(
            [&](const FakeRank& rank) { return all_reductions<S>(rank.mine(V), rank.mine(W), C, rank.sum); });
        // |entries| are sums of at most n products of numbers below 6 in modulus, and of W − VC, below 6·8.
        const double rounding = 4.0 * static_cast<double>(n + 2) * kEps * static_cast<double>(n) * 48.0 * 48.0;
        for (std::size_t i = 0; i < whole.size(); ++i) {
            CAPTURE(i);
            CHECK((parts[0][i] - whole[i]).cwiseAbs().maxCoeff() <= rounding);
            CHECK(parts[1][i] == parts[0][i]);
            CHECK(parts[2][i] == parts[0][i]);
        }
    }
}

TEST_CASE("Sum: total counts over all processes, and a process that fails does not leave the others waiting") {
    const FakeRanks ranks(std::vector<Index>{4, 0, 5});
    for (const Index total : ranks.run([](const FakeRank& rank) { return rank.sum.total(rank.rows); }))
        CHECK(total == 9);
    struct Failure {};
    CHECK_THROWS_AS(ranks.run([](const FakeRank& rank) {
        if (rank.number == 1) throw Failure{};
        for (int i = 0; i < 3; ++i) (void)rank.sum.total(1);
    }),
                    Failure);
    CHECK_THROWS_AS(ranks.run([](const FakeRank& rank) {
        if (rank.number != 2) (void)rank.sum.total(1);
    }),
                    RankSum::Broken);
}

TEST_CASE_TEMPLATE("reductions: an entry that is not finite is named by row and column", S, double, Complex) {
    for (const double bad : {kNaN, kInfinity, -kInfinity}) {
        CAPTURE(bad);
        const Block<S> V = random_matrix<S>(3000, 4, 1);
        Block<S> W = random_matrix<S>(3000, 3, 2);
        W(2999, 1) = S{bad};
        Block<S> X = V.leftCols(3), R = X;
        const auto located = [](auto&& call) {
            const std::string text = message_of<std::invalid_argument>(call);
            CAPTURE(text);
            CHECK(contains(text, "the operator's product is not finite"));
            CHECK(contains(text, "row 2999"));
            CHECK(contains(text, "column 1"));
        };
        const std::string_view what = "the operator's product";
        located([&] { (void)gram<S>(V, W, {}, what); });
        located([&] { (void)dots<S>(X, W, {}, what); });
        located([&] { (void)norms<S>(W, {}, what); });
        located([&] { (void)descend<S>(X, R, V.leftCols(3), W, Eigen::VectorXd::Ones(3), {}, what); });
        located([&] { (void)project_and_gram<S>(W, V, Matrix<S>::Zero(4, 3), {}, what); });
    }
}

TEST_CASE("reductions: a sum that overflows without a bad entry says so") {
    const Block<double> huge = Block<double>::Constant(10, 1, 1e200);
    const std::string text =
        message_of<std::invalid_argument>([&] { (void)norms<double>(huge, {}, "the start block"); });
    CHECK(contains(text, "the start block is not finite"));
    CHECK(contains(text, "overflowed"));
}

TEST_CASE("reductions: every process refuses an entry that one of them holds") {
    Matrix<double> X = random_matrix<double>(100, 2, 1);
    X(99, 1) = kNaN;  // the last process
    const auto messages = FakeRanks(100).run([&](const FakeRank& rank) {
        return message_of<std::invalid_argument>([&] { (void)norms<double>(rank.mine(X), rank.sum); });
    });
    CHECK(contains(messages[0], "another process"));
    CHECK(contains(messages[2], "column 1"));
}
