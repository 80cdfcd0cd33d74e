#include "general_problems.hpp"
#include "assemble.hpp"

#include <vector>

namespace bench {

namespace {

template <class S, class Reaction>
Eigen::SparseMatrix<S> wind(int N, const Reaction& reaction) {
    const double h = 1.0 / (N + 1), diffusion = 1.0 / (h * h), x_wind = 10.0 / (2.0 * h), y_wind = 5.0 / (2.0 * h);
    std::vector<Eigen::Triplet<S>> entries;
    entries.reserve(static_cast<std::size_t>(5) * static_cast<std::size_t>(N) * static_cast<std::size_t>(N));
    for (int s = 0; s < N * N; ++s) {
        const int x = s % N, y = s / N;
        entries.emplace_back(s, s, S(-4.0 * diffusion) + reaction((x + 1) * h));
        if (x > 0) entries.emplace_back(s, s - 1, S(diffusion + x_wind));
        if (x + 1 < N) entries.emplace_back(s, s + 1, S(diffusion - x_wind));
        if (y > 0) entries.emplace_back(s, s - N, S(diffusion + y_wind));
        if (y + 1 < N) entries.emplace_back(s, s + N, S(diffusion - y_wind));
    }
    return assemble<S>(static_cast<Index>(N) * N, entries);
}

}  // namespace

// δu/δt = d₁Δu + (β − 1)u + α²v,  δv/δt = d₂Δv − βu − α²v on a square of side L, Dirichlet.
GeneralProblem<double> brusselator(int m) {
    const double alpha2 = 4.0, beta = 5.45, d1 = 0.004, d2 = 0.008, length = 0.5130, h = length / (m + 1);
    std::vector<Eigen::Triplet<double>> entries;
    const auto at = [m](int x, int y, int species) { return 2 * (y * m + x) + species; };
    for (int y = 0; y < m; ++y) {
        for (int x = 0; x < m; ++x) {
            for (const int species : {0, 1}) {
                const double d = (species == 0 ? d1 : d2) / (h * h);
                const int row = at(x, y, species);
                entries.emplace_back(row, row, -4.0 * d + (species == 0 ? beta - 1.0 : -alpha2));
                entries.emplace_back(row, at(x, y, 1 - species), species == 0 ? alpha2 : -beta);
                if (x > 0) entries.emplace_back(row, at(x - 1, y, species), d);
                if (x + 1 < m) entries.emplace_back(row, at(x + 1, y, species), d);
                if (y > 0) entries.emplace_back(row, at(x, y - 1, species), d);
                if (y + 1 < m) entries.emplace_back(row, at(x, y + 1, species), d);
            }
        }
    }
    return {"brusselator " + std::to_string(m), assemble<double>(2 * static_cast<Index>(m) * m, entries)};
}

GeneralProblem<double> convection_diffusion(int N) {
    return {"convection " + std::to_string(N), wind<double>(N, [](double) { return 0.0; })};
}

GeneralProblem<std::complex<double>> gain_and_loss(int N) {
    return {"gain and loss " + std::to_string(N),
            wind<std::complex<double>>(N, [](double x) { return std::complex<double>(0.0, 60.0 * x); })};
}

}  // namespace bench
