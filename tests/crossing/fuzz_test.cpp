// 10⁴ random spectra with random clusters: whatever is asked, the answer is right, or it is refused. No number is NaN,
// none is masked, none is silently wrong.
#include <lambdabar/crossing/cluster_derivatives.hpp>
#include <lambdabar/derivative/surrogates.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include "derivative/oracle.hpp"
#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 8;

/// Ascending values with gaps of 1e-14 … 1 and exact multiplicities, in 0 … about 6.
Eigen::VectorXd random_spectrum(std::mt19937_64& random) {
    std::uniform_real_distribution<double> exponent(-14.0, 0.0), choice(0.0, 1.0);
    Eigen::VectorXd values(kN);
    values(0) = choice(random);
    for (Index i = 1; i < kN; ++i) {
        const double kind = choice(random);
        values(i) = values(i - 1) + (kind < 0.3 ? 0.0 : kind < 0.6 ? std::pow(10.0, exponent(random)) : choice(random));
    }
    return values;
}

struct Tally {
    Index right = 0, refused = 0;
};

/// Distance from a cluster to the nearest eigenvalue outside of it.
template <ScalarType S>
double gap_around(const Eigenpairs<S>& pairs, const Cluster& c, double guard) {
    const Index end = c.first + c.count;
    const double above = (end < pairs.size() ? pairs.values(end) : guard) - pairs.values(end - 1);
    return c.first > 0 ? std::min(above, pairs.values(c.first) - pairs.values(c.first - 1)) : above;
}

/// The least of these.
template <ScalarType S>
double least_gap(const Eigenpairs<S>& pairs, double guard) {
    double gap = kInfinity;
    for (const Cluster& c : pairs.clusters) gap = std::min(gap, gap_around(pairs, c, guard));
    return gap;
}

