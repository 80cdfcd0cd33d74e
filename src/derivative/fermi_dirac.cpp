#include <lambdabar/derivative/surrogates.hpp>

#include "sentence.hpp"

#include <cmath>
#include <stdexcept>

namespace lambdabar {

namespace {

/// 1/(1 + eˣ), without overflow, with full relative accuracy for large x.
double fermi(double x) { return x > 0.0 ? std::exp(-x) / (1.0 + std::exp(-x)) : 1.0 / (1.0 + std::exp(x)); }

double count(const Eigen::VectorXd& lambda, double level, double temperature) {
    return ((lambda.array() - level) / temperature).unaryExpr(&fermi).sum();
}

/// μ with Σ f_i = electrons: the sum is monotone in μ; bisection to the last bit.
double find_level(const Eigen::VectorXd& lambda, double electrons, double temperature) {
    const Index k = lambda.size();
    const double margin =
        temperature * (std::log(static_cast<double>(k) / std::min(electrons, double(k) - electrons)) + 2.0);
    double low = lambda(0) - margin, high = lambda(k - 1) + margin;
    while (count(lambda, low, temperature) > electrons) low -= 2.0 * (high - low);
    while (count(lambda, high, temperature) < electrons) high += 2.0 * (high - low);
    while (true) {
        const double middle = low + 0.5 * (high - low);
        if (middle <= low || middle >= high) return middle;
        (count(lambda, middle, temperature) < electrons ? low : high) = middle;
    }
}

/// c = −Σ f′_i x_iᴴF̄x_i/Σ f′_i; 0 where every slope has vanished, as those of an insulator at T → 0 do.
template <ScalarType S>
double level_shift(const FermiDirac& state, const Eigenpairs<S>& pairs, const Matrix<S>& bar_times_X, const Sum& sum) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    if (bar_times_X.rows() != n || bar_times_X.cols() != k || state.slopes.size() != k) {
        throw std::invalid_argument(sentence("density_matrix: bar_times_X is ", bar_times_X.rows(), "×",
                                             bar_times_X.cols(), " and there are ", state.slopes.size(),
                                             " occupations; the eigenvectors are ", n, "×", k));
    }
    const double slopes = state.slopes.sum();
    if (slopes == 0.0) return 0.0;
    const Eigen::VectorXd diagonal =
        dots<S>(Block<S>(pairs.vectors), Block<S>(bar_times_X), sum, "density_matrix: bar_times_X").real();
    return -state.slopes.dot(diagonal) / slopes;
}

}  // namespace

double FermiDirac::occupation(double lambda) const { return fermi((lambda - level) / temperature); }

double FermiDirac::slope(double lambda) const {
    const double x = (lambda - level) / temperature;
    return -fermi(x) * fermi(-x) / temperature;
}

template <ScalarType S>
FermiDirac fermi_dirac(const Eigenpairs<S>& pairs, double electrons, double temperature, const Sum& sum) {
    const Index k = pairs.size();
    if (pairs.which != Which::smallest)
        throw std::invalid_argument("fermi_dirac: needs pairs at the lower end of the spectrum");
    if (!(temperature > 0.0) || !std::isfinite(temperature))
        throw std::invalid_argument(sentence("fermi_dirac: temperature = ", temperature, " must be a positive number"));
    if (!(electrons > 0.0) || !(electrons < static_cast<double>(k))) {
        throw std::invalid_argument(
            sentence("fermi_dirac: electrons = ", electrons, " must lie strictly between 0 and the ", k, " pairs"));
    }
    const Eigen::VectorXd& lambda = pairs.values;
    FermiDirac state{.level = find_level(lambda, electrons, temperature), .temperature = temperature};
    state.occupations.resize(k);
    state.slopes.resize(k);
    for (Index i = 0; i < k; ++i) {
        const double x = (lambda(i) - state.level) / temperature, f = fermi(x), hole = fermi(-x);
        state.occupations(i) = f;
        state.slopes(i) = -f * hole / temperature;
        if (f > 0.0) state.entropy -= f * std::log(f);
        if (hole > 0.0) state.entropy -= hole * std::log(hole);
    }
    state.electrons = state.occupations.sum();
    state.band_energy = state.occupations.dot(lambda);

    SymmetricFunction& energy = state.free_energy;
    energy.value = state.band_energy - temperature * state.entropy;
    energy.values_bar = state.occupations;
    energy.steepness = 0.25 / temperature;
    energy.distance = temperature * state.entropy;
    // F = max over μ of Ω(μ) + μN: with more states Ω falls by T log(1 + exp(−(λ − μ)/T)) for each, and so does F at
    // most; what they hold at this μ is no less than at theirs, which is lower.
    const double missing = static_cast<double>(sum.total(pairs.vectors.rows()) - k);
    if (missing > 0.0 && !std::isnan(pairs.guard_value)) {
        const double x = (pairs.guard_value - pairs.guard_residual - state.level) / temperature;
        state.truncation = missing * fermi(x);
        energy.truncation = missing * temperature * (x > 0.0 ? std::log1p(std::exp(-x)) : -x + std::log1p(std::exp(x)));
        energy.gradient_truncation = 2.0 * state.truncation;
    }
    return state;
}

template <ScalarType S>
SpectralFunction<S> density_matrix(const FermiDirac& state, const Eigenpairs<S>& pairs, const Matrix<S>& bar_times_X,
                                   Fixed fixed, const Sum& sum) {
    SpectralFunction<S> F{.f = [state](double lambda) { return state.occupation(lambda); },
                          .f_prime = [state](double lambda) { return state.slope(lambda); },
                          .bar_times_X = bar_times_X};
    const double shift = level_shift(state, pairs, bar_times_X, sum);
    if (fixed == Fixed::electrons) F.bar_times_X += S{shift} * pairs.vectors;
    return F;
}

template <ScalarType S>
SymmetricFunction level_response(const FermiDirac& state, const Eigenpairs<S>& pairs, const Matrix<S>& bar_times_X,
                                 const Sum& sum) {
    const double shift = level_shift(state, pairs, bar_times_X, sum);
    SymmetricFunction phi{.values_bar = shift * state.slopes};
    phi.steepness = std::abs(shift) / (6.0 * std::sqrt(3.0) * state.temperature * state.temperature);  // max |f″|
    return phi;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template FermiDirac fermi_dirac<S>(const Eigenpairs<S>&, double, double, const Sum&);                            \
    template SpectralFunction<S> density_matrix<S>(const FermiDirac&, const Eigenpairs<S>&, const Matrix<S>&, Fixed, \
                                                   const Sum&);                                                      \
    template SymmetricFunction level_response<S>(const FermiDirac&, const Eigenpairs<S>&, const Matrix<S>&, const Sum&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
