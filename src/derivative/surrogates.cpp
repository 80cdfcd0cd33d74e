#include <lambdabar/derivative/surrogates.hpp>

#include "gauge.hpp"
#include "sentence.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

void require_positive(const char* who, const char* name, double value) {
    if (std::isfinite(value) && value > 0.0) return;
    throw std::invalid_argument(sentence(who, ": ", name, " = ", value, " must be a positive number"));
}

template <ScalarType S>
void require_end(const char* who, const Eigenpairs<S>& pairs, Which which) {
    if (pairs.which == which) return;
    throw std::invalid_argument(
        sentence(who, ": needs pairs at the ", which == Which::smallest ? "lower" : "upper", " end of the spectrum"));
}

/// The eigenvalues that are not in the set, and how near they may come: at least `nearest` in the units of `sign·λ`.
struct Outside {
    double count = 0.0, nearest = std::numeric_limits<double>::infinity();
};

/// `sign` = 1: those above the set; −1: those below, their values negated. Around σ nothing lies nearer than the guard.
template <ScalarType S>
Outside outside(const Eigenpairs<S>& pairs, double sign, const Sum& sum) {
    const Index missing = sum.total(pairs.vectors.rows()) - pairs.size();
    if (missing <= 0 || std::isnan(pairs.guard_value)) return {};
    if (pairs.which == Which::nearest) {
        const double radius = std::abs(pairs.guard_value - pairs.sigma) - pairs.guard_residual;
        return {static_cast<double>(missing), sign * pairs.sigma + radius};
    }
    if ((pairs.which == Which::smallest) != (sign > 0.0)) return {};
    return {static_cast<double>(missing), sign * pairs.guard_value - pairs.guard_residual};
}

/// −(1/β) log Σ exp(−βλ_i) of ascending or descending λ, everything relative to the smallest.
SymmetricFunction soft_minimum(const Eigen::VectorXd& lambda, double beta, const Outside& rest) {
    const double lowest = lambda.minCoeff();
    const Eigen::VectorXd weights = (-beta * (lambda.array() - lowest)).exp();
    const double total = weights.sum();
    SymmetricFunction phi{.value = lowest - std::log(total) / beta, .values_bar = weights / total};
    phi.steepness = beta * phi.values_bar.maxCoeff();
    const double beyond = rest.count > 0.0 ? rest.count * std::exp(-beta * (rest.nearest - lowest)) / total : 0.0;
    phi.truncation = std::log1p(beyond) / beta;
    phi.gradient_truncation = 2.0 * beyond / (1.0 + beyond);
    phi.distance = std::log(total) / beta;
    return phi;
}

SymmetricFunction negated(SymmetricFunction phi) {
    phi.value = -phi.value;
    return phi;
}

}  // namespace

template <ScalarType S>
SymmetricFunction soft_min(const Eigenpairs<S>& pairs, double beta, const Sum& sum) {
    require_positive("soft_min", "beta", beta);
    require_end("soft_min", pairs, Which::smallest);
    return soft_minimum(pairs.values, beta, outside(pairs, 1.0, sum));
}

template <ScalarType S>
SymmetricFunction soft_max(const Eigenpairs<S>& pairs, double beta, const Sum& sum) {
    require_positive("soft_max", "beta", beta);
    require_end("soft_max", pairs, Which::largest);
    return negated(soft_minimum(-pairs.values, beta, outside(pairs, -1.0, sum)));
}

template <ScalarType S>
SymmetricFunction kreisselmeier_steinhauser(const Eigenpairs<S>& pairs, double rho, Bound bound) {
    require_positive("kreisselmeier_steinhauser", "rho", rho);
    if (pairs.which == Which::nearest)
        throw std::invalid_argument("kreisselmeier_steinhauser: needs pairs at an end of the spectrum");
    const bool largest = pairs.which == Which::largest;
    SymmetricFunction phi = soft_minimum(largest ? Eigen::VectorXd(-pairs.values) : pairs.values, rho, {});
    if (bound == Bound::inside) {
        const double shift = std::log(static_cast<double>(pairs.size())) / rho;
        phi.value += shift;
        phi.distance = std::abs(shift - phi.distance);
    }
    return largest ? negated(phi) : phi;
}

template <ScalarType S>
SymmetricFunction p_norm(const Eigenpairs<S>& pairs, double p, Bound bound) {
    if (!(p >= 1.0) || !std::isfinite(p)) throw std::invalid_argument(sentence("p_norm: p = ", p, " must be ≥ 1"));
    if (pairs.which == Which::nearest) throw std::invalid_argument("p_norm: needs pairs at an end of the spectrum");
    const Eigen::VectorXd& lambda = pairs.values;
    if (!(lambda(0) > 0.0))
        throw std::invalid_argument(sentence("p_norm: λ_1 = ", lambda(0), " of the set must be positive"));
    const double power = pairs.which == Which::largest ? p : -p;
    const double extreme = pairs.which == Which::largest ? lambda(pairs.size() - 1) : lambda(0);
    // φ = extreme·(Σ (λ_i/extreme)^power / N)^(1/power), N = 1 or k;  λ̄_i = (λ_i/φ)^(power − 1)/N.
    const double count = bound == Bound::inside ? static_cast<double>(pairs.size()) : 1.0;
    const double mean = (lambda / extreme).array().pow(power).sum() / count;
    SymmetricFunction phi{.value = extreme * std::pow(mean, 1.0 / power)};
    phi.values_bar = (lambda / phi.value).array().pow(power - 1.0) / count;
    phi.steepness = std::abs(power - 1.0) * phi.values_bar.cwiseQuotient(lambda).maxCoeff();
    phi.distance = std::abs(phi.value - extreme);
    return phi;
}

