// Reference problem 12: eigenvalue derivatives of a photonic crystal, G(k) x = λ (M0 + ε M1) x, complex Hermitian for
// k ≠ 0, in the permittivity ε of the rods and the wave vector k.
#ifdef LAMBDABAR_APP  // as the other tests on these files
#include "real_matrices/pencils.hpp"

#include <lambdabar/lambdabar.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kPairs = 12;  // as many as the reference differentiates
constexpr double kRequired = 1e-8;
constexpr Index kFirst = 2;  // of the doublet at k = 0
constexpr std::array kParameters{"eps1", "kx", "ky"};

/// One problem of the family with its pairs, and the derivatives of G and M in the three parameters.
template <ScalarType S>
struct Crystal {
    PhotonicName at;
    PhotonicCrystal<S> family;
    Sparse<S> G, M;
    std::array<Sparse<S>, 3> dG, dM;
    SparseHermitian<S> A, B;

    Crystal(const ReferenceData& data, const std::string& name)
        : at(name),
          family(data, at.family),
          G(family.stiffness(at.kx, at.ky)),
          M(family.mass(kPhotonicEps)),
          dG{zero(), family.stiffness_by_kx(at.kx), family.stiffness_by_ky(at.ky)},
          dM{family.mass_by_eps(), zero(), zero()},
          A(G, kAsymmetry),
          B(M, kAsymmetry) {}

    /// dφ/dp of all three: tr(Ā dA/dp) + tr(B̄ dB/dp).
    std::array<double, 3> derivatives(const Eigenpairs<S>& pairs, const Eigen::VectorXd& weights) const {
        const auto bar = pullback(A, B, pairs, PairCotangent<S>{.values = weights});
        std::array<double, 3> all{};
        for (std::size_t p = 0; p < all.size(); ++p)
            all[p] =
                dot(bar.A, SparseHermitian<S>(dG[p], kAsymmetry)) + dot(bar.B, SparseHermitian<S>(dM[p], kAsymmetry));
        return all;
    }

    /// How far rounding moves dλ_i/dp: with an eigenvector error δ/|λ_i − λ_j| towards x_j (δ: backward error of the
    /// reference's LAPACK, eps·λ_max, plus the residual here), 2 δ max_j |x_jᴴ(dA − λ_i dB)x_i| / |λ_i − λ_j|; and
    /// δ |x_iᴴ dB x_i| as λ_i itself moves.
    double rounding(const Eigenpairs<S>& pairs, Index i, std::size_t p, double lapack) const {
        const auto x = pairs.vectors.col(i);
        const double value = pairs.values(i), delta = lapack + pairs.residuals(i);
        const Vector<S> moved = dM[p] * x, couplings = pairs.vectors.adjoint() * (dG[p] * x - S{value} * moved);
        double worst = std::abs(x.dot(moved));
        for (Index j = 0; j < pairs.size(); ++j) {
            if (j != i) worst = std::max(worst, 2.0 * std::abs(couplings(j) / (pairs.values(j) - value)));
        }
        return delta * worst;
    }

private:
    Sparse<S> zero() const { return Sparse<S>(G.rows(), G.cols()); }
};

/// Calls f(name, reference, crystal) for every problem with derivatives.
template <class Function>
void for_each_crystal(const ReferenceData& data, Function&& f) {
    Index count = 0;
    for (const auto& [name, entry] : data.problems().items()) {
        if (!entry.contains("derivatives")) continue;
        ++count;
        if (PhotonicName(name).real()) {
            f(name, entry, Crystal<double>(data, name));
        } else {
            f(name, entry, Crystal<Complex>(data, name));
        }
    }
    REQUIRE(count > 0);
}

const nlohmann::json& derivatives_of(const nlohmann::json& entry) {
    return entry.at("derivatives").at("analytic_hellmann_feynman");
}

/// eps·λ_max of the reference, which states n times as much.
double lapack_error(const nlohmann::json& entry) {
    return entry.at("abs_error_scale_n_eps_max").get<double>() / entry.at("n").get<double>();
}

}  // namespace

