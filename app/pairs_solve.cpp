#include "pairs_solve.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace lambdabar::app {

namespace {

/// Beyond the wanted end, by 0.3 of the distance from the outermost pair to the guard (or of what else is known of
/// the spectrum's spacing): a pole near the wanted values without being one.
template <ScalarType S>
double shift_beyond(const Eigenpairs<S>& pairs) {
    const double lowest = pairs.values.minCoeff(), highest = pairs.values.maxCoeff();
    const bool upper = pairs.which == Which::largest;
    const double end = upper ? highest : lowest;
    double width = std::max(highest - lowest, 1e-3 * std::max(std::abs(lowest), std::abs(highest)));
    if (std::isfinite(pairs.guard_value)) width = std::max(width, std::abs(pairs.guard_value - end));
    return upper ? end + 0.3 * width : end - 0.3 * width;
}

/// The largest |A_ii / B_ii|, a lower bound of the largest |λ|. Pairs found by solves know only the values near σ, and
/// products round relative to the largest.
template <ScalarType S>
double norm_by_products(const Problem<S>& problem, double known) {
    const Eigen::VectorXd a = problem.A().diagonal().cwiseAbs();
    const Eigen::VectorXd b = problem.B() ? problem.B()->diagonal() : Eigen::VectorXd::Ones(a.size());
    for (Index i = 0; i < a.size(); ++i) {
        if (b(i) > 1e-14 * b.maxCoeff()) known = std::max(known, a(i) / b(i));
    }
    return known;
}

/// Factorizes A − σB; "" if it is singular.
template <ScalarType S>
std::string factorize(const Problem<S>& problem, const Factorizer<S>& factorizer, double sigma, Eigenpairs<S>& pairs) {
    const auto factor = std::make_shared<ShiftInvert<S>>(problem.A(), problem.B(), factorizer);
    if (!factor->factor(sigma)) return "";
    pairs.sigma = sigma;
    pairs.solve = [factor](In<S> R, Out<S> X) { factor->solve(R, X); };
    return factor->method();
}

}  // namespace

template <ScalarType S>
std::string attach_solve(const Problem<S>& problem, FactorMethod method, Eigenpairs<S>& pairs) {
    const bool by_solves = !std::isnan(pairs.sigma), chosen = method == FactorMethod::automatic;
    const double sigma = by_solves ? pairs.sigma : shift_beyond(pairs);
    std::string used;
    if (method != FactorMethod::none && (by_solves || problem.has_mass() || !chosen)) {
        try {
            used = factorize(problem, direct_solver<S>(method, pairs.which == Which::nearest), sigma, pairs);
        } catch (const std::runtime_error&) {
            if (!chosen) throw;
        }
        if (used.empty() && !chosen) {
            std::ostringstream message;
            message << "--factor " << name_of(method) << ": A − σB is singular at σ = " << sigma;
            throw std::invalid_argument(message.str());
        }
    }
    if (used.empty() && by_solves) pairs.norm_A = norm_by_products(problem, pairs.norm_A);
    return used;
}

template std::string attach_solve<double>(const Problem<double>&, FactorMethod, Eigenpairs<double>&);
template std::string attach_solve<std::complex<double>>(const Problem<std::complex<double>>&, FactorMethod,
                                                        Eigenpairs<std::complex<double>>&);

}  // namespace lambdabar::app
