#include "spin_chains.hpp"

#include "spin_chains_native.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

namespace bench {

namespace {

using std::numbers::pi;
constexpr Index kExactValues = 30;

double ising_diagonal(std::uint32_t state, int spins) {
    const std::uint32_t all = (std::uint32_t{1} << spins) - 1;
    const std::uint32_t turned = ((state << 1) | (state >> (spins - 1))) & all;
    return 2.0 * std::popcount(state ^ turned) - spins;
}

/// The sums Σ ε_q (n_q − ½) with an even or an odd number of occupied levels.
void add_sector(const std::vector<double>& levels, bool odd, std::vector<double>& energies) {
    double vacuum = 0.0;
    for (const double e : levels) vacuum -= 0.5 * e;
    const std::uint32_t states = std::uint32_t{1} << levels.size();
    for (std::uint32_t occupied = 0; occupied < states; ++occupied) {
        if ((std::popcount(occupied) % 2 == 1) != odd) continue;
        double energy = vacuum;
        for (std::size_t q = 0; q < levels.size(); ++q) {
            if ((occupied >> q) & 1u) energy += levels[q];
        }
        energies.push_back(energy);
    }
}

}  // namespace

void IsingRing::apply(lambdabar::In<double> X, lambdabar::Out<double> Y) const {
    apply_fused(X, Eigen::VectorXd::Zero(X.cols()), 1.0, 0.0, Y);
}

void IsingRing::apply_fused(lambdabar::In<double> X, const Eigen::VectorXd& shift, double scale, double beta,
                            lambdabar::Out<double> Y) const {
    native::ising_apply(spins, field, X.data(), X.outerStride(), X.cols(), shift.data(), scale, beta, Y.data(),
                        Y.outerStride());
}

Eigen::VectorXd ising_values(int spins, double field) {
    std::vector<double> energies;
    for (const bool odd : {false, true}) {
        std::vector<double> levels;
        for (int m = 0; m < spins; ++m) {
            const double q = pi * (2 * m + (odd ? 0 : 1)) / spins;
            levels.push_back(odd && m == 0 ? 2.0 * (field - 1.0)
                                           : 2.0 * std::sqrt(1.0 + field * field - 2.0 * field * std::cos(q)));
        }
        add_sector(levels, odd, energies);
    }
    const auto count = std::min<std::size_t>(kExactValues, energies.size());
    std::partial_sort(energies.begin(), energies.begin() + static_cast<std::ptrdiff_t>(count), energies.end());
    return Eigen::Map<Eigen::VectorXd>(energies.data(), static_cast<Index>(count));
}

Problem<double> ising_ring(int spins, double field) {
    const std::uint32_t states = std::uint32_t{1} << spins;
    Eigen::SparseMatrix<double> A(states, states);
    A.reserve(Eigen::VectorXi::Constant(static_cast<Index>(states), spins + 1));
    for (std::uint32_t r = 0; r < states; ++r) {
        A.insert(r, r) = ising_diagonal(r, spins);
        for (int j = 0; j < spins; ++j) A.insert(r ^ (std::uint32_t{1} << j), r) = -field;
    }
    A.makeCompressed();
    return {"Ising ring " + std::to_string(spins) + ", stored", std::move(A), ising_values(spins, field)};
}

Problem<double> heisenberg_ring(int spins) {
    std::vector<std::uint32_t> states;
    for (std::uint32_t s = 0; s < std::uint32_t{1} << spins; ++s) {
        if (std::popcount(s) == spins / 2) states.push_back(s);
    }
    const auto index_of = [&](std::uint32_t s) {
        return static_cast<Index>(std::lower_bound(states.begin(), states.end(), s) - states.begin());
    };
    const auto n = static_cast<Index>(states.size());
    std::vector<Eigen::Triplet<double>> entries;
    for (Index r = 0; r < n; ++r) {
        const std::uint32_t s = states[static_cast<std::size_t>(r)];
        double diagonal = 0.0;
        for (int j = 0; j < spins; ++j) {
            const std::uint32_t pair = (std::uint32_t{1} << j) | (std::uint32_t{1} << ((j + 1) % spins));
            const bool different = std::popcount(s & pair) == 1;
            diagonal += different ? -0.25 : 0.25;
            if (different) entries.emplace_back(r, index_of(s ^ pair), 0.5);
        }
        entries.emplace_back(r, r, diagonal);
    }
    Eigen::SparseMatrix<double> A(n, n);
    A.setFromTriplets(entries.begin(), entries.end());
    A.makeCompressed();
    return {"Heisenberg ring " + std::to_string(spins), std::move(A)};
}

}  // namespace bench
