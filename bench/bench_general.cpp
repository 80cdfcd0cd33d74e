// The six rightmost eigenvalues of operators without symmetry by lambdabar, ARPACK, Spectra and SLEPc at equal true
// residual, 1e-8 of the largest |λ|; and the adjoint of one eigenvector cotangent.
//
// Peers find right vectors only, and search for no missed copies: `right, no probe` is the like of it; `right`
// searches; `lambdabar` finds left vectors too. Every solve runs in a process of its own. Each peer tries its settings
// once; the fastest goes into the repetitions, in which all take turns. `wrong` counts eigenvalues that an answer
// lacks.
#include "general_peers.hpp"
#include "general_problems.hpp"
#include "measure.hpp"
#include "report.hpp"

#include <lambdabar/derivative/pullback_general.hpp>
#include <lambdabar/eigensolver/eigs.hpp>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>

using namespace bench;

namespace {

using Complex = std::complex<double>;
constexpr Index kPairs = 6;
constexpr double kResidual = 1e-8;

template <class S>
struct Contender {
    std::string name, family;
    std::function<GeneralSolution(const lambdabar::SparseGeneral<S>&)> solve;
};

struct Outcome {
    double seconds = 0.0, residual = 0.0;
    Index products = 0, basis = 0, wrong = 0;
};

struct Reference {
    std::vector<Complex> values;
    double scale = 0.0, reach = 0.0;  // largest |λ| of the operator, of the wanted values
};

GeneralProblem<double> tiny_problem(double) { return brusselator(9); }
GeneralProblem<Complex> tiny_problem(Complex) { return gain_and_loss(13); }

/// The largest |λ| of the operator, then the wanted values, real and imaginary parts.
template <class S>
Reference find_reference(const GeneralProblem<S>& problem) {
    const std::vector<double> numbers = run_in_child([&] {
        const lambdabar::SparseGeneral<S> A(problem.A);
        const auto pairs = lambdabar::eigs(
            A, {.k = kPairs, .which = lambdabar::Which::rightmost, .tol = 1e-11, .left = false, .basis_size = 80});
        if (!pairs.converged) throw std::runtime_error("the reference of " + problem.name + " has not converged");
        std::vector<double> answer{pairs.norm_A};
        for (const Complex z : pairs.values) answer.insert(answer.end(), {z.real(), z.imag()});
        return answer;
    });
    Reference reference;
    reference.scale = numbers[0];
    for (std::size_t i = 1; i + 1 < numbers.size(); i += 2) {
        reference.values.emplace_back(numbers[i], numbers[i + 1]);
        reference.reach = std::max(reference.reach, std::abs(reference.values.back()));
    }
    return reference;
}

template <class S>
Outcome run_contender(const Contender<S>& contender, const lambdabar::SparseGeneral<S>& A, const Reference& reference) {
    const std::vector<double> numbers = run_in_child([&] {
        const auto tiny = tiny_problem(S{});
        (void)contender.solve(
            lambdabar::SparseGeneral<S>(tiny.A));  // starts the threads, loads the code, and SLEPc's MPI
        const double start = now();
        const GeneralSolution solution = contender.solve(A);
        const double seconds = now() - start;
        double worst = 0.0;
        for (Index i = 0; i < solution.values.size(); ++i) {
            const lambdabar::Vector<Complex> x = solution.vectors.col(i);
            lambdabar::Vector<Complex> Ax(x.size());
            if constexpr (std::same_as<S, double>) {
                lambdabar::Block<double> parts(x.size(), 2), image(x.size(), 2);
                parts << x.real(), x.imag();
                A.apply(parts, image);
                Ax.real() = image.col(0);
                Ax.imag() = image.col(1);
            } else {
                const lambdabar::Block<Complex> in = x;
                lambdabar::Block<Complex> image(x.size(), 1);
                A.apply(in, image);
                Ax = image;
            }
            worst = std::max(worst, (Ax - solution.values(i) * x).norm() / x.norm());
        }
        std::vector<Complex> found(solution.values.begin(), solution.values.end());
        Index wrong = 0;
        for (const Complex z : reference.values) {
            const auto near = std::find_if(found.begin(), found.end(), [&](Complex f) {
                return std::abs(f - z) <= 100.0 * std::max(worst, kResidual * reference.scale);
            });
            if (near == found.end()) {
                ++wrong;
            } else {
                found.erase(near);
            }
        }
        return std::vector<double>{seconds, worst, static_cast<double>(solution.products),
                                   static_cast<double>(solution.basis), static_cast<double>(wrong)};
    });
    return {numbers[0], numbers[1], static_cast<Index>(numbers[2]), static_cast<Index>(numbers[3]),
            static_cast<Index>(numbers[4])};
}

template <class S>
Contender<S> lambdabar_with(std::string name, bool left, bool probe) {
    return {
        std::move(name), "lambdabar", [left, probe](const lambdabar::SparseGeneral<S>& A) {
            const auto pairs = lambdabar::eigs(
                A, {.k = kPairs, .which = lambdabar::Which::rightmost, .tol = kResidual, .left = left, .probe = probe});
            if (!pairs.converged) throw std::runtime_error("lambdabar: not converged");
            return GeneralSolution{pairs.values, pairs.vectors, pairs.products, pairs.basis_size};
        }};
}

template <class S>
std::vector<Contender<S>> peers(double tol) {
    std::vector<Contender<S>> all;
    for (const Index basis : {20, 40, 64}) {
        const std::string size = ", basis " + std::to_string(basis);
        for (const int threads : {1, 2}) {
            const PeerSettings settings{.k = kPairs, .basis = basis, .tol = tol, .blas_threads = threads};
            all.push_back({"ARPACK" + size + ", BLAS on " + std::to_string(threads), "ARPACK",
                           [settings](const lambdabar::SparseGeneral<S>& A) { return solve_arpack<S>(A, settings); }});
        }
        if constexpr (std::same_as<S, double>) {
            const PeerSettings settings{.k = kPairs, .basis = basis, .tol = tol};
            all.push_back({"Spectra" + size, "Spectra",
                           [settings](const lambdabar::SparseGeneral<S>& A) { return solve_spectra(A, settings); }});
#ifdef BENCH_WITH_SLEPC
            all.push_back({"SLEPc" + size, "SLEPc",
                           [settings](const lambdabar::SparseGeneral<S>& A) { return solve_slepc(A, settings); }});
#endif
        }
    }
    return all;
}

/// eigs and pullback of x̄ = D x on the first pair: seconds of both, relative residual, products.
template <class S>
std::vector<double> run_adjoint(const lambdabar::SparseGeneral<S>& A) {
    return run_in_child([&] {
        const double start = now();
        const auto pairs = lambdabar::eigs(A, {.k = kPairs, .which = lambdabar::Which::rightmost, .tol = kResidual});
        const double forward = now() - start;
        if (!pairs.converged) throw std::runtime_error("not converged");
        lambdabar::Matrix<Complex> bar = lambdabar::Matrix<Complex>::Zero(A.rows(), kPairs);
        const Eigen::VectorXd D = Eigen::VectorXd::LinSpaced(A.rows(), -1.0, 2.0);
        bar.col(0) = D.cwiseProduct(D).template cast<Complex>().cwiseProduct(pairs.vectors.col(0));
        const double middle = now();
        const auto back = lambdabar::pullback(A, pairs, {.vectors = bar}, {.tol = kResidual});
        return std::vector<double>{forward, now() - middle, back.report.adjoint_residuals(0),
                                   static_cast<double>(pairs.products), static_cast<double>(back.report.products)};
    });
}

struct Tables {
    Table forward{{{"problem", 18, true},
                   {"n", 6},
                   {"contender", 28, true},
                   {"time/fastest peer", 17},
                   {"wrong", 5},
                   {"residual/|λ|max", 15},
                   {"products", 8},
                   {"seconds", 8},
                   {"fastest", 8},
                   {"slowest", 8}}};
    Table adjoint{{{"problem", 18, true},
                   {"eigs [s]", 9},
                   {"products", 8},
                   {"adjoint [s]", 11},
                   {"products", 8},
                   {"adjoint/eigs", 12},
                   {"residual", 8}}};
};

template <class S>
void compare(const GeneralProblem<S>& problem, const Options& options, Tables& tables) {
    if (!problem.name.starts_with(options.only)) return;
    const lambdabar::SparseGeneral<S> A(problem.A);
    const Reference reference = find_reference(problem);
    struct Entry {
        Contender<S> contender;
        Outcome outcome = {};
        std::vector<double> seconds = {};
    };
    std::vector<Entry> entries;
    entries.push_back({lambdabar_with<S>("lambdabar", true, true)});
    entries.push_back({lambdabar_with<S>("lambdabar, right", false, true)});
    entries.push_back({lambdabar_with<S>("lambdabar, right, no probe", false, false)});
    const double tol = kResidual * reference.scale / reference.reach;
    std::map<std::string, std::optional<Entry>> best;
    for (const auto& contender : peers<S>(tol)) {
        try {
            const Outcome outcome = run_contender(contender, A, reference);
            if (outcome.residual > 1.1 * kResidual * reference.scale) {
                std::printf("  (%s, %s: stays at residual %.1e)\n", problem.name.c_str(), contender.name.c_str(),
                            outcome.residual / reference.scale);
                continue;
            }
            auto& entry = best[contender.family];
            if (!entry || outcome.seconds < entry->outcome.seconds) entry = Entry{contender, outcome, {}};
        } catch (const std::runtime_error& error) {
            std::printf("  (%s, %s: %s)\n", problem.name.c_str(), contender.name.c_str(), error.what());
        }
    }
    for (const auto& family : best) {
        if (family.second) entries.push_back(*family.second);
    }
    for (int repetition = 0; repetition < options.repeat; ++repetition) {
        std::erase_if(entries, [&](Entry& entry) {
            try {
                entry.outcome = run_contender(entry.contender, A, reference);
                entry.seconds.push_back(entry.outcome.seconds);
                return false;
            } catch (const std::runtime_error& error) {
                std::printf("  (%s, %s: %s)\n", problem.name.c_str(), entry.contender.name.c_str(), error.what());
                return true;
            }
        });
    }
    double fastest = std::numeric_limits<double>::quiet_NaN();
    for (const Entry& entry : entries) {
        if (entry.contender.family != "lambdabar") fastest = std::fmin(fastest, median(entry.seconds));
    }
    for (const Entry& entry : entries) {
        const auto [low, high] = std::minmax_element(entry.seconds.begin(), entry.seconds.end());
        tables.forward.add(
            {problem.name, std::to_string(A.rows()), entry.contender.name, fixed(median(entry.seconds) / fastest, 2),
             std::to_string(entry.outcome.wrong), scientific(entry.outcome.residual / reference.scale),
             std::to_string(entry.outcome.products), fixed(median(entry.seconds), 3), fixed(*low, 3), fixed(*high, 3)});
    }
    tables.forward.separate();

    std::vector<double> forward, adjoint, ratio, last;
    for (int repetition = 0; repetition < options.repeat; ++repetition) {
        try {
            last = run_adjoint(A);
        } catch (const std::runtime_error& error) {
            std::printf("  (%s, adjoint: %s)\n", problem.name.c_str(), error.what());
            return;
        }
        forward.push_back(last[0]);
        adjoint.push_back(last[1]);
        ratio.push_back(last[1] / last[0]);
    }
    tables.adjoint.print_header();
    tables.adjoint.add({problem.name, fixed(median(forward), 3), std::to_string(static_cast<Index>(last[3])),
                        fixed(median(adjoint), 3), std::to_string(static_cast<Index>(last[4])), fixed(median(ratio), 2),
                        scientific(last[2])});
    tables.adjoint.separate();
}

void run(const Options& options) {
    Tables tables;
    std::printf("The %td rightmost eigenvalues at residual %.0e |λ|max; medians of %d interleaved runs; BLAS: %s\n\n",
                kPairs, kResidual, options.repeat, loaded_blas().c_str());
    tables.forward.print_header();
    for (const int m : options.small ? std::vector<int>{25} : std::vector<int>{25, 50, 100})
        compare(brusselator(m), options, tables);
    compare(convection_diffusion(options.small ? 60 : 300), options, tables);
    compare(gain_and_loss(options.small ? 40 : 120), options, tables);
    if (!options.csv.empty()) tables.forward.write_csv(options.csv);
}

}  // namespace

int main(int argc, char** argv) { return bench_main(argc, argv, "bench_general", run); }
