#include <lambdabar/gradient/eigmin.hpp>
#include <lambdabar/operator/affine.hpp>
#include <lambdabar/operator/callback.hpp>

#include <doctest/doctest.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr double kTol = 1e-12;

/// Lowest or highest eigenvalue by the dense solver.
template <ScalarType S>
double extreme(const Matrix<S>& A, Which which) {
    const auto exact = reference_eigh<S>(A);
    return which == Which::smallest ? exact.values(0) : exact.values(A.rows() - 1);
}

template <class Op, class Options>
auto extreme_of(const Op& A, Which which, const Options& options) {
    return which == Which::smallest ? eigmin(A, options) : eigmax(A, options);
}

}  // namespace

TEST_CASE_TEMPLATE("eigmin and eigmax: value, vector and gradient on the stored lower triangle", S, double, Complex) {
    const Index n = 40;
    // Gaps of at least 0.5 at both ends.
    Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, 1.0, 30.0);
    const Sparse<S> A = sparse_with_spectrum<S>(values, 601);
    const Sparse<S> M = A.template triangularView<Eigen::Lower>();
    for (const Which which : {Which::smallest, Which::largest}) {
        const auto result = extreme_of(SparseHermitian<S>(M), which, EigminOptions<S>{.tol = kTol});
        const Matrix<S> dense_A = dense(A);
        const double norm_A = 30.0, gap = 29.0 / 39.0;
        CHECK(std::abs(result.value - extreme<S>(dense_A, which)) <= kTol * norm_A);
        CHECK(std::abs(result.vector.norm() - 1.0) <= 10.0 * kEps * static_cast<double>(n));
        CHECK((dense_A * result.vector - result.value * result.vector).norm() <= 2.0 * kTol * norm_A);
        REQUIRE(result.gradient.size() == M.nonZeros());

        // Every stored entry by itself, real and imaginary part.
        const double h = 1e-3, error = std::sqrt(2.0) * kTol * norm_A / gap * 10.0;
        Index e = 0;
        for (Index o = 0; o < M.outerSize(); ++o) {
            for (typename Sparse<S>::InnerIterator it(M, o); it; ++it, ++e) {
                const auto difference = [&](S direction) {
                    const auto at = [&](double t) {
                        Matrix<S> moved = dense_A;
                        moved(it.row(), it.col()) += t * direction;
                        if (it.row() != it.col()) moved(it.col(), it.row()) += t * Eigen::numext::conj(direction);
                        return extreme<S>(moved, which);
                    };
                    return (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                };
                // Fourth order: h⁴ λ⁗′/30, λ⁗′ ≤ 5! ‖dA‖⁵/gap⁴ with ‖dA‖ ≤ 2; rounding eps·n·‖A‖/h.
                const double noise = 4.0 * 32.0 * std::pow(h / gap, 4) + 10.0 * kEps * norm_A / h;
                const S g = result.gradient(e);
                CHECK(std::abs(std::real(g) - difference(S{1})) <= error + noise);
                if constexpr (std::same_as<S, Complex>) {
                    if (it.row() != it.col()) CHECK(std::abs(std::imag(g) - difference(S{0, 1})) <= error + noise);
                    if (it.row() == it.col()) CHECK(std::imag(g) == 0.0);
                }
                if (e > 60) break;
            }
            if (e > 60) break;
        }
    }
}

TEST_CASE("eigmin: parameters of affine and callback operators give the same gradient") {
    // A(p) = A₀ + Σ p_l D_l, D_l diagonal: dλ/dp_l = Σ_r (D_l)_rr |x_r|².
    const Index n = 30;
    const Sparse<Complex> A0 = sparse_with_spectrum<Complex>(Eigen::VectorXd::LinSpaced(n, 1.0, 30.0), 611);
    const Matrix<double> D = random_matrix<double>(n, 2, 612);
    std::vector<Sparse<Complex>> terms;
    for (Index l = 0; l < 2; ++l) {
        terms.push_back(Matrix<Complex>(D.col(l).cast<Complex>().asDiagonal()).sparseView());
    }
    const AffineOperator<Complex> affine(A0, terms, numbers({0.1, -0.2}));
    const CallbackOperator<Complex> callback{
        .n = n,
        .params = 2,
        .apply = [&](In<Complex> X, Out<Complex> Y) { affine.apply(X, Y); },
        .vjp = [&](In<Complex> V, In<Complex> W,
                   GradientRef g) { g += D.transpose() * V.conjugate().cwiseProduct(W).rowwise().sum().real(); }};
    const auto of_affine = eigmin(affine, {.tol = kTol});
    const auto of_callback = eigmin(callback, {.tol = kTol});
    const auto exact = reference_eigh<Complex>(dense(affine.matrix()));
    const Eigen::VectorXd wanted = D.transpose() * exact.vectors.col(0).cwiseAbs2();
    const double norm_A = exact.values.cwiseAbs().maxCoeff(), gap = exact.values(1) - exact.values(0);
    CHECK(std::abs(of_affine.value - exact.values(0)) <= kTol * norm_A);
    CHECK((of_affine.gradient - wanted).norm() <= 2.0 * D.norm() * kTol * norm_A / gap);
    CHECK((of_callback.gradient - wanted).norm() <= 2.0 * D.norm() * kTol * norm_A / gap);
}

TEST_CASE_TEMPLATE("eigmin and eigmax: a double eigenvalue is refused with both copies", S, double, Complex) {
    Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(30, 1.0, 30.0);
    values(1) = values(0);
    values(28) = values(29);
    const Sparse<S> M = sparse_with_spectrum<S>(values, 621);
    const SparseHermitian<S> A(M);
    for (const Which which : {Which::smallest, Which::largest}) {
        const std::string message =
            message_of<NotDifferentiable>([&] { (void)extreme_of(A, which, EigminOptions<S>{}); });
        CHECK(contains(message, which == Which::smallest ? "λ_k = 1" : "λ_k = 30"));
        CHECK(contains(message, "cuts a cluster"));
    }
}

TEST_CASE("eigmin: stopped by the monitor it has not converged, and says so") {
    const Sparse<double> M = laplacian({30, 30});
    CHECK_THROWS_AS((void)eigmin(SparseHermitian<double>(M), {.monitor = [](const Progress&) { return false; }}),
                    NotConverged);
}

TEST_CASE("eigmin: yesterday's result starts today's solve") {
    const Sparse<double> M = laplacian({30, 31});
    const SparseHermitian<double> A(M);
    Warm<double> warm;
    const auto first = eigmin(A, {.warm = &warm});
    REQUIRE(warm.vectors.rows() == A.rows());
    Index products = 0;
    const auto second = eigmin(A, {.warm = &warm, .monitor = [&](const Progress& progress) {
                                       products = progress.products;
                                       return true;
                                   }});
    CHECK(products == 0);  // the start block passed its test: no iteration was reported
    CHECK(std::abs(first.value - second.value) <= 1e-10 * 8.0);
}
