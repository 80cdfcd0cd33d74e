#include "shift.hpp"
#include "sentence.hpp"

#include <cmath>
#include <stdexcept>

namespace lambdabar {

namespace {

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
    refuse_input("eigsh: ", parts...);
}

constexpr const char* kBuckling = " (with a positive definite A, set definite = Definite::A)";

/// max |A_ii / B_ii| over the rows that have mass: the order of the largest finite eigenvalue.
template <ScalarType S>
double eigenvalue_scale(const Pencil<S>& pencil) {
    const Eigen::VectorXd a = pencil.A_entries->diagonal().cwiseAbs();
    const Eigen::VectorXd b = pencil.B_entries ? pencil.B_entries->diagonal() : Eigen::VectorXd::Ones(a.size());
    const double heaviest = b.cwiseAbs().maxCoeff();
    if (heaviest == 0.0) refuse("B has a zero diagonal");
    double scale = 0.0;
    for (Index i = 0; i < a.size(); ++i) {
        if (b(i) < -1e-14 * heaviest) refuse("B is indefinite: its diagonal entry ", i, " is ", b(i), kBuckling);
        if (b(i) > 1e-14 * heaviest) scale = std::max(scale, a(i) / b(i));
    }
    return scale > 0.0 ? scale : 1.0;
}

/// Factorizes at σ, or next to it where σ is an eigenvalue. Returns the shift in force.
template <ScalarType S>
double factor_near(ShiftInvert<S>& factor, double sigma, double scale) {
    double step = 1e-7 * std::max(std::abs(sigma), 1e-4 * scale), tried = sigma;
    for (int attempt = 0; attempt < 4; ++attempt) {
        if (factor.factor(tried)) return tried;
        tried = sigma - step;
        step *= 100.0;
    }
    refuse("A − σB is singular at σ = ", sigma, " and at every shift tried beside it, down to ", tried,
           ": A and B share a null vector");
}

/// Negative eigenvalues of the factorized A − σB. Unknown counts as some if a factorization without pivoting failed,
/// which never happens to a definite matrix; as none if the method knows no inertia at all.
template <ScalarType S>
Index negative(const ShiftInvert<S>& factor) {
    const auto inertia = factor.inertia();
    if (inertia) return inertia->negative;
    return factor.method().find("instead of") != std::string::npos ? 1 : 0;
}

/// σ below the spectrum with A − σB factorized.
template <ScalarType S>
double go_below(ShiftInvert<S>& factor, double scale) {
    constexpr int kAttempts = 20;
    double sigma = 0.0;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        sigma = factor_near(factor, sigma - scale, scale);
        if (negative(factor) == 0) return sigma;
        scale *= 4.0;
    }
    refuse("no shift down to ", sigma, " lies below the spectrum: is B indefinite?", kBuckling);
}

}  // namespace

template <ScalarType S>
std::shared_ptr<ShiftInvert<S>> make_factor(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    if (options.warm && options.warm->factor && options.warm->factor.use_count() == 1 &&
        options.warm->factor->rows() == pencil.rows()) {
        auto factor = options.warm->factor;
        factor->update(*pencil.A_entries, pencil.B_entries);
        return factor;
    }
    return std::make_shared<ShiftInvert<S>>(
        new_factor(*pencil.A_entries, pencil.B_entries, options.factorizer, options));
}

template <ScalarType S>
Shift choose_shift(const Pencil<S>& pencil, ShiftInvert<S>& factor, const EigshOptions<S>& options) {
    if (options.definite == Definite::A) {
        const bool regular = factor.factor(0.0);
        if (regular && negative(factor) == 0) return {0.0, false};
        refuse("A must be positive definite with definite = Definite::A: it ",
               regular ? "has " + std::to_string(negative(factor)) + " negative pivots" : std::string("is singular"));
    }
    const double scale = eigenvalue_scale(pencil);
    if (!std::isnan(options.sigma)) {
        const double sigma = factor_near(factor, options.sigma, scale);
        if (options.which == Which::smallest && negative(factor) > 0) {
            refuse("sigma = ", options.sigma, " does not lie below the spectrum: ", negative(factor),
                   " eigenvalues are smaller");
        }
        return {sigma, false};
    }
    if (factor.factor(0.0)) {
        if (negative(factor) == 0) return {0.0, !factor.inertia()};
    } else {
        // Zero modes: far above their rounding, far below what oscillates.
        const double sigma = factor_near(factor, -1e-7 * scale, scale);
        if (negative(factor) == 0) return {sigma, true};
    }
    return {go_below(factor, scale), true};
}

