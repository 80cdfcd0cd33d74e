#include "check/objectives.hpp"

#include <lambdabar/lambdabar.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace lambdabar;
using namespace lambdabar::test;

TEST_CASE_TEMPLATE("check_gradient: the same objective as pairs is refused there, naming the cluster and the way out",
                   S, double, Complex) {
    const auto make = affine_factory<S>(doublet_spectrum());
    const auto report =
        check_gradient(make, Eigen::VectorXd::Zero(3), occupations<S>(false), {.eigsh = {.k = 4, .tol = 1e-13}});
    INFO(report.describe());
    CHECK(report.fault == Fault::cotangent);
    REQUIRE(failed_law(report) != nullptr);
    CHECK(failed_law(report)->name == "cluster coupling");
    CHECK(contains(report.verdict, "inside pairs 2 to 3"));
    CHECK(contains(report.verdict, "SpectralFunction"));
}

TEST_CASE_TEMPLATE("check_gradient: a value that sees the phase is the value's fault, and the pair is named", S, double,
                   Complex) {
    const auto report = check_gradient(bent_factory<S>(n), some_parameters(),
                                       [](const Eigenpairs<S>& pairs) {
                                           Evaluation<S> result = simple_pairs<S>(3)(pairs);
                                           result.value += std::real(pairs.vectors(0, 1));
                                           result.bar.vectors(0, 1) += 1.0;
                                           return result;
                                       },
                                       {.eigsh = {.k = 3}});
    INFO(report.describe());
    CHECK(report.fault == Fault::value);
    CHECK(report.rows.empty());
    CHECK(contains(report.verdict, "failed (value)"));
    CHECK(contains(report.verdict, "when pair 2 is rephased"));
}

TEST_CASE_TEMPLATE(
    "check_gradient: a value that sees the basis of a doublet is the value's fault, and the pairs are named", S, double,
    Complex) {
    const auto report = check_gradient(
        affine_factory<S>(doublet_spectrum()), Eigen::VectorXd::Zero(3),
        [](const Eigenpairs<S>& pairs) {
            Evaluation<S> result;  // Σ |X|⁴ sees no phase
            result.value = pairs.vectors.cwiseAbs2().squaredNorm();
            result.bar.vectors = 4.0 * pairs.vectors.cwiseProduct(pairs.vectors.cwiseAbs2().template cast<S>());
            return result;
        },
        {.eigsh = {.k = 4}});
    INFO(report.describe());
    CHECK(report.fault == Fault::value);
    CHECK(contains(report.verdict, "when pairs 2 to 3, one cluster, are rotated"));
}

TEST_CASE_TEMPLATE("check_gradient: an eigenvector cotangent off by a factor of 2 is named, with both numbers", S,
                   double, Complex) {
    const auto report = check_gradient(bent_factory<S>(n), some_parameters(),
                                       [](const Eigenpairs<S>& pairs) {
                                           Evaluation<S> result = simple_pairs<S>(3)(pairs);
                                           result.bar.vectors.col(1) *= 0.5;
                                           return result;
                                       },
                                       {.eigsh = {.k = 3}});
    INFO(report.describe());
    CHECK(report.fault == Fault::cotangent);
    REQUIRE(failed_law(report) != nullptr);
    CHECK(failed_law(report)->name == "eigenvector cotangent");
    CHECK(contains(report.verdict, "vector of pair 2 X̄ gives "));
    const auto at = report.verdict.find("X̄ gives ") + std::string("X̄ gives ").size();
    const double claimed = std::stod(report.verdict.substr(at));
    const double found = std::stod(report.verdict.substr(report.verdict.find("of the value ", at) + 13));
    CHECK(found == doctest::Approx(2.0 * claimed).epsilon(1e-5));
    CHECK(!report.rows.empty());  // the table shows what it does to the gradient
    CHECK(!second_order(report));
}

TEST_CASE_TEMPLATE("check_gradient: an eigenvalue cotangent off by a factor of 2 is named, with both numbers", S,
                   double, Complex) {
    const auto report = check_gradient(bent_factory<S>(n), some_parameters(),
                                       [](const Eigenpairs<S>& pairs) {
                                           Evaluation<S> result = simple_pairs<S>(3)(pairs);
                                           result.bar.values(2) *= 2.0;
                                           return result;
                                       },
                                       {.eigsh = {.k = 3}});
    INFO(report.describe());
    CHECK(report.fault == Fault::cotangent);
    REQUIRE(failed_law(report) != nullptr);
    CHECK(failed_law(report)->name == "eigenvalue cotangent");
    CHECK(contains(report.verdict, "for pair 3 (λ = "));
}

TEST_CASE_TEMPLATE("check_gradient: a wrong sign in one parameter's vjp is the operator derivative's fault", S, double,
                   Complex) {
    const auto report =
        check_gradient(bent_factory<S>(n, -1.0), some_parameters(), simple_pairs<S>(2), {.eigsh = {.k = 2}});
    INFO(report.describe());
    CHECK(report.fault == Fault::operator_derivative);
    CHECK(contains(report.verdict, "worst is parameter 3: vjp "));
    CHECK(!second_order(report));
}

