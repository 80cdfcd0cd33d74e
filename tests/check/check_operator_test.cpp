#include "check/bent_operator.hpp"

#include <lambdabar/lambdabar.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index n = 40;

const Law& law(const OperatorReport& report, const std::string& name) {
    for (const Law& law : report.laws) {
        if (law.name == name) return law;
    }
    FAIL("no law is called " << name);
    return report.laws.front();
}

/// All laws but `name` hold.
bool only_fails(const OperatorReport& report, const std::string& name) {
    for (const Law& law : report.laws) {
        if (law.passed == (law.name == name)) return false;
    }
    return true;
}

template <ScalarType S>
CallbackOperator<S> callback(const Matrix<S>& A) {
    return {.n = A.rows(), .apply = [A](In<S> X, Out<S> Y) { Y.noalias() = A * X; }};
}

Eigen::VectorXd some_parameters() { return random_matrix<double>(n, 1, 3); }

}  // namespace

TEST_CASE_TEMPLATE("check_operator: sparse, affine, callback and dense operators obey every law", S, double, Complex) {
    const Sparse<S> M = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(n, -1.0, 3.0), 1);
    const Sparse<S> lower = M.template triangularView<Eigen::Lower>();
    const Sparse<S> upper = M.template triangularView<Eigen::Upper>();
    for (const Sparse<S>& stored : {M, lower, upper}) {
        const auto report = check_operator(SparseHermitian<S>(stored), {.columns = 5, .seed = 7});
        INFO(report.describe());
        CHECK(report.passed());
        CHECK(law(report, "fused = unfused").measured <= 1e4 * kEps);
        CHECK(report.norm_A <= 3.0 * (1.0 + 1e3 * kEps));
        CHECK(report.norm_A >= 1.5);  // the power steps come near ‖A‖ = 3
    }
    CHECK(check_operator(AffineOperator<S>(M, {lower}, numbers({0.3}))).passed());
    CHECK(check_operator(callback<S>(dense(M))).passed());
    CHECK(check_operator(DenseOperator<S>{dense(M)}, {.columns = 1}).passed());
}

TEST_CASE("check_operator: the zero operator and a single row pass") {
    CHECK(check_operator(callback<double>(Matrix<double>::Zero(5, 5))).passed());
    CHECK(check_operator(callback<Complex>(Matrix<Complex>::Constant(1, 1, -2.0))).passed());
}

TEST_CASE_TEMPLATE("check_operator: on 3 ranks the same operator passes, with the same estimate of its norm", S, double,
                   Complex) {
    const DenseOperator<S> A{random_hermitian<S>(n, 4)};
    const double alone = check_operator(A).norm_A;
    const auto reports =
        FakeRanks(n).run([&](const FakeRank& rank) { return check_operator(rank.local(A), {.sum = rank.sum}); });
    for (const OperatorReport& report : reports) {
        CHECK(report.passed());
        CHECK(report.norm_A == doctest::Approx(alone).epsilon(1e3 * kEps));
    }
}

TEST_CASE_TEMPLATE("check_operator: one entry that breaks Hermiticity is measured", S, double, Complex) {
    Matrix<S> A = random_hermitian<S>(n, 5);
    const double fault = 1e-6;
    A(7, 3) += fault;
    const auto report = check_operator(callback<S>(A));
    INFO(report.describe());
    CHECK(only_fails(report, "Hermitian"));
    // ⟨x, Az⟩ − ⟨Ax, z⟩ = fault · conj(x_7) z_3, a product of normal numbers, over ‖A‖ ‖x‖ ‖z‖ ≈ ‖A‖ n
    const double typical = fault / (report.norm_A * static_cast<double>(n));
    CHECK(law(report, "Hermitian").measured > 0.01 * typical);
    CHECK(law(report, "Hermitian").measured < 50.0 * typical);
    CHECK(contains(report.describe(), "⟨x, A z⟩ = "));
}

TEST_CASE("check_operator: complex symmetric is told from Hermitian by name") {
    const Matrix<Complex> M = random_matrix<Complex>(n, n, 6);
    const auto symmetric = check_operator(callback<Complex>(M + M.transpose()));
    CHECK(only_fails(symmetric, "Hermitian"));
    CHECK(contains(symmetric.describe(), "complex symmetric, not Hermitian"));
    const auto neither = check_operator(callback<Complex>(M));
    CHECK(only_fails(neither, "Hermitian"));
    CHECK(!contains(neither.describe(), "complex symmetric"));
}

