// What a solve takes over from an earlier search for missed copies: levels that nothing carried can see must not be
// missed, however they come down.
#include <lambdabar/operator/callback.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <doctest/doctest.h>

#include "expectations.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kIsolated = 30;

/// A 16×17 Laplacian with a smooth potential, simple eigenvalues from about 0.1 on, and beside it isolated sites with
/// levels of their own, at first from 3 on: no product ever mixes the two.
template <ScalarType S>
struct TwoSectors {
    Sparse<S> A;
    Eigen::VectorXd grid;  // spectrum of the first part
    Eigen::VectorXd site = Eigen::VectorXd::LinSpaced(kIsolated, 3.0, 4.0);

    explicit TwoSectors(double strength = 0.2) {
        Sparse<S> L = laplacian<S>({16, 17});
        const Index m = L.rows();
        for (Index i = 0; i < m; ++i) {
            const double x = static_cast<double>(i % 16) / 16.0, y = static_cast<double>(i / 16) / 17.0;
            L.coeffRef(i, i) += S{strength * (std::sin(5.0 * x) + 0.4 * x * y)};
        }
        grid = reference_eigh<S>(dense(L)).values;
        std::vector<Eigen::Triplet<S>> entries;
        for (Index c = 0; c < m; ++c) {
            for (typename Sparse<S>::InnerIterator it(L, c); it; ++it)
                entries.emplace_back(static_cast<int>(it.row()), static_cast<int>(c), it.value());
        }
        for (Index s = 0; s < kIsolated; ++s)
            entries.emplace_back(static_cast<int>(m + s), static_cast<int>(m + s), S{site(s)});
        A.resize(m + kIsolated, m + kIsolated);
        A.setFromTriplets(entries.begin(), entries.end());
        A.makeCompressed();
    }

    void set_site(Index s, double level) {
        site(s) = level;
        A.coeffRef(grid.size() + s, grid.size() + s) = S{level};
    }
    Eigen::VectorXd spectrum() const {
        Eigen::VectorXd all(grid.size() + kIsolated);
        all << grid, site;
        std::sort(all.data(), all.data() + all.size());
        return all;
    }
};

/// The operator with its entries, and the same known by its products only.
template <ScalarType S, class Solve>
void solve_both_ways(const Sparse<S>& A, bool with_entries, const Solve& solve) {
    const SparseHermitian<S> entries(A);
    if (with_entries) {
        solve(entries);
    } else {
        solve(CallbackOperator<S>{.n = A.rows(), .apply = [&](In<S> X, Out<S> Y) { entries.apply(X, Y); }});
    }
}

template <ScalarType S>
Eigenpairs<S> checked(const Sparse<S>& A, bool with_entries, const Eigen::VectorXd& spectrum,
                      const EigshOptions<S>& options) {
    Eigenpairs<S> pairs;
    solve_both_ways<S>(A, with_entries, [&](const auto& op) { pairs = solve_and_check(op, spectrum, options); });
    return pairs;
}

/// At most `complete_count` eigenvalues lie beyond `complete_bound`.
template <ScalarType S>
void check_bound(const Eigenpairs<S>& pairs, const Eigen::VectorXd& spectrum) {
    if (pairs.complete_count == 0) return;
    const double sign = pairs.which == Which::largest ? -1.0 : 1.0;
    Index beyond = 0;
    for (const double value : spectrum) beyond += sign * value < sign * pairs.complete_bound ? 1 : 0;
    CHECK(beyond <= pairs.complete_count);
}

}  // namespace

TEST_CASE_TEMPLATE("carried search: of the same operator one block product is enough, and the report says why", S,
                   double, Complex) {
    for (const bool with_entries : {true, false}) {
        CAPTURE(with_entries);
        const TwoSectors<S> problem;
        const auto spectrum = problem.spectrum();
        Warm<S> warm;
        const EigshOptions<S> options{.k = 4, .warm = &warm};
        const auto first = checked(problem.A, with_entries, spectrum, options);
        CHECK(first.probed);
        CHECK(!first.search_carried);
        REQUIRE(first.complete_count >= 4);
        check_bound(first, spectrum);
        const auto second = checked(problem.A, with_entries, spectrum, options);
        // Without entries two Gaussian columns are compared as well.
        CHECK(second.products == first.size() + first.extra.cols() + (with_entries ? 0 : 2));
        CHECK(second.iterations == 0);
        CHECK(second.search_carried);
        CHECK(!second.probed);
    }
}

