#include "problems.hpp"

#include "assemble.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace bench {

namespace {

using std::numbers::pi;

constexpr int kExactModes = 8;  // per direction: the lowest 100 sums need no more
constexpr Index kExactValues = 30;

/// The lowest sums of one-dimensional eigenvalues over `dimensions` directions.
Eigen::VectorXd laplacian_values(int N, int dimensions) {
    std::vector<double> sums{0.0};
    for (int d = 0; d < dimensions; ++d) {
        std::vector<double> longer;
        for (const double s : sums) {
            for (int i = 1; i <= std::min(N, kExactModes); ++i)
                longer.push_back(s + 2.0 - 2.0 * std::cos(pi * i / (N + 1)));
        }
        sums = std::move(longer);
    }
    std::sort(sums.begin(), sums.end());
    return Eigen::Map<Eigen::VectorXd>(sums.data(), std::min<Index>(kExactValues, static_cast<Index>(sums.size())));
}

/// Uniform in [−width, width], the same numbers with every standard library.
class Disorder {
public:
    Disorder(std::uint64_t seed, double width) : engine_(seed), width_(width) {}
    double operator()() { return width_ * (static_cast<double>(engine_() >> 11) * 0x1.0p-52 - 1.0); }

private:
    std::mt19937_64 engine_;
    double width_;
};

/// The cubic lattice with hopping −1; `diagonal()` is called once per point, in order.
template <class Diagonal>
Eigen::SparseMatrix<double> cubic_lattice(int N, bool periodic, Diagonal diagonal) {
    std::vector<Eigen::Triplet<double>> entries;
    entries.reserve(static_cast<std::size_t>(7) * static_cast<std::size_t>(N * N * N));
    const auto at = [N](int x, int y, int z) { return (z * N + y) * N + x; };
    const auto couple = [&](int here, int x, int y, int z) {
        if (periodic) {
            entries.emplace_back(here, at((x + N) % N, (y + N) % N, (z + N) % N), -1.0);
        } else if (x >= 0 && x < N && y >= 0 && y < N && z >= 0 && z < N) {
            entries.emplace_back(here, at(x, y, z), -1.0);
        }
    };
    for (int z = 0; z < N; ++z) {
        for (int y = 0; y < N; ++y) {
            for (int x = 0; x < N; ++x) {
                const int here = at(x, y, z);
                entries.emplace_back(here, here, diagonal());
                for (const int step : {-1, 1}) {
                    couple(here, x + step, y, z);
                    couple(here, x, y + step, z);
                    couple(here, x, y, z + step);
                }
            }
        }
    }
    return assemble(Index{N} * N * N, entries);
}

std::string size_of(int N, const char* power) { return " " + std::to_string(N) + power; }

}  // namespace

Problem<double> laplacian_3d(int N) {
    return {"Laplacian" + size_of(N, "^3"), cubic_lattice(N, false, [] { return 6.0; }), laplacian_values(N, 3)};
}

Problem<double> laplacian_2d(int N) {
    std::vector<Eigen::Triplet<double>> entries;
    for (int y = 0; y < N; ++y) {
        for (int x = 0; x < N; ++x) {
            const int here = y * N + x;
            entries.emplace_back(here, here, 4.0);
            if (x > 0) entries.emplace_back(here, here - 1, -1.0);
            if (x + 1 < N) entries.emplace_back(here, here + 1, -1.0);
            if (y > 0) entries.emplace_back(here, here - N, -1.0);
            if (y + 1 < N) entries.emplace_back(here, here + N, -1.0);
        }
    }
    return {"Laplacian" + size_of(N, "^2"), assemble(Index{N} * N, entries), laplacian_values(N, 2)};
}

Problem<double> anderson_3d(int N, double disorder, std::uint64_t seed) {
    return {"Anderson" + size_of(N, "^3"), cubic_lattice(N, true, Disorder(seed, disorder))};
}

Problem<Complex> hofstadter(int N, double flux, double disorder, std::uint64_t seed) {
    std::vector<Eigen::Triplet<Complex>> entries;
    Disorder random(seed, disorder);
    for (int y = 0; y < N; ++y) {
        for (int x = 0; x < N; ++x) {
            const int here = y * N + x;
            const Complex hop = -std::polar(1.0, 2.0 * pi * std::fmod(flux * x, 1.0));  // from (x, y) to (x, y + 1)
            entries.emplace_back(here, here, random());
            if (x > 0) entries.emplace_back(here, here - 1, -1.0);
            if (x + 1 < N) entries.emplace_back(here, here + 1, -1.0);
            if (y > 0) entries.emplace_back(here, here - N, hop);
            if (y + 1 < N) entries.emplace_back(here, here + N, std::conj(hop));
        }
    }
    return {"Hofstadter" + size_of(N, "^2"), assemble(Index{N} * N, entries)};
}

}  // namespace bench