namespace {

/// A callback with one parameter and a chosen product.
template <class Apply>
auto one_parameter(Apply apply) {
    return [apply](const Eigen::VectorXd& p) {
        return CallbackOperator<double>{.n = n,
                                        .params = 1,
                                        .apply = [apply, p](In<double> X, Out<double> Y) { apply(p(0), X, Y); },
                                        .vjp = [](In<double> V, In<double> W, GradientRef g) { g(0) += inner(V, W); }};
    };
}

Evaluation<double> lowest(const Eigenpairs<double>& pairs) {
    return {.value = pairs.values(0), .bar = {.values = Eigen::VectorXd::Unit(pairs.size(), 0)}};
}

}  // namespace

TEST_CASE(
    "check_gradient: an operator that is not Hermitian, or not linear, is the operator's fault, before any solve") {
    Matrix<double> A = random_hermitian<double>(n, 50);
    const auto nonlinear = one_parameter([A](double p, In<double> X, Out<double> Y) {
        Y.noalias() = A * X;
        Y += p * X + 1e-3 * X.cwiseAbs2();
    });
    const auto report = check_gradient(nonlinear, numbers({1.0}), lowest);
    CHECK(report.fault == Fault::operator_law);
    CHECK(contains(report.verdict, "A(αX + βZ) differs from αAX + βAZ by "));
    CHECK(report.products == 0);

    A(5, 2) += 0.01;
    const auto skew = check_gradient(one_parameter([A](double p, In<double> X, Out<double> Y) {
                                         Y.noalias() = A * X;
                                         Y += p * X;
                                     }),
                                     numbers({1.0}), lowest);
    CHECK(skew.fault == Fault::operator_law);
    CHECK(contains(skew.verdict, "⟨x, A z⟩ = "));
}

TEST_CASE("check_gradient: a sloppy adjoint is reported as lacking accuracy, with the size of the error") {
    const auto report = check_gradient(bent_factory<double>(n), some_parameters(), simple_pairs<double>(3),
                                       {.eigsh = {.k = 3}, .pullback = {.tol = 0.1, .use_extra = false}});
    INFO(report.describe());
    CHECK(report.fault == Fault::accuracy);
    CHECK(failed_law(report) == nullptr);
    CHECK(contains(report.verdict, "not 2"));
    CHECK(report.gradient_error > 1e-5);
}

TEST_CASE("check_gradient: eigenpairs too coarse to show anything are reported as noise, not as a pass") {
    const auto report = check_gradient(bent_factory<double>(n), some_parameters(), simple_pairs<double>(3),
                                       {.eigsh = {.k = 3, .tol = 1e-2}, .first_step = 1e-5});
    INFO(report.describe());
    CHECK(report.fault == Fault::accuracy);
    CHECK(contains(report.verdict, "lost in the noise of the values"));
}

TEST_CASE("check_gradient: what is not converged or cuts a cluster is an error of the library, not a verdict") {
    const auto make = affine_factory<double>(doublet_spectrum());
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(3);
    const auto cut = message_of<NotDifferentiable>([&] {
        (void)check_gradient(make, zero, projectors<double>(2, {{0, 1}, {1, 1}}), {.eigsh = {.k = 2}});
    });
    CHECK(contains(cut, "cuts a cluster"));
    const auto stopped = message_of<NotConverged>([&] {
        (void)check_gradient(make, zero, projectors<double>(4, kDoublet),
                             {.eigsh = {.k = 4, .monitor = [](const Progress&) { return false; }}});
    });
    CHECK(contains(stopped, "has not converged"));
}

TEST_CASE("check_gradient: bad options and cotangents of a wrong size are refused with their numbers") {
    const auto with = [&](const Objective<double>& objective, const GradientCheckOptions<double>& options) {
        return message_of<std::invalid_argument>(
            [&] { (void)check_gradient(bent_factory<double>(n), some_parameters(), objective, options); });
    };
    CHECK(contains(with(lowest, {.directions = 0}), "directions = 0"));
    CHECK(contains(with(lowest, {.steps = 2}), "steps = 2"));
    CHECK(contains(with(lowest, {.step_ratio = 1.0}), "step_ratio = 1"));
    CHECK(contains(with(lowest, {.first_step = kNaN}), "first_step = nan"));
    CHECK(contains(with({}, {}), "the objective is missing"));
    const auto short_bar = [](const Eigenpairs<double>&) {
        return Evaluation<double>{.bar = {.values = numbers({1.0, 2.0})}};
    };
    CHECK(contains(with(short_bar, {.eigsh = {.k = 3}}), "eigenvalue cotangent is 2×1 for 3 pairs of length 40"));
    const auto infinite = [](const Eigenpairs<double>&) { return Evaluation<double>{.value = kInfinity}; };
    CHECK(contains(with(infinite, {}), "value is inf"));
}
