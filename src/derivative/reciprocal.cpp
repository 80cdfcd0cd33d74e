#include "reciprocal.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lambdabar {

namespace {

/// The pairs of B x = ν A x, and where each came from.
template <ScalarType S>
struct Reciprocal {
    Eigenpairs<S> pairs;
    std::vector<Index> from;  // pair i here is pair from[i] there

    explicit Reciprocal(const Eigenpairs<S>& given) : pairs(given), from(static_cast<std::size_t>(given.size())) {
        const Eigen::VectorXd nu = given.values.cwiseInverse();
        std::iota(from.begin(), from.end(), Index{0});
        std::sort(from.begin(), from.end(), [&](Index i, Index j) { return nu(i) < nu(j); });
        pairs.definite = Definite::B;
        pairs.values = Eigen::VectorXd(nu(from));
        pairs.vectors = Matrix<S>(given.vectors(Eigen::all, from));
        pairs.residuals = Eigen::VectorXd(given.residuals.cwiseProduct(nu.cwiseAbs2())(from));
        // The smallest positive λ are the largest ν; the λ of smallest modulus are the ν farthest from 0.
        pairs.which = given.which == Which::smallest ? Which::largest : Which::nearest;
        pairs.norm_A = nu.cwiseAbs().maxCoeff();
        pairs.guard_value = 1.0 / given.guard_value;
        pairs.guard_residual = given.guard_residual * pairs.guard_value * pairs.guard_value;
        pairs.extra.resize(given.vectors.rows(), 0);
        pairs.extra_values.resize(0);
        pairs.extra_images.resize(0, 0);
        pairs.solve = {};
        pairs.sigma = std::numeric_limits<double>::quiet_NaN();
        pairs.clusters.clear();  // in the order of ν
        for (const Cluster& c : given.clusters) {
            const auto first =
                std::min_element(from.begin(), from.end(), [&](Index i, Index j) { return rank(i, c) < rank(j, c); });
            pairs.clusters.push_back({static_cast<Index>(first - from.begin()), c.count});
        }
        std::sort(pairs.clusters.begin(), pairs.clusters.end(),
                  [](const Cluster& a, const Cluster& b) { return a.first < b.first; });
    }

    /// Cotangents of vectors in the order of ν.
    Matrix<S> columns(const Matrix<S>& X) const { return X.size() == 0 ? X : Matrix<S>(X(Eigen::all, from)); }

    Pullback<S> map_back(Pullback<S> result) const {
        std::swap(result.A, result.B);
        if (result.adjoints.size() > 0) {
            const Matrix<S> W = result.adjoints;
            for (std::size_t i = 0; i < from.size(); ++i) result.adjoints.col(from[i]) = W.col(static_cast<Index>(i));
        }
        return result;
    }

private:
    /// Members of the cluster before all others, in the order in which they are met.
    static Index rank(Index i, const Cluster& c) { return i >= c.first && i < c.first + c.count ? 0 : 1; }
};

template <ScalarType S>
Pencil<S> exchanged(const Pencil<S>& pencil) {
    return {.A = *pencil.B, .B = pencil.A, .A_entries = pencil.B_entries, .B_entries = pencil.A_entries};
}

/// With A⁻¹ as preconditioner, start block in the order of ν.
template <ScalarType S>
PullbackOptions<S> options_for(const Reciprocal<S>& reciprocal, const Eigenpairs<S>& given,
                               const PullbackOptions<S>& options) {
    PullbackOptions<S> changed = options;
    if (!changed.preconditioner) changed.preconditioner = given.solve;
    if (changed.method == LinearMethod::shift_invert) changed.method = LinearMethod::automatic;
    if (given.which == Which::nearest) changed.method = LinearMethod::minres;  // ν of both signs: indefinite
    changed.start = reciprocal.columns(options.start);
    changed.warm = nullptr;
    return changed;
}

}  // namespace

template <ScalarType S>
Pullback<S> pullback_reciprocal(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const PairCotangent<S>& bar,
                                const PullbackOptions<S>& options) {
    const Reciprocal<S> reciprocal(pairs);
    PairCotangent<S> changed{.vectors = reciprocal.columns(bar.vectors)};
    if (bar.values.size() > 0) {
        const Eigen::VectorXd nu_bar = -pairs.values.cwiseAbs2().cwiseProduct(bar.values);
        changed.values = Eigen::VectorXd(nu_bar(reciprocal.from));
    }
    return reciprocal.map_back(
        detail::pullback<S>(exchanged(pencil), reciprocal.pairs, changed, options_for(reciprocal, pairs, options)));
}

template <ScalarType S>
Pullback<S> pullback_reciprocal(const Pencil<S>& pencil, const Eigenpairs<S>& pairs, const SpectralFunction<S>& bar,
                                const PullbackOptions<S>& options) {
    const Reciprocal<S> reciprocal(pairs);
    SpectralFunction<S> changed{.bar_times_X = reciprocal.columns(bar.bar_times_X)};
    if (bar.f && bar.f_prime) {
        changed.f = [f = bar.f](double nu) { return f(1.0 / nu); };
        changed.f_prime = [f_prime = bar.f_prime](double nu) { return -f_prime(1.0 / nu) / (nu * nu); };
    }
    if (bar.f_values.size() == pairs.size() && bar.f_slopes.size() == pairs.size()) {
        const Eigen::VectorXd slopes = -pairs.values.cwiseAbs2().cwiseProduct(bar.f_slopes);
        changed.f_values = Eigen::VectorXd(bar.f_values(reciprocal.from));
        changed.f_slopes = Eigen::VectorXd(slopes(reciprocal.from));
    }
    return reciprocal.map_back(
        detail::pullback<S>(exchanged(pencil), reciprocal.pairs, changed, options_for(reciprocal, pairs, options)));
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                    \
    template Pullback<S> pullback_reciprocal<S>(const Pencil<S>&, const Eigenpairs<S>&, const PairCotangent<S>&,    \
                                                const PullbackOptions<S>&);                                         \
    template Pullback<S> pullback_reciprocal<S>(const Pencil<S>&, const Eigenpairs<S>&, const SpectralFunction<S>&, \
                                                const PullbackOptions<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
