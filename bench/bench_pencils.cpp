// A x = λ B x by shift-invert, forward and backward, beside ARPACK, Spectra and SLEPc with the same factorization.
//
// Forward: k = 10 at the Lanczos residual 1e-10 |μ|, which is every contender's own criterion. Contenders take turns in
// one process, as an optimizer's loop would call them: after a first round, which does not count, and each after a
// pause in which the threads of the last one fall asleep. The factorization comes first and is not in `seconds`. Memory
// and the answer are those of a process of its own. `wrong` counts eigenvalues of a certified reference that an answer
// lacks. `alone`: lambdabar's whole path, with its choice of shift and its certificate (by MUMPS where this build has
// it); its seconds leave out the analysis and the numerical factorizations, the certificate's among them.
// Adjoint: φ = ½ Σ x_iᴴ D x_i, D diagonal and random; targets ≤ 15 solves per column, ≤ 0.5 × the forward time.
#include "compare.hpp"
#include "factorizers.hpp"
#include "measure.hpp"
#include "pencil_contenders.hpp"
#include "report.hpp"

#include <lambdabar/block/kernels.hpp>
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <thread>

using namespace bench;

namespace {

constexpr double kReferenceTolerance = 2e-11;  // lower, the rounding of solves may be in the way

struct PencilOutcome {
    double factor_seconds, vectors, residual;
    Index solves, basis, wrong;
};

/// max ‖K B x − μ x‖_B / (|μ| ‖x‖_B), K the factor's solve, μ = 1/(λ − σ).
template <class S>
double worst_residual(const Task<S>& task, const Solution<S>& solution) {
    const Index k = solution.values.size();
    lambdabar::Block<S> X = solution.vectors, BX(X.rows(), k), R(X.rows(), k), BR(X.rows(), k);
    task.pencil.B.apply(X, BX);
    task.factor.solve(BX, R);
    double worst = 0.0;
    for (Index i = 0; i < k; ++i) {
        const double mu = 1.0 / (solution.values(i) - task.factor.sigma());
        R.col(i) -= mu * X.col(i);
        BR.resize(X.rows(), 1);
        task.pencil.B.apply(lambdabar::Block<S>(R.col(i)), BR);
        const double r = std::sqrt(std::abs(R.col(i).dot(BR.col(0)))), x = std::sqrt(std::abs(X.col(i).dot(BX.col(i))));
        worst = std::max(worst, r / (std::abs(mu) * x));
    }
    return worst;
}

template <class Answer, class Job>
Answer in_child(const Job& job) {
    const auto numbers = run_in_child([&] {
        const Answer answer = job();
        std::vector<double> packed((sizeof(Answer) + sizeof(double) - 1) / sizeof(double));
        std::copy_n(reinterpret_cast<const char*>(&answer), sizeof(Answer), reinterpret_cast<char*>(packed.data()));
        return packed;
    });
    Answer answer;
    std::copy_n(reinterpret_cast<const char*>(numbers.data()), sizeof(Answer), reinterpret_cast<char*>(&answer));
    return answer;
}

template <class S>
lambdabar::ShiftInvert<S> factorized(const Pencil<S>& pencil, double sigma) {
    lambdabar::ShiftInvert<S> factor(pencil.A, &pencil.B, pencil.factorizer);
    if (!factor.factor(sigma)) throw std::runtime_error("singular at the shift");
    return factor;
}

/// What the contender answers, in a process of its own.
template <class S>
PencilOutcome run_one(const PencilContender<S>& contender, const Pencil<S>& pencil, const Pencil<S>& tiny,
                      const PencilReference& reference) {
    return in_child<PencilOutcome>([&] {
        set_blas_threads(kBlasThreads);
        {  // starts the threads and loads the code
            auto factor = factorized(tiny, std::isnan(tiny.problem.sigma) ? 0.0 : tiny.problem.sigma);
            contender.solve({tiny, factor});
        }
        PencilOutcome outcome{};
        const double factor_start = now();
        auto factor = factorized(pencil, reference.sigma);
        outcome.factor_seconds = now() - factor_start;
        const Task<S> task{pencil, factor};
        const PeakMemory peak;
        const Solution<S> solution = contender.solve(task);
        outcome.vectors = peak.bytes() / (static_cast<double>(pencil.A.rows()) * sizeof(S));
        outcome.solves = solution.products;
        outcome.basis = solution.basis;
        outcome.residual = worst_residual(task, solution);
        const double reach = (reference.values.array() - reference.sigma).abs().maxCoeff();
        outcome.wrong = missing_values(solution.values, reference.values, 1e-8 * reach);
        return outcome;
    });
}

constexpr double kShort = 0.2;  // seconds: shorter solves are measured when the processors are awake again

/// Threads of OpenBLAS spin for a while after their last work.
void let_threads_sleep() { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }

struct Times {
    std::vector<double> seconds, processor_seconds;
};

/// `repeat` rounds after one that does not count, all in one process with one factor.
template <class S>
std::vector<Times> take_turns(const std::vector<PencilContender<S>>& contenders, const Pencil<S>& pencil, double sigma,
                              int repeat) {
    const std::vector<double> numbers = run_in_child([&] {
        set_blas_threads(kBlasThreads);
        auto factor = factorized(pencil, sigma);
        const Task<S> task{pencil, factor};
        std::vector<double> all;
        for (int round = 0; round <= repeat; ++round) {
            for (const auto& contender : contenders) {
                let_threads_sleep();
                double seconds = 0.0, processor = 0.0;
                for (int time = 0; time < 2 && seconds < kShort; ++time) {
                    const double start = now(), processor_start = processor_seconds();
                    contender.solve(task);
                    seconds = now() - start, processor = processor_seconds() - processor_start;
                }
                if (round > 0) all.insert(all.end(), {seconds, processor});
            }
        }
        return all;
    });
    std::vector<Times> times(contenders.size());
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
        times[i / 2 % times.size()].seconds.push_back(numbers[i]);
        times[i / 2 % times.size()].processor_seconds.push_back(numbers[i + 1]);
    }
    return times;
}

