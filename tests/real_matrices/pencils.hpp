#pragma once
// The generalized Hermitian problems K x = λ M x of the reference: matrices in memory, and how well their listed
// eigenvalues are known.
#include "real_matrices/reference.hpp"

#include <lambdabar/operator/sparse.hpp>

#include <numbers>

namespace lambdabar::test {

/// What the reference says of one pencil.
struct PencilReference {
    std::string name;
    std::vector<double> lowest;  // ascending
    Index negative = 0;          // eigenvalues below zero
    double stated = 0.0;         // accuracy the reference claims: n·eps·max |λ|, absolute
    double disagreement = 0.0;  // of its two sources, LAPACK on the dense pencil and ARPACK on a sparse factor: largest
                                // difference among the 8 lowest, absolute
    std::vector<Cluster> clusters;  // of more than one: neighbours closer than 1e-9 |λ|, and the zeros (|λ| < stated)

    explicit PencilReference(const std::string& problem, const nlohmann::json& entry)
        : name(problem),
          lowest(entry.at("lowest")),
          negative(entry.at("n_negative")),
          stated(entry.at("abs_error_scale_n_eps_max")) {
        const std::vector<double> second = entry.at("check_shift_invert").at("values");
        for (std::size_t i = 0; i < second.size(); ++i)
            disagreement = std::max(disagreement, std::abs(second[i] - lowest[i]));
        const Index zeros = entry.at("n_zero(|w|<n*eps*max)");
        const auto first = std::find_if(lowest.begin(), lowest.end(), [&](double v) { return std::abs(v) < stated; });
        if (zeros > 1) clusters.push_back({first - lowest.begin(), zeros});
        for (const auto& cluster : entry.at("clusters_reltol_1e-9").at("first20"))
            clusters.push_back({cluster.at("first_index"), cluster.at("multiplicity")});
    }

    /// Error that λ_i may have: 1e-8 |λ_i|, and what its two sources leave open. Where λ = σ + 1/μ is computed with a
    /// residual tol·μ, |Δλ| ≤ tol |λ − σ|: that and the stated accuracy is the other bound.
    double allowed(std::size_t i, double sigma, double tol) const {
        return std::min(1e-8 * std::abs(lowest[i]) + 2.0 * disagreement, stated + tol * std::abs(lowest[i] - sigma));
    }

    /// Sizes of the clusters of the k lowest, in order.
    std::vector<Index> multiplicities(Index k) const {
        std::vector<Index> counts;
        for (Index i = 0; i < k;) {
            const auto here =
                std::find_if(clusters.begin(), clusters.end(), [i](const Cluster& c) { return c.first == i; });
            counts.push_back(here == clusters.end() ? 1 : std::min(here->count, k - i));
            i += counts.back();
        }
        return counts;
    }
    bool cut_at(Index k) const {
        return std::any_of(clusters.begin(), clusters.end(),
                           [k](const Cluster& c) { return c.first < k && k < c.first + c.count; });
    }
};

/// G(k) x = λ (M0 + ε M1) x of a two-dimensional photonic crystal, with
///     G = ATM + i(kx MDx + ky MDy)ᵀ − i(kx MDx + ky MDy) + |k|²(M0 + M1),
/// and its derivatives. Real symmetric at k = 0, complex Hermitian elsewhere.
template <ScalarType S>
class PhotonicCrystal {
public:
    PhotonicCrystal(const ReferenceData& data, const std::string& family) {
        const auto part = [&](const char* name) {
            return Sparse<S>(read_sparse<double>(data.file(family + "_" + name)).template cast<S>());
        };
        atm_ = part("atm");
        m0_ = part("m0");
        m1_ = part("m1");
        if constexpr (!std::same_as<S, double>) {
            const Sparse<S> mdx = part("mdx"), mdy = part("mdy");
            const S i{0.0, 1.0};
            couple_x_ = i * (Sparse<S>(mdx.transpose()) - mdx);
            couple_y_ = i * (Sparse<S>(mdy.transpose()) - mdy);
        } else {
            couple_x_ = couple_y_ = Sparse<S>(atm_.rows(), atm_.cols());
        }
    }

    Sparse<S> stiffness(double kx, double ky) const {
        return atm_ + S{kx} * couple_x_ + S{ky} * couple_y_ + S{kx * kx + ky * ky} * (m0_ + m1_);
    }
    Sparse<S> stiffness_by_kx(double kx) const { return couple_x_ + S{2.0 * kx} * (m0_ + m1_); }
    Sparse<S> stiffness_by_ky(double ky) const { return couple_y_ + S{2.0 * ky} * (m0_ + m1_); }
    Sparse<S> mass(double eps) const { return m0_ + S{eps} * m1_; }
    const Sparse<S>& mass_by_eps() const { return m1_; }

private:
    Sparse<S> atm_, m0_, m1_, couple_x_, couple_y_;
};

inline constexpr double kPhotonicEps = 2.0;  // of all problems of the family

/// "photonic288_eps2_k0.5_0.2": family photonic288 at k = (0.5, 0.2); 3.142 abbreviates π.
struct PhotonicName {
    std::string family;
    double kx = 0.0, ky = 0.0;

    explicit PhotonicName(const std::string& name) : family(name.substr(0, name.find('_'))) {
        const std::size_t x = name.find("_k") + 2, y = name.find('_', x) + 1;
        kx = number(name.substr(x, y - 1 - x));
        ky = number(name.substr(y));
    }
    bool real() const { return kx == 0.0 && ky == 0.0; }

private:
    static double number(const std::string& text) { return text == "3.142" ? std::numbers::pi : std::stod(text); }
};

/// Calls f(reference, K, M) for every generalized Hermitian problem; the scalar type of K and M is double or Complex.
template <class Function>
void for_each_pencil(const ReferenceData& data, Function&& f) {
    Index count = 0;
    for (const auto& [name, entry] : data.problems().items()) {
        if (entry.at("type") != "generalized K x = lambda M x") continue;
        ++count;
        const PencilReference reference(name, entry);
        if (name.rfind("photonic", 0) != 0) {
            f(reference, read_sparse<double>(data.file(entry.at("files").at(0))),
              read_sparse<double>(data.file(entry.at("files").at(1))));
            continue;
        }
        const PhotonicName at(name);
        const auto crystal = [&]<class S>(S) {
            const PhotonicCrystal<S> photonic(data, at.family);
            f(reference, photonic.stiffness(at.kx, at.ky), photonic.mass(kPhotonicEps));
        };
        if (at.real()) {
            crystal(double{});
        } else {
            crystal(Complex{});
        }
    }
    REQUIRE(count > 0);  // a reference without one is a mistake
}

/// Assembled stiffness and mass are Hermitian to their own rounding only.
inline constexpr double kAsymmetry = 1e-10;

}  // namespace lambdabar::test