template <ScalarType S>
bool improve_shift(const Eigenpairs<S>& pairs, double lowest, ShiftInvert<S>& factor) {
    const double width = std::max(pairs.guard_value, factor.sigma()) - lowest;
    const double distance = lowest - factor.sigma();
    if (!(width > 0.0) || (distance > 0.1 * width && distance < width)) return false;
    const double present = factor.sigma();
    // What lies below σ was met by accident, and there may be more of it.
    const double step = distance > 0.0 ? 0.3 * width : 2.0 * width;
    if (factor.factor(lowest - step) && negative(factor) == 0) return true;
    if (!factor.factor(present)) refuse("A − σB has become singular at σ = ", present);
    return false;
}

template <ScalarType S>
Certificate certify(const Pencil<S>& pencil, const ShiftInvert<S>& factor, const Eigenpairs<S>& pairs,
                    const EigshOptions<S>& options) {
    Certificate certificate;
    if (!factor.inertia() || std::isnan(pairs.guard_value)) return certificate;
    const Index k = pairs.size();
    const double reach = pairs.cluster_tol * pairs.norm_A;

    // The pairs that lie between two shifts, and those shifts.
    Index first = 0, end = k;
    double low = pairs.sigma, high = pairs.sigma;
    const auto below = [&](Index i) { return pairs.values(i) - 10.0 * (pairs.residuals(i) + reach); };
    const auto above = [&](Index i) { return pairs.values(i) + 10.0 * (pairs.residuals(i) + reach); };
    const bool nearest = pairs.which == Which::nearest;
    if (nearest) {
        // The guard's distance from σ is empty up to the guard: both ends lie inside of it.
        const double radius = std::abs(pairs.guard_value - pairs.sigma) - pairs.guard_residual;
        const double farthest = (pairs.values.array() - pairs.sigma).abs().maxCoeff();
        if (pairs.cuts_cluster || radius <= farthest) return certificate;
        low = pairs.sigma - (radius + farthest) / 2.0;
        high = pairs.sigma + (radius + farthest) / 2.0;
    } else if (!pairs.cuts_cluster) {
        high = std::max((pairs.values(k - 1) + pairs.guard_value - pairs.guard_residual) / 2.0, above(k - 1));
    } else {
        end = pairs.clusters.back().first;
        if (end == 0) {
            certificate.certified = true;  // σ lies below the spectrum, and all pairs are copies of the lowest value
            return certificate;
        }
        high = std::max(below(end), (pairs.values(end - 1) + pairs.values(end)) / 2.0);
    }
    if (high >= pairs.guard_value && !pairs.cuts_cluster && !nearest) return certificate;

    try {
        ShiftInvert<S> counter = new_factor(*pencil.A_entries, pencil.B_entries,
                                            options.counter ? options.counter : options.factorizer, options);
        const auto count = [&](double tau) -> std::optional<Index> {
            ++certificate.factorizations;
            if (!counter.factor(tau) || !counter.inertia()) return std::nullopt;
            return counter.inertia()->negative;
        };
        const auto upper = count(high);
        const auto lower = nearest ? count(low) : std::optional<Index>(factor.inertia()->negative);
        if (!upper || !lower) return certificate;
        // With a definite A the eigenvalues between 0 and τ are the negative ones of A − τB, on either side of 0.
        const Index found = end - first;
        const Index exact = pairs.definite == Definite::A ? *upper + (nearest ? *lower : 0) : *upper - *lower;
        certificate.certified = exact == found;
        certificate.missing = std::max<Index>(exact - found, 0);
    } catch (const std::runtime_error&) {  // no room for a second factor: nothing is proven
    }
    return certificate;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                       \
    template std::shared_ptr<ShiftInvert<S>> make_factor<S>(const Pencil<S>&, const EigshOptions<S>&); \
    template bool improve_shift<S>(const Eigenpairs<S>&, double, ShiftInvert<S>&);                     \
    template Shift choose_shift<S>(const Pencil<S>&, ShiftInvert<S>&, const EigshOptions<S>&);         \
    template Certificate certify<S>(const Pencil<S>&, const ShiftInvert<S>&, const Eigenpairs<S>&,     \
                                    const EigshOptions<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