struct Alone {
    double seconds, analysis_seconds, factorization_seconds, adjoint_seconds, adjoint_vectors, adjoint_residual;
    Index solves, factorizations, iterations, adjoint_solves, adjoint_iterations, all_factorizations;
    bool certified;
    double sigma, values[kPairs];
};

/// eigsh and pullback with nothing given but the direct solver.
template <class S>
Alone run_alone(const Pencil<S>& pencil, bool certify, bool backward, double tol = kTolerance) {
    Alone result{};
    auto times = std::make_shared<FactorTimes>();
    auto options = pencil.options();
    options.tol = tol;
    options.certify = certify;
    options.factorizer = timed<S>(pencil.factorizer, times);
    const auto solvers = all_factorizers<S>();
    if (solvers.back().name == "mumps") options.counter = timed<S>(solvers.back().make, times);
    const double start = now();
    const auto pairs = lambdabar::eigsh(pencil.A, pencil.B, options);
    result.seconds = now() - start;
    if (!pairs.converged) throw std::runtime_error("not converged");
    result.analysis_seconds = times->analysis_seconds;
    result.factorization_seconds = times->factorization_seconds;
    result.solves = pairs.solves;
    result.factorizations = pairs.factorizations;
    result.iterations = pairs.iterations;
    result.certified = pairs.certified;
    result.sigma = pairs.sigma;
    std::copy(pairs.values.begin(), pairs.values.end(), result.values);
    if (backward) {
        std::mt19937_64 engine(7);
        Eigen::VectorXd D(pencil.A.rows());
        for (double& d : D) d = static_cast<double>(engine() >> 11) * 0x1.0p-52 - 1.0;
        const lambdabar::PairCotangent<S> bar{.vectors = D.template cast<S>().asDiagonal() * pairs.vectors};
        const PeakMemory peak;
        const double adjoint_start = now();
        const auto back = lambdabar::pullback(pencil.A, pencil.B, pairs, bar, {.tol = kTolerance});
        result.adjoint_seconds = now() - adjoint_start;
        result.adjoint_vectors = peak.bytes() / (static_cast<double>(pencil.A.rows()) * sizeof(S));
        result.adjoint_solves = back.report.solves;
        result.adjoint_iterations = back.report.iterations;
        result.adjoint_residual =
            (back.report.adjoint_residuals.array() / back.report.adjoint_tolerances.array().max(1e-300)).maxCoeff() *
            kTolerance;
    }
    result.all_factorizations = times->factorizations;
    return result;
}