TEST_CASE_TEMPLATE("check_operator: a small nonlinear term is found and measured", S, double, Complex) {
    const Matrix<S> A = random_hermitian<S>(n, 8);
    const double strength = 1e-7;
    const CallbackOperator<S> nonlinear{.n = n, .apply = [&](In<S> X, Out<S> Y) {
                                            Y.noalias() = A * X;
                                            Y += strength * X.cwiseProduct(X.cwiseAbs2().template cast<S>());
                                        }};
    const auto report = check_operator(nonlinear);
    CHECK(!law(report, "linear").passed);
    CHECK(law(report, "linear").measured > 0.1 * strength / report.norm_A);
    CHECK(law(report, "linear").measured < 100.0 * strength / report.norm_A);
    CHECK(law(report, "repeatable").passed);
}

TEST_CASE("check_operator: a conjugating product is not complex linear") {
    const Matrix<Complex> A = random_hermitian<Complex>(n, 9);
    const auto report = check_operator(CallbackOperator<Complex>{
        .n = n, .apply = [&](In<Complex> X, Out<Complex> Y) { Y.noalias() = A * X.conjugate(); }});
    CHECK(!law(report, "linear").passed);
}

TEST_CASE("check_operator: a product that adds to Y, or differs from call to call, or mixes columns, is named") {
    const Matrix<double> A = random_hermitian<double>(n, 10);
    const auto with = [&](auto apply) { return check_operator(CallbackOperator<double>{.n = n, .apply = apply}); };
    CHECK(only_fails(with([&](In<double> X, Out<double> Y) { Y.noalias() += A * X; }), "overwrites Y"));
    int calls = 0;
    const auto drifting = with([&](In<double> X, Out<double> Y) { Y.noalias() = (1.0 + 1e-9 * ++calls) * (A * X); });
    CHECK(!law(drifting, "repeatable").passed);
    const auto mixing = with([&](In<double> X, Out<double> Y) {
        Y.noalias() = A * X;
        if (X.cols() > 1) Y.col(1) += Y.col(0);
    });
    CHECK(!law(mixing, "block = columns").passed);
    CHECK(contains(mixing.describe(), "outer stride of 3"));
}

TEST_CASE("check_operator: an operator that ignores the stride of a view is found") {
    const Matrix<double> A = random_hermitian<double>(n, 11);
    const auto report =
        check_operator(CallbackOperator<double>{.n = n, .apply = [&](In<double> X, Out<double> Y) {
                                                    const Block<double> copy = Eigen::Map<const Block<double>>(
                                                        X.data(), X.rows(), X.cols());  // wrong for views
                                                    Y.noalias() = A * copy;
                                                }});
    CHECK(only_fails(report, "block = columns"));
}

namespace {

struct WrongFused : DenseOperator<double> {
    double shift_factor = 1.0;
    bool reads_Y = false;
    void apply_fused(In<double> X, const Eigen::VectorXd& shift, double scale, double beta, Out<double> Y) const {
        const Block<double> AX = A * X - X * (shift_factor * shift).asDiagonal();
        if (beta == 0.0 && !reads_Y) {
            Y = scale * AX;
        } else {
            Y = scale * AX - beta * Y;
        }
    }
};

}  // namespace

TEST_CASE("check_operator: a fused product with a wrong shift, or that reads Y for beta = 0, is named") {
    const Matrix<double> A = random_hermitian<double>(n, 12);
    CHECK(check_operator(WrongFused{{A}}).passed());
    CHECK(only_fails(check_operator(WrongFused{{A}, -1.0}), "fused = unfused"));
    CHECK(only_fails(check_operator(WrongFused{{A}, 1.0 + 1e-9}), "fused = unfused"));
    CHECK(only_fails(check_operator(WrongFused{{A}, 1.0, true}), "fused = unfused"));
}

TEST_CASE_TEMPLATE("check_operator: NaN in a product is located, and nothing else is claimed", S, double, Complex) {
    Matrix<S> A = random_hermitian<S>(n, 13);
    A(4, 4) = kNaN;
    const auto report = check_operator(callback<S>(A));
    REQUIRE(report.laws.size() == 1);
    CHECK(!report.passed());
    CHECK(contains(report.describe(), "3 entries of A X are NaN or Inf, the first in row 4, column 0"));
}