/// One random spectrum, k and objective. The oracle sees the same matrix; it is exact to eps over the gaps.
template <ScalarType S>
void one_case(unsigned seed, Tally& tally) {
    std::mt19937_64 random(seed);
    const Eigen::VectorXd spectrum = random_spectrum(random);
    const DenseOperator<S> A{hermitian_with_spectrum<S>(spectrum, seed)};
    const Index k = 1 + static_cast<Index>(random() % (kN - 2));
    const auto pairs = eigsh(A, {.k = k, .tol = 1e-14, .cluster_tol = 1e-9});
    CAPTURE(seed);
    CAPTURE(k);
    REQUIRE(pairs.values.allFinite());
    if (!pairs.converged) {
        ++tally.refused;
        CHECK_THROWS_AS((void)pullback(A, pairs, {.values = Eigen::VectorXd::Ones(k)}), NotConverged);
        return;
    }
    const double gap = least_gap(pairs, spectrum(k));
    // Eigenvectors are good to eps·‖A‖/gap, and derivatives divide by the gap once more.
    const double error = 2e3 * kEps * pairs.norm_A / std::max(gap, 1e-300) * std::max(1.0, 1.0 / gap);
    auto exact = oracle::decompose<S>(A.A, k, Which::smallest);
    oracle::align<S>(exact, pairs.vectors, pairs.clusters);
    const auto finite = [](const Cotangent<S>& bar) { return bar.V.allFinite() && bar.W.allFinite(); };

    const Matrix<S> H = random_hermitian<S>(kN, seed + 1);
    switch (random() % 5) {
        case 0: {  // cotangents that see bases and order: right without clusters, refused with them
            const Eigen::VectorXd values_bar = random_matrix<double>(k, 1, seed + 2);
            bool clustered = pairs.cuts_cluster;
            for (const Cluster& c : pairs.clusters) clustered = clustered || c.count > 1;
            Matrix<S> X_bar = H * pairs.vectors;
            for (Index i = 0; i < k; ++i) X_bar.col(i) *= values_bar(i);  // no phase is seen
            try {
                const auto bar = pullback(A, pairs, {.values = values_bar, .vectors = X_bar});
                CHECK(!clustered);
                CHECK(finite(bar.A));
                const Matrix<S> wanted = oracle::pullback_pairs<S>(exact, values_bar, X_bar, 0.0);
                CHECK((dense(bar.A) - wanted).norm() <= error * (1.0 + wanted.norm()));
                ++tally.right;
            } catch (const NotDifferentiable& refusal) {
                const std::string text = refusal.what();
                CHECK(clustered);
                CHECK((contains(text, "pairs") || contains(text, "pair ")));
                CHECK(text.find_first_of("0123456789") != std::string::npos);
                ++tally.refused;
            }
            break;
        }
        case 1: {  // a spectral function: right at every gap inside, refused where the set cuts a cluster
            const oracle::Exponential f{0.7};
            const Matrix<S> FX = H * pairs.vectors;
            try {
                const auto bar = pullback(
                    A, pairs,
                    SpectralFunction<S>{.f = f, .f_prime = [f](double t) { return f.slope(t); }, .bar_times_X = FX});
                CHECK(!pairs.cuts_cluster);
                CHECK(finite(bar.A));
                const Matrix<S> wanted = oracle::pullback_spectral<S>(
                    exact, f, [f](double a, double b) { return f.difference(a, b); }, H);
                const double outside = spectrum(k) - spectrum(k - 1);
                const double bound = 2e3 * kEps * pairs.norm_A / outside * std::max(1.0, 1.0 / outside);
                CHECK((dense(bar.A) - wanted).norm() <= bound * (1.0 + wanted.norm()));
                ++tally.right;
            } catch (const NotDifferentiable&) {
                CHECK(pairs.cuts_cluster);
                ++tally.refused;
            }
            break;
        }
        case 2: {  // soft minimum: the exact gradient of the k values' log-sum-exp
            try {
                const auto phi = soft_min(pairs, 5.0);
                const auto bar = pullback(A, pairs, phi);
                CHECK(!pairs.cuts_cluster);
                CHECK(std::isfinite(phi.value));
                const Eigen::VectorXd w = (-5.0 * (exact.values().array() - exact.values()(0))).exp();
                const Matrix<S> wanted =
                    exact.vectors() * (w / w.sum()).template cast<S>().asDiagonal() * exact.vectors().adjoint();
                const double outside = spectrum(k) - spectrum(k - 1);
                CHECK((dense(bar.A) - wanted).norm() <= 2e3 * kEps * pairs.norm_A * (5.0 + 1.0 / outside));
                ++tally.right;
            } catch (const NotDifferentiable&) {
                CHECK(pairs.cuts_cluster);
                ++tally.refused;
            }
            break;
        }
        case 3: {  // slopes of a cluster along H: the spectrum of QᴴHQ with Q from the oracle
            const Cluster& c = pairs.clusters[random() % pairs.clusters.size()];
            try {
                const auto split = directional_derivatives(pairs, c, DenseOperator<S>{H});
                CHECK(split.values.allFinite());
                const Matrix<S> Q = exact.vectors().middleCols(c.first, c.count);
                const Eigen::VectorXd wanted =
                    Eigen::SelfAdjointEigenSolver<Matrix<S>>(Matrix<S>(Q.adjoint() * H * Q)).eigenvalues();
                CHECK((split.values - wanted).norm() <=
                      2e3 * kEps * pairs.norm_A * H.norm() / gap_around(pairs, c, spectrum(k)));
                ++tally.right;
            } catch (const NotDifferentiable&) {
                CHECK(pairs.cuts_cluster);
                ++tally.refused;
            }
            break;
        }
        default: {  // a gradient of one eigenvalue: λ̄ = e_i
            const Index i = static_cast<Index>(random() % static_cast<unsigned>(k));
            bool multiple = pairs.cuts_cluster && pairs.clusters.back().first <= i;
            for (const Cluster& c : pairs.clusters)
                multiple = multiple || (c.count > 1 && i >= c.first && i < c.first + c.count);
            try {
                const auto bar = pullback(A, pairs, {.values = Eigen::VectorXd::Unit(k, i)});
                CHECK(!multiple);
                CHECK(finite(bar.A));
                const Vector<S> x = exact.vectors().col(i);
                CHECK((dense(bar.A) - x * x.adjoint()).norm() <=
                      2e3 * kEps * pairs.norm_A / gap_around(pairs, {i, 1}, spectrum(k)));
                ++tally.right;
            } catch (const NotDifferentiable&) {
                CHECK(multiple);
                ++tally.refused;
            }
            break;
        }
    }
}

/// 2500 spectra from `first` on.
template <ScalarType S>
void run_fuzz(unsigned first) {
    constexpr Index kCases = 2500;
    Tally tally;
    for (unsigned seed = first; seed < first + kCases; ++seed) {
        try {
            one_case<S>(seed, tally);
        } catch (const NotConverged&) {  // an adjoint that cannot reach its tolerance beside a tiny gap
            ++tally.refused;
        }
    }
    MESSAGE(tally.right << " right, " << tally.refused << " refused");
    CHECK(tally.right + tally.refused == kCases);
    CHECK(tally.right > 800);
    CHECK(tally.refused > 300);
}

}  // namespace

TEST_CASE_TEMPLATE("fuzz: random spectra with random clusters are right or refused, never silently wrong", S, double,
                   Complex) {
    run_fuzz<S>(0);
}

TEST_CASE_TEMPLATE("fuzz: as many again, 10⁴ in all", S, double, Complex) { run_fuzz<S>(2500); }