struct Tables {
    Table forward{{{"problem", 16, true},
                   {"n", 6},
                   {"contender", 24, true},
                   {"time/fastest peer", 17},
                   {"solves", 6},
                   {"wrong", 5},
                   {"residual", 8},
                   {"memory [vectors]", 16},
                   {"basis+6k", 8},
                   {"seconds", 8},
                   {"processor [s]", 13},
                   {"factor [s]", 10}}};
    Table alone{{{"problem", 16, true},
                 {"certify", 7},
                 {"certified", 9},
                 {"factorizations", 14},
                 {"forward solves", 14},
                 {"forward [s]", 11},
                 {"analyses+factors [s]", 20},
                 {"adjoint solves/column", 21},
                 {"steps", 5},
                 {"adjoint [s]", 11},
                 {"adjoint/forward", 15},
                 {"residual", 8},
                 {"adjoint memory", 14}}};
};

template <class S>
void measure_alone(const Pencil<S>& pencil, const Pencil<S>& tiny, const Options& options, Table& table) {
    for (const bool certify : {false, true}) {
        Alone last{};
        const std::vector<double> numbers = run_in_child([&] {
            set_blas_threads(kBlasThreads);
            (void)run_alone(tiny, certify, true);
            std::vector<double> all;
            for (int round = 0; round <= options.repeat; ++round) {
                let_threads_sleep();
                Alone one = run_alone(pencil, certify, true);
                if (one.seconds < kShort) one = run_alone(pencil, certify, true);
                const double factor = one.analysis_seconds + one.factorization_seconds;
                if (round > 0) all.insert(all.end(), {one.seconds - factor, factor, one.adjoint_seconds});
            }
            return all;
        });
        last = in_child<Alone>([&] {
            set_blas_threads(kBlasThreads);
            (void)run_alone(tiny, certify, true);
            return run_alone(pencil, certify, true);
        });
        std::vector<double> forward, factor, adjoint, ratio;
        for (std::size_t i = 0; i + 2 < numbers.size(); i += 3) {
            forward.push_back(numbers[i]);
            factor.push_back(numbers[i + 1]);
            adjoint.push_back(numbers[i + 2]);
            ratio.push_back(adjoint.back() / forward.back());
        }
        table.add({pencil.problem.name, certify ? "on" : "off", last.certified ? "yes" : "no",
                   std::to_string(last.all_factorizations), std::to_string(last.solves), fixed(median(forward), 4),
                   fixed(median(factor), 3), fixed(static_cast<double>(last.adjoint_solves) / kPairs, 1),
                   std::to_string(last.adjoint_iterations), fixed(median(adjoint), 4), fixed(median(ratio), 2),
                   scientific(last.adjoint_residual), fixed(last.adjoint_vectors, 1)});
    }
}

