// Dense matrices with a chosen spectrum, n ≤ 60: every k, both ends, simple and repeated eigenvalues, all tolerances.
#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

/// Ascending: 0 = λ_1 < … with gaps between 0.02 and 0.2, n values; `copies` gives multiplicities at the low end.
Eigen::VectorXd spectrum_with(Index n, const std::vector<Index>& copies) {
    std::mt19937_64 random(static_cast<unsigned>(n));
    std::uniform_real_distribution<double> gap(0.02, 0.2);
    Eigen::VectorXd values(n);
    double value = -1.0;
    std::size_t group = 0;
    for (Index i = 0; i < n; ++group) {
        const Index count = group < copies.size() ? copies[group] : 1;
        for (Index c = 0; c < count && i < n; ++c) values(i++) = value;
        value += gap(random);
    }
    return values;
}

/// The mirror image: repeated values at the upper end.
Eigen::VectorXd mirrored(const Eigen::VectorXd& values) { return -values.reverse(); }

template <ScalarType S>
void solve_both_ends(const Eigen::VectorXd& spectrum, EigshOptions<S> options, unsigned seed = 1) {
    for (const Which which : {Which::smallest, Which::largest}) {
        CAPTURE(static_cast<int>(which));
        options.which = which;
        const Eigen::VectorXd values = which == Which::smallest ? spectrum : mirrored(spectrum);
        (void)solve_and_check(DenseOperator<S>{hermitian_with_spectrum<S>(values, seed)}, values, options);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("eigsh: finds every number of pairs from 1 to n − 1", S, double, Complex) {
    for (const Index n : {2, 3, 5, 12, 30}) {
        for (Index k = 1; k < n; ++k) {
            CAPTURE(n);
            CAPTURE(k);
            solve_both_ends<S>(spectrum_with(n, {}), {.k = k});
            solve_both_ends<S>(spectrum_with(n, {1, 2, 1, 3}), {.k = k});
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: meets tolerances from 1e-6 to 1e-13", S, double, Complex) {
    for (const double tol : {1e-6, 1e-8, 1e-10, 1e-12, 1e-13}) {
        CAPTURE(tol);
        solve_both_ends<S>(spectrum_with(60, {2, 1, 5}), {.k = 9, .tol = tol});
        solve_both_ends<S>(spectrum_with(60, {2, 1, 5}), {.k = 4, .tol = tol, .basis_size = 20});
    }
}

TEST_CASE_TEMPLATE("eigsh: a tolerance below rounding is raised to what can be met, and says so", S, double, Complex) {
    const Eigen::VectorXd spectrum = spectrum_with(50, {});
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
    const auto pairs = solve_and_check(A, spectrum, {.k = 3, .tol = 0.0});
    CHECK(pairs.tol > 0.0);
}

TEST_CASE_TEMPLATE("eigsh: finds every copy of repeated eigenvalues, with restarts and any block size", S, double,
                   Complex) {
    const std::vector<std::vector<Index>> all_copies = {{1}, {2}, {1, 2, 2}, {5}, {1, 5, 1}, {3, 3, 3}};
    for (const auto& copies : all_copies) {
        CAPTURE(copies.size());
        CAPTURE(copies.front());
        const Eigen::VectorXd spectrum = spectrum_with(60, copies);
        for (const Index k : {1, 3, 6, 9}) {  // inside, at the end of, and beyond clusters
            for (const Index block : {0, 1, 2, 7}) {
                CAPTURE(k);
                CAPTURE(block);
                solve_both_ends<S>(spectrum,
                                   {.k = k, .block_size = block, .basis_size = k + 2 * std::max<Index>(block, 4) + 4});
            }
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: filters of any degree, and the smallest basis, give the same pairs", S, double, Complex) {
    const Eigen::VectorXd spectrum = spectrum_with(60, {1, 2});
    for (const Index degree : {1, 2, 3, 8, 30}) {
        for (const Index basis : {4, 12, 30, 60, 500}) {
            CAPTURE(degree);
            CAPTURE(basis);
            solve_both_ends<S>(spectrum, {.k = 3, .basis_size = basis, .filter_degree = degree});
        }
    }
}

TEST_CASE_TEMPLATE("eigsh: eigenvalues closer than the cluster distance are one cluster, wider ones are not", S, double,
                   Complex) {
    Eigen::VectorXd spectrum = spectrum_with(40, {});
    spectrum(2) = spectrum(1) + 1e-9;
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
    const double norm = spectrum.cwiseAbs().maxCoeff();
    const auto narrow = eigsh(A, {.k = 4, .tol = 1e-13, .cluster_tol = 1e-10 / norm});
    CHECK(sizes(narrow.clusters) == std::vector<Index>{1, 1, 1, 1});
    const auto wide = eigsh(A, {.k = 4, .tol = 1e-13, .cluster_tol = 1e-8 / norm});
    CHECK(sizes(wide.clusters) == std::vector<Index>{1, 2, 1});
    CHECK(!wide.cuts_cluster);
    const auto cut = eigsh(A, {.k = 2, .tol = 1e-13, .cluster_tol = 1e-8 / norm});
    CHECK(cut.cuts_cluster);
    CHECK(!eigsh(A, {.k = 2, .tol = 1e-13, .cluster_tol = 1e-10 / norm}).cuts_cluster);
}

TEST_CASE_TEMPLATE("eigsh: different seeds give the same spaces", S, double, Complex) {
    const Eigen::VectorXd spectrum = spectrum_with(60, {1, 3});
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, 1)};
    const EigshOptions<S> options{.k = 4, .tol = 1e-12, .basis_size = 24};
    const auto first = solve_and_check(A, spectrum, options);
    for (const std::uint64_t seed : {2u, 3u, 4u, 5u}) {
        auto other_options = options;
        other_options.seed = seed;
        const auto other = solve_and_check(A, spectrum, other_options);
        // sin∠ ≤ ‖R‖/gap for each of the two spaces (Davis–Kahan), the gap to the rest of the spectrum.
        const double gap = spectrum(4) - spectrum(3);
        const double angle = (first.residuals.norm() + other.residuals.norm() + rounding(60, 1.0)) / gap;
        const Matrix<S> outside = other.vectors - first.vectors * (first.vectors.adjoint() * other.vectors);
        CHECK(outside.norm() <= 2.0 * angle);
    }
}