TEST_CASE_TEMPLATE("check_operator: the vjp of a nonlinear family agrees with differences of second order", S, double,
                   Complex) {
    const auto report = check_operator(bent_factory<S>(n), some_parameters());
    INFO(report.describe());
    CHECK(report.passed());
    CHECK(law(report, "vjp = differences").measured < 1e-7);
    const auto detail = law(report, "vjp = differences").detail;
    const double order = std::stod(detail.substr(detail.find("order ") + 6));
    CHECK(order == doctest::Approx(2.0).epsilon(0.05));
}

TEST_CASE_TEMPLATE("check_operator: a wrong sign in one parameter's vjp is found, named and measured", S, double,
                   Complex) {
    const auto report = check_operator(bent_factory<S>(n, -1.0), some_parameters());
    INFO(report.describe());
    CHECK(only_fails(report, "vjp = differences"));
    const std::string text = report.describe();
    CHECK(contains(text, "worst is parameter 3: vjp "));
    const auto at = text.find("worst is parameter 3: vjp ") + 26;
    const double vjp = std::stod(text.substr(at)),
                 differences = std::stod(text.substr(text.find("differences ", at) + 12));
    CHECK(vjp == doctest::Approx(-differences).epsilon(1e-5));
}

TEST_CASE("check_operator: factories may return pointers, and affine operators pass with exact differences") {
    const Sparse<double> M = laplacian({6, 5}),
                         D = sparse_with_spectrum<double>(Eigen::VectorXd::LinSpaced(30, 0.0, 1.0), 2);
    const auto make = [&](const Eigen::VectorXd& p) {
        return std::make_unique<AffineOperator<double>>(M, std::vector<Sparse<double>>{D, M}, p);
    };
    const auto report = check_operator(make, numbers({0.5, -2.0}));
    CHECK(report.passed());
    CHECK(law(report, "vjp = differences").measured < 1e-9);
}

TEST_CASE("check_operator: an inactive parameter with zero vjp passes, with a nonzero one it fails") {
    const auto make = [&](double claimed) {
        return [claimed](const Eigen::VectorXd&) {
            return CallbackOperator<double>{
                .n = n,
                .params = 1,
                .apply = [](In<double> X, Out<double> Y) { Y = 2.0 * X; },
                .vjp = [claimed](In<double>, In<double>, GradientRef g) { g(0) += claimed; }};
        };
    };
    CHECK(check_operator(make(0.0), numbers({1.0})).passed());
    CHECK(only_fails(check_operator(make(1.0), numbers({1.0})), "vjp = differences"));
}

TEST_CASE("check_operator: shared parameters on 3 ranks pass, and a wrong sign is seen by all") {
    for (const double sign : {1.0, -1.0}) {
        const Eigen::VectorXd p = some_parameters();
        const auto passed = FakeRanks(n).run([&](const FakeRank& rank) {
            return check_operator(bent_rank_factory<double>(n, rank, sign), p, {.sum = rank.sum}).passed() ? 1 : 0;
        });
        for (const int here : passed) CHECK(here == (sign > 0.0 ? 1 : 0));
    }
}

TEST_CASE("check_operator: bad options and parameters are refused with their numbers") {
    const Matrix<double> A = random_hermitian<double>(n, 1);
    CHECK(
        contains(message_of<std::invalid_argument>([&] { (void)check_operator(callback<double>(A), {.columns = 0}); }),
                 "columns = 0"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)check_operator(callback<double>(A), {.tol = -1.0}); }),
                   "tol = -1"));
    const auto two = [&](const Eigen::VectorXd&) {
        auto op = callback<double>(A);
        op.params = 2;
        op.vjp = [](In<double>, In<double>, GradientRef) {};
        return op;
    };
    CHECK(contains(message_of<std::invalid_argument>([&] {
                       (void)check_operator(two, numbers({1.0, 2.0, 3.0}));
                   }),
                   "p has 3 entries, the operator 2 parameters"));
    CHECK(contains(message_of<std::invalid_argument>([&] {
                       (void)check_operator(two, numbers({1.0, kNaN}));
                   }),
                   "p is not finite"));
}

TEST_CASE("check_operator: what the operator throws passes through") {
    const CallbackOperator<double> bad{.n = n,
                                       .apply = [](In<double>, Out<double>) { throw std::domain_error("mine"); }};
    CHECK(message_of<std::domain_error>([&] { (void)check_operator(bad); }) == "mine");
}