template <class S>
void compare(const PencilProblem<S>& problem, const PencilProblem<S>& tiny_problem, const Options& options,
             Tables& tables) {
    if (!problem.name.starts_with(options.only)) return;
    const auto make = options.factor.empty() ? all_factorizers<S>()[all_factorizers<S>().size() > 1].make
                                             : factorizer_named<S>(options.factor);
    const Pencil<S> pencil(problem, make), tiny(tiny_problem, make);
    const auto certified = in_child<Alone>([&] { return run_alone(pencil, true, false, kReferenceTolerance); });
    if (!certified.certified) std::printf("  (%s: the reference is not certified)\n", problem.name.c_str());
    const PencilReference reference{certified.sigma, Eigen::Map<const Eigen::VectorXd>(certified.values, kPairs)};

    std::vector<PencilContender<S>> contenders;
    std::vector<PencilOutcome> outcomes;
    const auto try_one = [&](const PencilContender<S>& contender) {
        try {
            outcomes.push_back(run_one(contender, pencil, tiny, reference));
            contenders.push_back(contender);
        } catch (const std::runtime_error& error) {
            std::printf("  (%s, %s: %s)\n", problem.name.c_str(), contender.name.c_str(), error.what());
        }
    };
    for (const auto& contender : lambdabar_contenders<S>(options.variants)) try_one(contender);
    for (const auto& contender : peer_contenders<S>()) try_one(contender);
    const auto times = take_turns(contenders, pencil, reference.sigma, options.repeat);

    std::map<std::string, std::size_t> best;  // the fastest setting of each peer
    double fastest_peer = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        if (contenders[i].family == "lambdabar") continue;
        const double seconds = median(times[i].seconds);
        const auto place = best.try_emplace(contenders[i].family, i).first;
        if (seconds < median(times[place->second].seconds)) place->second = i;
        fastest_peer = std::min(fastest_peer, seconds);
    }
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        const auto place = best.find(contenders[i].family);
        if (place != best.end() && place->second != i) continue;
        const PencilOutcome& outcome = outcomes[i];
        const double seconds = median(times[i].seconds);
        tables.forward.add({problem.name, std::to_string(pencil.A.rows()), contenders[i].name,
                            fixed(seconds / fastest_peer, 2), std::to_string(outcome.solves),
                            std::to_string(outcome.wrong), scientific(outcome.residual), fixed(outcome.vectors, 1),
                            std::to_string(outcome.basis + 6 * kPairs), fixed(seconds, 4),
                            fixed(median(times[i].processor_seconds), 4), fixed(outcome.factor_seconds, 3)});
    }
    tables.forward.separate();
    tables.alone.print_header();
    measure_alone(pencil, tiny, options, tables.alone);
    tables.alone.separate();
}

void run(const Options& options) {
    Tables tables;
    std::printf("Pencils, k = %td, tolerance %.0e; medians of %d interleaved runs; BLAS: %s\n\n", kPairs, kTolerance,
                options.repeat, loaded_blas().c_str());
    tables.forward.print_header();
    const auto tiny_cube = tetrahedra_3d(5), tiny_frame = space_frame(3);
    compare(tetrahedra_3d(options.small ? 12 : 32), tiny_cube, options, tables);
    if (!options.small) compare(tetrahedra_3d(48), tiny_cube, options, tables);
    compare(space_frame(7), tiny_frame, options, tables);
    if (const auto pair = real_structure()) compare(*pair, tiny_frame, options, tables);

    const double kx = 1.5, ky = 0.7;
    auto tiny_crystal = photonic_crystal(10, kx, ky);
    compare(photonic_crystal(27, kx, ky), tiny_crystal, options, tables);
    if (const auto pair = real_photonic(kx, ky)) compare(*pair, tiny_crystal, options, tables);
    auto inside = photonic_crystal(options.small ? 40 : 128, kx, ky);
    inside.which = tiny_crystal.which = lambdabar::Which::nearest;
    inside.sigma = tiny_crystal.sigma = 60.0;
    compare(inside, tiny_crystal, options, tables);
    if (!options.csv.empty()) tables.forward.write_csv(options.csv);
}

}  // namespace

int main(int argc, char** argv) { return bench_main(argc, argv, "bench_pencils", run); }