TEST_CASE_TEMPLATE("carried search: a level orthogonal to all that is carried drops into the set between two steps", S,
                   double, Complex) {
    for (const bool with_entries : {true, false}) {
        CAPTURE(with_entries);
        // Below all; between the wanted ones; onto one of them; just below λ_4; and at the far end.
        for (const int place : {0, 1, 2, 3, 4}) {
            CAPTURE(place);
            TwoSectors<S> problem;
            const auto& grid = problem.grid;
            const std::vector<double> levels{grid(0) - 0.3, 0.5 * (grid(1) + grid(2)), grid(1), grid(3) - 1e-5,
                                             grid(grid.size() - 1) + 0.5};
            const EigshOptions<S> base{.k = 4, .which = place == 4 ? Which::largest : Which::smallest};
            auto options = base;
            Warm<S> warm;
            options.warm = &warm;
            REQUIRE(checked(problem.A, with_entries, problem.spectrum(), options).probed);
            problem.set_site(7, levels[static_cast<std::size_t>(place)]);
            const auto spectrum = problem.spectrum();
            // The old vectors are still eigenvectors to the last digit.
            const auto pairs = checked(problem.A, with_entries, spectrum, options);
            CHECK(pairs.probed);
            CHECK(!pairs.search_carried);
            check_bound(pairs, spectrum);
            // And out again.
            problem.set_site(7, 3.2);
            (void)checked(problem.A, with_entries, problem.spectrum(), options);
        }
    }
}

TEST_CASE_TEMPLATE("carried search: many small steps add up", S, double, Complex) {
    for (const bool with_entries : {true, false}) {
        CAPTURE(with_entries);
        TwoSectors<S> problem;
        Warm<S> warm;
        const EigshOptions<S> options{.k = 4, .warm = &warm};
        // From far above to far below the set, the last stretch in steps that are small beside its gaps.
        Index searches = 0, carried = 0;
        const double top = problem.grid(6) + 0.05, bottom = problem.grid(0) - 0.1;
        problem.set_site(3, top);
        (void)checked(problem.A, with_entries, problem.spectrum(), options);
        const int steps = 97;
        for (int step = 1; step <= steps; ++step) {
            CAPTURE(step);
            problem.set_site(3, top + (bottom - top) * step / steps);
            const auto spectrum = problem.spectrum();
            const auto pairs = checked(problem.A, with_entries, spectrum, options);
            check_bound(pairs, spectrum);
            CHECK(pairs.probed != pairs.search_carried);
            searches += pairs.probed ? 1 : 0;
            carried += pairs.search_carried ? 1 : 0;
        }
        CAPTURE(searches);
        if (with_entries) CHECK(carried > searches);
    }
}

TEST_CASE_TEMPLATE("carried search: an operator that has nothing to do with the last one", S, double, Complex) {
    for (const bool with_entries : {true, false}) {
        CAPTURE(with_entries);
        const TwoSectors<S> first;
        Warm<S> warm;
        const EigshOptions<S> options{.k = 4, .warm = &warm};
        (void)checked(first.A, with_entries, first.spectrum(), options);
        // Another pattern, other numbers, the same size.
        Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(first.A.rows(), -3.0, 5.0);
        const Sparse<S> other = sparse_with_spectrum<S>(values, 11);
        CHECK(checked(other, with_entries, values, options).probed);
        // The same pattern, the spectrum upside down.
        Sparse<S> reversed = first.A;
        (void)checked(first.A, with_entries, first.spectrum(), options);
        reversed *= S{-1.0};
        CHECK(checked(reversed, with_entries, Eigen::VectorXd(-first.spectrum().reverse()), options).probed);
        // An operator far smaller, for which the last one's norm and bounds mean nothing.
        Sparse<S> smaller = first.A;
        smaller *= S{1e-6};
        CHECK(checked(smaller, with_entries, Eigen::VectorXd(1e-6 * first.spectrum()), options).probed);
    }
}

TEST_CASE_TEMPLATE("carried search: a shift of the whole spectrum is no reason to search", S, double, Complex) {
    TwoSectors<S> problem;
    Warm<S> warm;
    const EigshOptions<S> options{.k = 4, .warm = &warm};
    REQUIRE(checked(problem.A, true, problem.spectrum(), options).probed);
    Sparse<S> shifted = problem.A;
    for (Index i = 0; i < shifted.rows(); ++i) shifted.coeffRef(i, i) += S{0.5};
    const auto pairs = checked(shifted, true, Eigen::VectorXd(problem.spectrum().array() + 0.5), options);
    CHECK(pairs.search_carried);
    CHECK(pairs.iterations == 0);
}

