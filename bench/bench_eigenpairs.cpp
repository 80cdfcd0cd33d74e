// The lowest eigenpairs by lambdabar, ARPACK and Spectra at equal true residual, 1e-8 ‖A‖.
//
// Every solve runs in a process of its own (time, peak memory). Each peer tries its settings once; the fastest one
// goes into the repetitions, in which all contenders take turns. `wrong` counts eigenvalues that an answer lacks: a
// peer that misses a copy of a multiple eigenvalue has stopped early and is fast for it, and is counted all the same.
#include "compare.hpp"
#include "measure.hpp"
#include "report.hpp"

#include <lambdabar/eigensolver/eigsh.hpp>

#include <cstdio>
#include <exception>
#include <map>
#include <optional>

using namespace bench;

namespace {

constexpr double kResidual = 1e-8;  // relative to ‖A‖

Table make_table() {
    return Table({{"problem", 16, true},
                  {"k", 2},
                  {"contender", 28, true},
                  {"time/fastest peer", 17},
                  {"wrong", 5},
                  {"residual/|A|", 12},
                  {"products", 8},
                  {"memory [vectors]", 16},
                  {"basis+6k", 8},
                  {"seconds", 8},
                  {"fastest", 8},
                  {"slowest", 8},
                  {"processor [s]", 13}});
}

template <class S>
Contender<S> lambdabar_with(std::string name, lambdabar::EigshOptions<S> options) {
    return {std::move(name), "lambdabar", [options](const lambdabar::SparseHermitian<S>& A) {
                auto pairs = lambdabar::eigsh(A, options);
                if (!pairs.converged) throw std::runtime_error("lambdabar: not converged");
                return Solution<S>{std::move(pairs.values), std::move(pairs.vectors), pairs.products, pairs.basis_size};
            }};
}

template <class S>
std::vector<Contender<S>> lambdabar_contenders(Index k, bool variants) {
    using Settings = lambdabar::EigshOptions<S>;
    std::vector<Contender<S>> all{lambdabar_with<S>("lambdabar", {.k = k, .tol = kResidual})};
    if (!variants) return all;
    all.push_back(lambdabar_with<S>("lambdabar, no probe", Settings{.k = k, .tol = kResidual, .probe = false}));
    for (const Index block : {1, 2, 4, 8}) {
        all.push_back(lambdabar_with<S>("lambdabar, block " + std::to_string(block),
                                        Settings{.k = k, .tol = kResidual, .block_size = block}));
    }
    if constexpr (std::same_as<S, double>) {
        all.push_back(lambdabar_with<S>("lambdabar, spectra engine",
                                        Settings{.k = k, .tol = kResidual, .engine = lambdabar::Engine::spectra}));
    }
    return all;
}

/// All settings of a peer; the tiny problem, solved first in each process, must be larger than the basis.
template <class S>
std::vector<Contender<S>> peer_contenders(Index k, double tol) {
    std::vector<Contender<S>> all;
    for (const Index basis : {20, 40, 64}) {
        for (const int threads : {1, 2}) {
            const PeerSettings settings{.k = k, .basis = basis, .tol = tol, .blas_threads = threads};
            all.push_back(
                {"ARPACK, basis " + std::to_string(basis) + ", BLAS on " + std::to_string(threads), "ARPACK",
                 [settings](const lambdabar::SparseHermitian<S>& A) { return solve_arpack<S>(A, settings); }});
        }
        if constexpr (std::same_as<S, double>) {
            const PeerSettings settings{.k = k, .basis = basis, .tol = tol};
            all.push_back({"Spectra, basis " + std::to_string(basis), "Spectra",
                           [settings](const lambdabar::SparseHermitian<S>& A) { return solve_spectra(A, settings); }});
        }
    }
    return all;
}

template <class S>
struct Entry {
    Contender<S> contender;
    Outcome outcome;
    std::vector<double> seconds = {}, processor_seconds = {};
};

void say(const std::string& problem, const std::string& contender, const std::string& what) {
    std::printf("  (%s, %s: %s)\n", problem.c_str(), contender.c_str(), what.c_str());
}

/// The fastest setting of each peer, by one run each. A true residual above the wanted one disqualifies.
template <class S>
std::vector<Entry<S>> best_peers(const Problem<S>& problem, const lambdabar::SparseHermitian<S>& A,
                                 const lambdabar::SparseHermitian<S>& tiny, const Reference& reference, Index k) {
    const double residual = kResidual * reference.norm;
    std::map<std::string, std::optional<Entry<S>>> best;
    for (const auto& contender : peer_contenders<S>(k, peer_tolerance(residual, reference.values))) {
        try {
            const Outcome outcome = run_contender(contender, A, tiny, reference, residual);
            if (outcome.residual > 1.1 * residual) {
                say(problem.name, contender.name, "stays at residual " + scientific(outcome.residual));
                continue;
            }
            auto& entry = best[contender.family];
            if (!entry || outcome.seconds < entry->outcome.seconds) entry = Entry<S>{contender, outcome};
        } catch (const std::runtime_error& error) {
            say(problem.name, contender.name, error.what());
        }
    }
    std::vector<Entry<S>> entries;
    for (const auto& family : best) entries.push_back(*family.second);
    return entries;
}

template <class S>
void compare(const Problem<S>& problem, const Problem<S>& tiny_problem, Index k, const Options& options, Table& table) {
    if (!problem.name.starts_with(options.only)) return;
    const lambdabar::SparseHermitian<S> A(problem.A), tiny(tiny_problem.A);
    const Reference reference = find_reference(problem, k);
    const double residual = kResidual * reference.norm;
    std::vector<Entry<S>> entries;
    for (auto& contender : lambdabar_contenders<S>(k, options.variants)) entries.push_back({contender, {}});
    for (auto& entry : best_peers(problem, A, tiny, reference, k)) entries.push_back(std::move(entry));

    for (int repetition = 0; repetition < options.repeat; ++repetition) {
        std::erase_if(entries, [&](Entry<S>& entry) {
            try {
                entry.outcome = run_contender(entry.contender, A, tiny, reference, residual);
                entry.seconds.push_back(entry.outcome.seconds);
                entry.processor_seconds.push_back(entry.outcome.processor_seconds);
                return false;
            } catch (const std::runtime_error& error) {
                say(problem.name, entry.contender.name, error.what());
                return true;
            }
        });
    }
    double fastest_peer = std::numeric_limits<double>::quiet_NaN();
    for (const auto& entry : entries) {
        if (entry.contender.family != "lambdabar") fastest_peer = std::fmin(fastest_peer, median(entry.seconds));
    }
    for (const auto& entry : entries) {
        const Outcome& outcome = entry.outcome;
        const auto [low, high] = std::minmax_element(entry.seconds.begin(), entry.seconds.end());
        table.add({problem.name, std::to_string(k), entry.contender.name,
                   fixed(median(entry.seconds) / fastest_peer, 2), std::to_string(outcome.wrong),
                   scientific(outcome.residual / reference.norm), std::to_string(outcome.products),
                   fixed(outcome.vectors, 1), std::to_string(outcome.basis + 6 * k), fixed(median(entry.seconds), 3),
                   fixed(*low, 3), fixed(*high, 3), fixed(median(entry.processor_seconds), 3)});
    }
    table.separate();
}

void run(const Options& options) {
    Table table = make_table();
    std::printf("Lowest eigenpairs at true residual %.0e |A|; medians of %d interleaved runs; BLAS: %s\n\n", kResidual,
                options.repeat, loaded_blas().c_str());
    table.print_header();
    const auto laplacian = laplacian_3d(options.small ? 24 : 64), tiny = laplacian_3d(5);
    const auto anderson = anderson_3d(options.small ? 20 : 48, 8.0);
    const auto lattice = hofstadter(options.small ? 60 : 300, 1.0 / 7.0, 0.25),
               tiny_lattice = hofstadter(12, 1.0 / 7.0, 0.25);
    for (const Index k : {1, 8}) {
        compare(laplacian, tiny, k, options, table);
        compare(anderson, tiny, k, options, table);
        compare(lattice, tiny_lattice, k, options, table);
    }
    if (!options.csv.empty()) table.write_csv(options.csv);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(parse_options(argc, argv, "Usage: bench_eigenpairs [options]\n"));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_eigenpairs: %s\n", error.what());
        return 1;
    }
    return 0;
}