template <ScalarType S>
SymmetricFunction band_gap(const Eigenpairs<S>& pairs, Index occupied, const BandGapOptions& options) {
    const Index k = pairs.size();
    if (occupied < 1 || occupied >= k)
        throw std::invalid_argument(sentence("band_gap: occupied = ", occupied, " must lie between 1 and ", k - 1));
    if (pairs.which == Which::largest)
        throw std::invalid_argument("band_gap: needs pairs at the lower end, or around σ");
    if (!(options.beta >= 0.0) || !std::isfinite(options.beta))
        throw std::invalid_argument(sentence("band_gap: beta = ", options.beta, " must be a number ≥ 0"));
    const double below = pairs.values(occupied - 1), above = pairs.values(occupied);
    const auto of = cluster_of_pairs(pairs);
    const auto same = [&](Index i, Index j) {
        return of[static_cast<std::size_t>(i)] == of[static_cast<std::size_t>(j)];
    };
    if (same(occupied - 1, occupied)) {
        throw NotDifferentiable(sentence("band_gap: there is no gap between pairs ", occupied, " and ", occupied + 1,
                                         " (λ = ", below, " and ", above, "), which are one cluster"));
    }
    SymmetricFunction upper{.value = above, .values_bar = Eigen::VectorXd::Unit(k - occupied, 0)};
    SymmetricFunction lower{.value = below, .values_bar = Eigen::VectorXd::Unit(occupied, occupied - 1)};
    if (options.beta > 0.0) {
        upper = soft_minimum(pairs.values.tail(k - occupied), options.beta, outside(pairs, 1.0, options.sum));
        lower = negated(soft_minimum(-pairs.values.head(occupied), options.beta, outside(pairs, -1.0, options.sum)));
    } else {
        const bool lower_multiple = occupied > 1 && same(occupied - 2, occupied - 1);
        const bool upper_multiple = occupied + 1 < k && same(occupied, occupied + 1);
        if (lower_multiple || upper_multiple) {
            throw NotDifferentiable(sentence("band_gap: the ", lower_multiple ? "lower" : "upper",
                                             " edge λ = ", lower_multiple ? below : above,
                                             " is multiple; give beta > 0, or use band_edges()"));
        }
    }
    const auto ratio = [](double u, double l) { return 2.0 * (u - l) / (u + l); };
    const double u = upper.value, l = lower.value, sum = u + l;
    if (options.relative && !(sum - upper.truncation > 0.0 && l > 0.0))
        throw std::invalid_argument(sentence("band_gap: gap over mid-gap needs positive edges, not ", l, " and ", u));
    const double by_u = options.relative ? 4.0 * l / (sum * sum) : 1.0;
    const double by_l = options.relative ? -4.0 * u / (sum * sum) : -1.0;
    SymmetricFunction phi{.value = options.relative ? ratio(u, l) : u - l, .values_bar = Eigen::VectorXd(k)};
    phi.values_bar << by_l * lower.values_bar, by_u * upper.values_bar;
    phi.steepness = std::max(std::abs(by_l) * lower.steepness, std::abs(by_u) * upper.steepness);
    phi.gradient_truncation = std::abs(by_l) * lower.gradient_truncation + std::abs(by_u) * upper.gradient_truncation;
    const double u_low = u - upper.truncation, l_high = l + lower.truncation;
    phi.truncation = options.relative ? phi.value - ratio(u_low, l_high) : upper.truncation + lower.truncation;
    phi.distance = (options.relative ? ratio(above, below) : above - below) - phi.value;
    return phi;
}

template <ScalarType S>
SpectralFunction<S> spectral_projector(const Eigenpairs<S>& pairs, const Cluster& part, const Matrix<S>& bar_times_X) {
    require_whole_cluster(pairs, part, "spectral_projector");
    SpectralFunction<S> F{.bar_times_X = bar_times_X};
    F.f_values = F.f_slopes = Eigen::VectorXd::Zero(pairs.size());
    F.f_values.segment(part.first, part.count).setOnes();
    return F;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                  \
    template SymmetricFunction soft_min<S>(const Eigenpairs<S>&, double, const Sum&);             \
    template SymmetricFunction soft_max<S>(const Eigenpairs<S>&, double, const Sum&);             \
    template SymmetricFunction kreisselmeier_steinhauser<S>(const Eigenpairs<S>&, double, Bound); \
    template SymmetricFunction p_norm<S>(const Eigenpairs<S>&, double, Bound);                    \
    template SymmetricFunction band_gap<S>(const Eigenpairs<S>&, Index, const BandGapOptions&);   \
    template SpectralFunction<S> spectral_projector<S>(const Eigenpairs<S>&, const Cluster&, const Matrix<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