TEST_CASE_TEMPLATE("carried search: only what a search found is carried", S, double, Complex) {
    TwoSectors<S> problem;
    Warm<S> warm;
    // Nothing was searched.
    REQUIRE(eigsh(SparseHermitian<S>(problem.A), {.k = 4, .probe = false, .warm = &warm}).converged);
    CHECK(warm.search.count == 0);
    const auto spectrum = problem.spectrum();
    CHECK(checked(problem.A, true, spectrum, {.k = 4, .warm = &warm}).probed);
    CHECK(warm.search.count >= 4);
    // A search says nothing of more pairs than it counted, or of the other end.
    const Index searched = warm.search.count;
    CHECK(checked(problem.A, true, spectrum, {.k = searched, .warm = &warm}).search_carried);
    CHECK(checked(problem.A, true, spectrum, {.k = searched + 1, .warm = &warm}).probed);
    CHECK(checked(problem.A, true, spectrum, {.k = 4, .which = Which::largest, .warm = &warm}).probed);
    CHECK(checked(problem.A, true, spectrum, {.k = 2, .which = Which::largest, .warm = &warm}).search_carried);
    // Vectors spoilt by the caller are no evidence either.
    (void)checked(problem.A, true, spectrum, {.k = 4, .warm = &warm});
    warm.vectors = random_matrix<S>(problem.A.rows(), 8, 3);
    (void)checked(problem.A, true, spectrum, {.k = 4, .warm = &warm});
}

TEST_CASE_TEMPLATE("carried search: one triangle stored", S, double, Complex) {
    TwoSectors<S> problem;
    Warm<S> warm;
    const EigshOptions<S> options{.k = 4, .warm = &warm};
    Sparse<S> lower = problem.A.template triangularView<Eigen::Lower>();
    lower.makeCompressed();
    (void)checked(lower, true, problem.spectrum(), options);
    CHECK(checked(lower, true, problem.spectrum(), options).search_carried);
    problem.set_site(0, problem.grid(1) - 0.01);
    lower = problem.A.template triangularView<Eigen::Lower>();
    lower.makeCompressed();
    CHECK(checked(lower, true, problem.spectrum(), options).probed);
}

TEST_CASE_TEMPLATE("carried search: crossing levels on a random walk of two sectors", S, double, Complex) {
    for (const bool with_entries : {true, false}) {
        TwoSectors<S> problem;
        Warm<S> warm;
        std::mt19937_64 random(5);
        std::uniform_real_distribution<double> jump(-0.15, 0.15), level(-0.2, 1.0);
        for (int step = 0; step < 60; ++step) {
            CAPTURE(with_entries);
            CAPTURE(step);
            for (int moved = 0; moved < 3; ++moved) {
                const auto s = static_cast<Index>(random() % kIsolated);
                problem.set_site(s, random() % 4 == 0 ? level(random) : std::max(-0.2, problem.site(s) + jump(random)));
            }
            const auto spectrum = problem.spectrum();
            const auto pairs = checked(problem.A, with_entries, spectrum, {.k = 3, .warm = &warm});
            check_bound(pairs, spectrum);
        }
    }
}

TEST_CASE_TEMPLATE("carried search: a first solve costs what it costs without a Warm, and its guard is a bound", S,
                   double, Complex) {
    for (const bool with_entries : {true, false}) {
        CAPTURE(with_entries);
        TwoSectors<S> problem;
        problem.set_site(3, problem.grid(1));  // the guard of one pair is a double level: no gap behind it
        const double gap = problem.grid(1) - problem.grid(0);
        Warm<S> warm;
        const auto cold = checked(problem.A, with_entries, problem.spectrum(), {});
        const auto first = checked(problem.A, with_entries, problem.spectrum(), {.warm = &warm});
        CHECK(first.products - cold.products == (with_entries ? 0 : 8));  // eight columns are remembered
        CHECK(first.complete_count == 1);
        check_bound(first, problem.spectrum());
        problem.set_site(5, problem.site(5) - 0.04 * gap);
        const auto second = checked(problem.A, with_entries, problem.spectrum(), {.warm = &warm});
        CHECK(second.search_carried);
        problem.set_site(5, problem.site(5) - 0.9 * gap);
        const auto third = checked(problem.A, with_entries, problem.spectrum(), {.warm = &warm});
        CHECK(third.probed);
        check_bound(third, problem.spectrum());
    }
}

TEST_CASE_TEMPLATE("carried search: the vectors beyond the k are refined in a basis that hardly holds them", S, double,
                   Complex) {
    TwoSectors<S> problem;
    Warm<S> warm;
    for (int step = 0; step < 12; ++step) {
        CAPTURE(step);
        for (Index s = 0; s < kIsolated; ++s)
            problem.set_site(s, problem.site(s) + (s % 3 == 0 ? -0.15 : 1e-4) * static_cast<double>(s % 5));
        const auto pairs =
            checked(problem.A, true, problem.spectrum(), {.k = 8, .block_size = 2, .basis_size = 13, .warm = &warm});
        CHECK(pairs.basis_size == 13);
    }
}
