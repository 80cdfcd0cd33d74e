// How accurately adjoints are solved by default, what the error estimate promises, and warm starts.
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// n = 260 (past the size up to which eigsh() may span the whole space): a doublet in the set, gaps of 0.3 and more at
/// the bottom, the rest up to 30.
template <ScalarType S>
struct Problem {
    static constexpr Index n = 260, k = 4;
    Sparse<S> M = sparse_with_spectrum<S>(spectrum(), 301);
    SparseHermitian<S> A{M};
    oracle::Decomposition<S> exact = oracle::decompose<S>(Matrix<S>(M), k, Which::smallest);
    std::vector<Cluster> groups{{0, 1}, {1, 2}, {3, 1}};

    static Eigen::VectorXd spectrum() {
        Eigen::VectorXd values(n);
        values << 1.0, 1.5, 1.5, 2.0, Eigen::VectorXd::LinSpaced(n - 4, 2.3, 30.0);
        return values;
    }
};

struct Measured {
    double error = 0.0, estimate = 0.0;
    Index products = 0;
};

}  // namespace

TEST_CASE_TEMPLATE("pullback: the error estimate bounds the true error at every tolerance", S, double, Complex) {
    const Problem<S> problem;
    const Index n = problem.n, k = problem.k;
    const GroupObjective<S> phi(n, problem.groups, 302);
    const Matrix<S> F_bar = random_hermitian<S>(n, 303);
    constexpr oracle::Exponential f{0.5};
    const auto exact_bar = phi.cotangent(problem.exact.values(), problem.exact.vectors());
    const Matrix<S> of_pairs =
        oracle::pullback_pairs<S>(problem.exact, exact_bar.values, exact_bar.vectors, 1e-9);
    const Matrix<S> of_function = oracle::pullback_spectral<S>(
        problem.exact, f, [&](double a, double b) { return f.difference(a, b); }, F_bar);
    // Products and dense algebra in dimension n, over gaps of 0.3.
    const double rounding = 10.0 * kEps * static_cast<double>(n) * 30.0 / 0.3;

    std::vector<Measured> values, pairs_and_vectors, function;
    for (const double tol : {1e-4, 1e-6, 1e-8, 1e-10, 1e-12}) {
        CAPTURE(tol);
        // The doublet must be seen as one cluster at loose tolerances too: same_cluster() does, by the residuals.
        const auto pairs = eigsh(problem.A, {.k = k, .tol = tol});
        REQUIRE(pairs.converged);
        REQUIRE(pairs.clusters.size() == 3);
        const auto measure = [&](const auto& bar, const Matrix<S>& wanted) {
            const auto got = pullback(problem.A, pairs, bar);
            const Measured measured{relative_error(dense(got.A), wanted), got.report.error_estimate,
                                    got.report.products};
            CHECK(got.report.converged);
            CHECK(measured.error <= 10.0 * measured.estimate + rounding);
            MESSAGE("tol ", tol, ": error ", measured.error, ", estimate ", measured.estimate, ", products ", measured.products);
            return measured;
        };
        // The user's X̄ is a function of the X at hand, as it is in an application.
        pairs_and_vectors.push_back(measure(phi.cotangent(pairs.values, pairs.vectors), of_pairs));
        function.push_back(measure(SpectralFunction<S>{.f = f,
                                                       .f_prime = [&](double t) { return f.slope(t); },
                                                       .bar_times_X = F_bar * pairs.vectors},
                                   of_function));
        values.push_back(measure(PairCotangent<S>{.values = Eigen::VectorXd::Ones(k)},
                                 problem.exact.vectors() * problem.exact.vectors().adjoint()));
    }
    for (const auto* series : {&pairs_and_vectors, &function}) {
        for (std::size_t i = 1; i < series->size(); ++i) {
            CHECK((*series)[i].products > (*series)[i - 1].products);  // looser pairs, cheaper adjoints
            CHECK((*series)[i].error < (*series)[i - 1].error);
        }
    }
}
