// Bad options, bad operators and the smallest problems: each is solved or refused with the numbers in the sentence.
#include <lambdabar/operator/callback.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
std::string refusal(Index n, const EigshOptions<S>& options) {
    const DenseOperator<S> A{random_hermitian<S>(n, 1)};
    return message_of<std::invalid_argument>([&] { (void)eigsh(A, options); });
}

bool contains_all(const std::string& text, const std::vector<std::string>& parts) {
    return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return contains(text, part); });
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh: k outside 1 … n − 1 is refused with k and n", S, double, Complex) {
    CHECK(contains_all(refusal<S>(10, {.k = 0}), {"k = 0", "n = 10", "9"}));
    CHECK(contains_all(refusal<S>(10, {.k = -3}), {"k = -3"}));
    CHECK(contains_all(refusal<S>(10, {.k = 10}), {"k = 10", "9"}));
    CHECK(contains_all(refusal<S>(10, {.k = 1000}), {"k = 1000", "n = 10"}));
    CHECK(contains_all(refusal<S>(1, {.k = 1}), {"k = 1", "n = 1"}));
    CHECK(contains_all(refusal<S>(0, {.k = 1}), {"k = 1", "n = 0"}));
}

TEST_CASE_TEMPLATE("eigsh: n = 2 and n = 3 are solved", S, double, Complex) {
    (void)solve_and_check(DenseOperator<S>{hermitian_with_spectrum<S>(numbers({-1.0, 2.0}), 1)}, numbers({-1.0, 2.0}),
                          EigshOptions<S>{.k = 1});
    (void)solve_and_check(DenseOperator<S>{hermitian_with_spectrum<S>(numbers({-1.0, 2.0}), 1)}, numbers({-1.0, 2.0}),
                          EigshOptions<S>{.k = 1, .which = Which::largest});
    (void)solve_and_check(DenseOperator<S>{Matrix<S>(Matrix<S>::Zero(2, 2))}, numbers({0.0, 0.0}),
                          EigshOptions<S>{.k = 1});
    (void)solve_and_check(DenseOperator<S>{Matrix<S>(3.0 * Matrix<S>::Identity(3, 3))}, numbers({3.0, 3.0, 3.0}),
                          EigshOptions<S>{.k = 2});
}

TEST_CASE_TEMPLATE("eigsh: options that make no sense are refused with their value", S, double, Complex) {
    CHECK(contains(refusal<S>(10, {.k = 2, .tol = -1e-3}), "tol = -0.001"));
    CHECK(contains(refusal<S>(10, {.k = 2, .tol = kNaN}), "tol = nan"));
    CHECK(contains(refusal<S>(10, {.k = 2, .tol = kInfinity}), "tol = inf"));
    CHECK(contains(refusal<S>(10, {.k = 2, .cluster_tol = -1.0}), "cluster_tol = -1"));
    CHECK(contains(refusal<S>(10, {.k = 2, .cluster_tol = kNaN}), "cluster_tol = nan"));
    CHECK(contains(refusal<S>(10, {.k = 2, .block_size = -1}), "block_size = -1"));
    CHECK(contains_all(refusal<S>(10, {.k = 2, .basis_size = 2}), {"basis_size = 2", "k = 2"}));
    CHECK(contains(refusal<S>(10, {.k = 2, .basis_size = -5}), "basis_size = -5"));
    CHECK(contains(refusal<S>(10, {.k = 2, .filter_degree = -1}), "filter_degree = -1"));
    CHECK(contains(refusal<S>(10, {.k = 2, .max_products = -1}), "max_products = -1"));
}

TEST_CASE_TEMPLATE("eigsh: extreme but legal options are honoured or cut to size", S, double, Complex) {
    const Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(25, 0.0, 3.0);
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .block_size = 1000});
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .block_size = 25});
    (void)solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .basis_size = 100'000});
    CHECK(solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .extra = 0}).extra.cols() == 0);
    const auto many = solve_and_check(A, spectrum, EigshOptions<S>{.k = 3, .extra = 1000});
    CHECK(many.extra.cols() <= 22);
    CHECK(many.extra.cols() == many.extra_values.size());
}

TEST_CASE_TEMPLATE("eigsh: a start block of the wrong height or with bad numbers is refused", S, double, Complex) {
    CHECK(contains_all(refusal<S>(10, EigshOptions<S>{.k = 2, .start = random_matrix<S>(9, 3, 1)}), {"9 rows", "10"}));
    Matrix<S> bad = random_matrix<S>(10, 3, 1);
    bad(7, 1) = S{kNaN};
    CHECK(contains_all(refusal<S>(10, EigshOptions<S>{.k = 2, .start = bad}),
                       {"start block", "row 7", "column 1", "nan"}));
}

TEST_CASE_TEMPLATE("eigsh: a number that is not finite from the operator is named by row", S, double, Complex) {
    const Index n = 400;
    const auto A = laplacian<S>({20, 20});
    for (const double bad : {kNaN, kInfinity}) {
        for (const Index good_calls : {0, 5, 40}) {
            CAPTURE(bad);
            CAPTURE(good_calls);
            Index calls = 0;
            const CallbackOperator<S> op{.n = n, .params = 0, .apply = [&](In<S> X, Out<S> Y) {
                                             Y = A * X;
                                             if (calls++ >= good_calls) Y(123, 0) = S{bad};
                                         }};
            const std::string text =
                message_of<std::invalid_argument>([&] { (void)eigsh(op, EigshOptions<S>{.k = 3}); });
            CAPTURE(text);
            CHECK(contains(text, "the operator's product is not finite"));
            // Filters spread a bad entry over its neighbours before the first inner product looks.
            if (good_calls == 0) CHECK(contains_all(text, {"row 123", "column 0"}));
            if (good_calls != 0) CHECK(contains_all(text, {"row ", "column "}));
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: an exception of the operator keeps its type and leaves nothing behind", S, double, Complex) {
    struct Mine {
        int call;
    };
    const auto A = laplacian<S>({20, 20});
    Warm<S> warm;
    for (const int fatal : {0, 7, 30}) {
        int calls = 0;
        const CallbackOperator<S> op{.n = 400, .params = 0, .apply = [&](In<S> X, Out<S> Y) {
                                         if (calls++ == fatal) throw Mine{fatal};
                                         Y = A * X;
                                     }};
        try {
            (void)eigsh(op, EigshOptions<S>{.k = 3, .warm = &warm});
            FAIL("nothing thrown");
        } catch (const Mine& mine) {
            CHECK(mine.call == fatal);
        }
        CHECK(warm.vectors.size() == 0);
    }
}

TEST_CASE("eigsh: an operator that is not Hermitian never counts as converged with a wrong residual") {
    // Not refused (only check_operator can see it), but residuals are computed with A itself.
    const Matrix<double> A = random_matrix<double>(40, 40, 1);
    const auto pairs = eigsh(DenseOperator<double>{A}, {.k = 2, .max_products = 5000});
    const Matrix<double> R = A * pairs.vectors - pairs.vectors * pairs.values.asDiagonal();
    CHECK(!pairs.converged);
    CHECK(R.colwise().norm().maxCoeff() > 1e-3);
}