TEST_CASE("photonic crystals: derivatives in permittivity and wave vector are those of the reference to 1e-8") {
    const auto data = ReferenceData::find();
    if (!data) return;
    std::printf("derivatives of the 12 lowest         largest  error/largest  error/own  error/allowed\n");
    for_each_crystal(*data, [](const std::string& name, const nlohmann::json& entry, const auto& crystal) {
        const auto pairs = eigsh(crystal.A, crystal.B, {.k = kPairs});
        CAPTURE(name);
        REQUIRE(pairs.certified);
        std::array<double, 3> largest{}, error{}, own{}, allowed{};
        for (Index i = 0; i < kPairs; ++i) {
            const auto found = crystal.derivatives(pairs, Eigen::VectorXd::Unit(kPairs, i));
            for (std::size_t p = 0; p < kParameters.size(); ++p) {
                CAPTURE(i);
                CAPTURE(kParameters[p]);
                const double exact = derivatives_of(entry).at(kParameters[p]).at(static_cast<std::size_t>(i));
                const double off = std::abs(found[p] - exact);
                const double limit = kRequired * std::abs(exact) + crystal.rounding(pairs, i, p, lapack_error(entry));
                CHECK(off <= limit);
                largest[p] = std::max(largest[p], std::abs(exact));
                error[p] = std::max(error[p], off);
                if (exact != 0.0) own[p] = std::max(own[p], off / std::abs(exact));
                if (limit > 0.0) allowed[p] = std::max(allowed[p], off / limit);
            }
        }
        const double steepest = *std::max_element(largest.begin(), largest.end());
        for (std::size_t p = 0; p < kParameters.size(); ++p) {
            CHECK(error[p] <= kRequired * steepest);
            const double scale = largest[p] > 0.0 ? largest[p] : 1.0;  // at k = 0 none depends on k
            std::printf("%-26s %-4s  %12.3e  %13.1e  %9.1e  %13.3f\n", name.c_str(), kParameters[p], largest[p],
                        error[p] / scale, own[p], allowed[p]);
        }
    });
    std::fflush(stdout);
}

TEST_CASE("photonic crystals: the doublet at k = 0 has the reference's split, and a derivative only as a cluster") {
    const auto data = ReferenceData::find();
    if (!data) return;
    for_each_crystal(*data, [](const std::string& name, const nlohmann::json& entry, const auto& crystal) {
        if (!crystal.at.real()) return;
        CAPTURE(name);
        const std::vector<double> lowest = entry.at("lowest");
        const double split = lowest[kFirst + 1] - lowest[kFirst];
        const auto apart = eigsh(crystal.A, crystal.B, {.k = kPairs});
        const double found = apart.values(kFirst + 1) - apart.values(kFirst);
        CHECK(apart.clusters.size() == kPairs);
        // Both values move by the reference's n·eps·λ_max at most; here by less.
        CHECK(std::abs(found - split) <= 2.0 * entry.at("abs_error_scale_n_eps_max").get<double>());
        MESSAGE(name << ": doublet split by " << found << ", reference " << split);

        // To one who asks for less than the split the two are one cluster.
        const auto as_one = eigsh(crystal.A, crystal.B, {.k = kPairs, .cluster_tol = 2.0 * split / apart.norm_A});
        REQUIRE(as_one.clusters.size() == kPairs - 1);
        CHECK(as_one.clusters[kFirst].first == kFirst);
        CHECK(as_one.clusters[kFirst].count == 2);
        const std::string refusal = message_of<NotDifferentiable>(
            [&] { (void)crystal.derivatives(as_one, Eigen::VectorXd::Unit(kPairs, kFirst)); });
        CHECK(contains(refusal, "pairs 3 to 4"));

        Eigen::VectorXd both = Eigen::VectorXd::Zero(kPairs);
        both.segment(kFirst, 2).setConstant(0.5);
        const auto mean = crystal.derivatives(as_one, both);
        const auto& exact = derivatives_of(entry).at("eps1");
        const double wanted = 0.5 * (exact.at(kFirst).get<double>() + exact.at(kFirst + 1).get<double>());
        CHECK(std::abs(mean[0] - wanted) <= kRequired * std::abs(wanted));
        CHECK(std::abs(mean[1]) <= lapack_error(entry));  // at k = 0 G is even in k
        CHECK(std::abs(mean[2]) <= lapack_error(entry));
    });
}
#endif
