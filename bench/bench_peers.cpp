// The lowest eigenpairs by lambdabar and by every peer there is, at equal true residual, 1e-8 ‖A‖, without
// preconditioner or factor, on two cores; with --preconditioner, by the contenders that can use one, with the same.
//
// Every solve runs in a process of its own (time, peak memory). Each peer tries its settings once (--quick:
// only the first of them), for three times as long as the fastest so far at most; the fastest one, and the fastest that
// was right, go into the repetitions, in which all contenders take turns. `wrong` counts eigenvalues that an answer
// lacks: a peer that misses a copy of a multiple eigenvalue has stopped early and is fast for it. Times are given
// relative to the fastest peer, and to the fastest one that was right; where none arrives within --limit, to the limit.
// `outside` is the share of the time outside products: orthogonalization, mostly.
#include "chart.hpp"
#include "measure.hpp"
#include "peer_suite.hpp"
#include "pencils.hpp"
#include "report.hpp"
#include "suite_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>

using namespace bench;

namespace {

constexpr double kResidual = 1e-8;        // relative to ‖A‖
constexpr double kHopeless = 3.0;         // times the fastest peer so far: no setting is tried for longer
constexpr double kBelowAnderson = -12.0;  // the spectrum of anderson_3d(20, 8.0)

struct Files {
    Files() : folder(std::filesystem::temp_directory_path() / ("lambdabar_peers." + std::to_string(getpid()))) {
        std::filesystem::create_directories(folder);
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    CaseFiles files() const { return {folder / "case", folder / "tiny", folder / "result"}; }
    std::filesystem::path folder;
};

class Suite {
public:
    explicit Suite(const Options& options)
        : options_(options),
          programs_(find_programs(options.python)),
          memory_(options.cache),
          table_({{"problem", 22, true},
                  {"k", 2},
                  {"contender", 46, true},
                  {"/fastest", 8},
                  {"/right", 7},
                  {"wrong", 5},
                  {"residual/|A|", 12},
                  {"products", 8},
                  {"outside [%]", 11},
                  {"memory [vectors]", 16},
                  {"seconds", 8, false, true},
                  {"fastest", 8, false, true},
                  {"slowest", 8, false, true},
                  {"processor [s]", 13, false, true}}) {
        std::printf("Lowest eigenpairs at true residual %.0e |A|; medians of %d interleaved runs; BLAS: %s\n\n",
                    kResidual, options.repeat, loaded_blas().c_str());
        table_.print_header();
    }

    template <class S>
    void compare(const Case<S>& c, const Case<S>& tiny) {
        if (!c.problem.name.starts_with(options_.only)) return;
        write_case(files_.files().problem, c);
        write_case(files_.files().tiny, tiny);
        const Index most = *std::max_element(options_.k.begin(), options_.k.end());
        const Reference reference = memory_.reference(
            c.problem.name, most, [&] { return find_reference(c, most, !c.problem.name.starts_with("Heisenberg")); });
        for (const Index k : options_.k) compare_for(c, tiny, k, reference);
        write_files();  // a run that is cut off leaves what it has
    }

    /// Medians and worst of lambdabar's ratios; files, if asked for.
    void finish() const {
        summarize("fastest peer", &Row::fastest);
        summarize("fastest right peer", &Row::right);
    }

private:
    void write_files() const {
        if (!options_.csv.empty()) table_.write_csv(options_.csv);
        if (!options_.markdown.empty()) summary_.write_markdown(options_.markdown);
        if (!options_.svg.empty()) write_chart(options_.svg, "time relative to lambdabar", chart_);
    }

    template <class S>
    struct Entry {
        Contender<S> contender;
        Outcome outcome;
        std::vector<double> seconds = {}, processor_seconds = {};
    };
    /// Seconds of the fastest peer, the fastest right one and lambdabar. `bound`: no peer arrived, and these are the
    /// limit.
    struct Row {
        double fastest, right, own;
        bool bound;
    };
    /// Who goes into the repetitions; `late`: somebody was cut off.
    template <class S>
    struct Field {
        std::vector<Entry<S>> entries;
        bool late = false;
    };

    void say(const std::string& problem, const std::string& contender, const std::string& what) const {
        std::printf("  (%s, %s: %s)\n", problem.c_str(), contender.c_str(), what.c_str());
        std::fflush(stdout);
    }

    using Trial = SuiteMemory::Trial;

    /// One run of a contender. A true residual above the wanted one disqualifies.
    template <class S>
    Trial try_once(const Contender<S>& contender, const Case<S>& c, const Case<S>& tiny, const Reference& reference,
                   const Goal& goal) {
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        try {
            const Outcome outcome = run_contender(contender, c, tiny, files_.files(), reference, goal);
            if (outcome.residual <= 1.1 * goal.residual) return {outcome.seconds, {}, outcome.wrong};
            return {kNone, "stays at residual " + scientific(outcome.residual / goal.norm) + " |A|"};
        } catch (const std::runtime_error& error) {
            return {kNone, error.what()};
        }
    }

    /// The fastest setting of each family and the fastest right one, by one run each; a row in the table for a family
    /// of which none arrives.
    template <class S>
    Field<S> best_peers(const Case<S>& c, const Case<S>& tiny, const Reference& reference, const Goal& goal) {
        struct Tried {
            Contender<S> contender;
            Trial trial;
        };
        std::map<std::string, std::vector<Tried>> families;
        const std::string key = c.problem.name + ", k = " + std::to_string(goal.k);
        double fastest = std::numeric_limits<double>::infinity();
        Field<S> field;
        for (const auto& contender : peer_contenders<S>(c, goal.k, programs_)) {
            if (!contender.family.starts_with(options_.peer)) continue;
            const int most = options_.settings == 0 && options_.small ? 1 : options_.settings;  // a quick run: one
            std::vector<Tried>& family = families[contender.family];
            if (most > 0 && static_cast<int>(family.size()) >= most) continue;
            auto trial = memory_.trial(key, contender.name);
            if (!trial) {
                Goal within = goal;
                within.time_limit = std::min(goal.time_limit, kHopeless * fastest);
                trial = try_once(contender, c, tiny, reference, within);
                memory_.keep_trial(key, contender.name, *trial);
            }
            fastest = std::fmin(fastest, trial->seconds);
            field.late = field.late || trial->reason.starts_with("cut off");
            family.push_back({contender, *trial});
        }
        const auto arrived = [](const Tried& tried) { return !std::isnan(tried.trial.seconds); };
        for (auto& [name, family] : families) {
            const auto end = std::stable_partition(family.begin(), family.end(), arrived);
            std::stable_sort(family.begin(), end, [](const Tried& one, const Tried& other) {
                return one.trial.seconds < other.trial.seconds;
            });
            if (end == family.begin()) {
                std::vector<std::string> cells(14, "-");
                cells[0] = c.problem.name;
                cells[1] = std::to_string(goal.k);
                cells[2] = family.front().contender.name + ": " + family.front().trial.reason;
                table_.add(cells);
                continue;
            }
            field.entries.push_back({family.front().contender, {}});
            if (family.front().trial.wrong == 0) continue;
            const auto right =
                std::find_if(family.begin(), end, [](const Tried& tried) { return tried.trial.wrong == 0; });
            if (right != end) field.entries.push_back({right->contender, {}});
        }
        return field;
    }

    template <class S>
    void compare_for(const Case<S>& c, const Case<S>& tiny, Index k, const Reference& reference) {
        const Goal goal{.k = k,
                        .residual = kResidual * reference.norm,
                        .norm = reference.norm,
                        .largest = reference.values.head(k).cwiseAbs().maxCoeff(),
                        .time_limit = options_.time_limit};
        std::vector<Entry<S>> entries;
        for (auto& contender : lambdabar_contenders<S>(c, options_.variants)) entries.push_back({contender, {}});
        Field<S> peers = best_peers(c, tiny, reference, goal);
        std::move(peers.entries.begin(), peers.entries.end(), std::back_inserter(entries));
        if (options_.repeat == 0) return;  // only the choice of settings
        for (int repetition = 0; repetition < options_.repeat; ++repetition) {
            std::erase_if(entries, [&](Entry<S>& entry) {
                try {
                    entry.outcome = run_contender(entry.contender, c, tiny, files_.files(), reference, goal);
                    entry.seconds.push_back(entry.outcome.seconds);
                    entry.processor_seconds.push_back(entry.outcome.processor_seconds);
                    return false;
                } catch (const std::runtime_error& error) {
                    say(c.problem.name, entry.contender.name, error.what());
                    return true;
                }
            });
        }
        show(c.problem.name, reference, goal, entries, peers.late);
    }

    /// A line for the case: lambdabar beside the fastest peer and the fastest right one.
    template <class S>
    Row summarize_case(const std::string& problem, const Goal& goal, const std::vector<Entry<S>>& entries, bool late) {
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        const Entry<S>*own = nullptr, *fastest = nullptr, *right = nullptr;
        Index wrong = 0;
        const auto seconds = [](const Entry<S>* entry) { return entry ? median(entry->seconds) : kNone; };
        const auto better = [&](const Entry<S>& entry, const Entry<S>*& best) {
            if (!best || median(entry.seconds) < seconds(best)) best = &entry;
        };
        for (const auto& entry : entries) {
            if (entry.contender.name == "lambdabar") own = &entry;
            if (entry.contender.family == "lambdabar") continue;
            better(entry, fastest);
            if (entry.outcome.wrong == 0) better(entry, right);
            wrong += entry.outcome.wrong > 0;
        }
        const auto name = [](const Entry<S>* entry) { return entry ? entry->contender.name : "none in time"; };
        Row row{seconds(fastest), seconds(right), seconds(own), fastest == nullptr && late};
        if (row.bound) row.fastest = row.right = goal.time_limit;
        const std::string less = row.bound ? "< " : "";
        summary_.add({problem, std::to_string(goal.k), less + fixed(row.own / row.fastest, 2),
                      less + fixed(row.own / row.right, 2), own ? std::to_string(own->outcome.wrong) : "-",
                      own ? fixed(own->outcome.vectors, 0) : "-", std::to_string(wrong), name(fastest), name(right)});
        return row;
    }

    template <class S>
    void show(const std::string& problem, const Reference& reference, const Goal& goal,
              const std::vector<Entry<S>>& entries, bool late) {
        const Row row = summarize_case(problem, goal, entries, late);
        rows_.push_back(row);
        ChartRow chart{problem + ", k = " + std::to_string(goal.k), {}};
        for (const auto& entry : entries) {
            const Outcome& o = entry.outcome;
            const auto [low, high] = std::minmax_element(entry.seconds.begin(), entry.seconds.end());
            const double seconds = median(entry.seconds);
            table_.add({problem, std::to_string(goal.k), entry.contender.name, fixed(seconds / row.fastest, 2),
                        fixed(seconds / row.right, 2), std::to_string(o.wrong), scientific(o.residual / reference.norm),
                        std::to_string(o.products), fixed(100.0 * (1.0 - o.product_seconds / o.seconds), 0),
                        fixed(o.vectors, 1), fixed(seconds, 3), fixed(*low, 3), fixed(*high, 3),
                        fixed(median(entry.processor_seconds), 3)});
            chart.marks.push_back({entry.contender.family, seconds / row.own, o.wrong == 0});
        }
        chart_.push_back(std::move(chart));
        table_.separate();
    }

    void summarize(const char* beside, double Row::*member) const {
        std::vector<double> ratios;
        int bounds = 0;
        for (const Row& row : rows_) {
            if (std::isnan(row.own / row.*member)) continue;
            ratios.push_back(row.own / row.*member);
            bounds += row.bound;
        }
        if (ratios.empty()) return;
        std::printf(
            "lambdabar's time / %s: median %s, worst %s over %zu cases, in %d of which no peer arrived in time\n",
            beside, fixed(median(ratios), 2).c_str(), fixed(*std::max_element(ratios.begin(), ratios.end()), 2).c_str(),
            ratios.size(), bounds);
    }

    const Options& options_;
    Files files_;
    PeerPrograms programs_;
    SuiteMemory memory_;
    Table table_;
    Table summary_{{{"problem", 22, true},
                    {"k", 2},
                    {"/fastest", 8},
                    {"/right", 7},
                    {"wrong", 5},
                    {"memory [vectors]", 16},
                    {"peers wrong", 11},
                    {"fastest peer", 40, true},
                    {"fastest right peer", 40, true}}};
    std::vector<Row> rows_;
    std::vector<ChartRow> chart_;
};

Case<double> matrix_free_ring(int spins) {
    return {.problem = {"Ising ring " + std::to_string(spins) + ", matrix-free", {}, ising_values(spins, 1.0)},
            .ring = {spins, 1.0}};
}

Case<double> stiffness_and_mass(int N) {
    auto pencil = tetrahedra_3d(N);
    return {.problem = {"P1 " + std::to_string(N) + "^3", std::move(pencil.A)}, .B = std::move(pencil.B)};
}

void run(const Options& options) {
    Suite suite(options);
    const bool small = options.small;
    const Case<double> cube{laplacian_3d(5)};
    suite.compare<double>({laplacian_2d(small ? 150 : 500)}, {laplacian_2d(8)});
    suite.compare<double>({laplacian_3d(small ? 32 : 64)}, cube);
    suite.compare<double>({anderson_3d(small ? 24 : 48, 8.0)}, {anderson_3d(5, 8.0)});
    suite.compare<double>(matrix_free_ring(small ? 14 : 18), matrix_free_ring(7));
    suite.compare<double>({ising_ring(small ? 14 : 18, 1.0)}, {ising_ring(7, 1.0)});
    suite.compare<double>({heisenberg_ring(small ? 14 : 18)}, {heisenberg_ring(10)});
    suite.compare<Complex>({hofstadter(small ? 80 : 300, 1.0 / 7.0, 0.25)}, {hofstadter(12, 1.0 / 7.0, 0.25)});
    suite.compare<double>(stiffness_and_mass(small ? 12 : 32), stiffness_and_mass(5));
    suite.finish();
}

template <class S>
Case<S> with_incomplete_cholesky(Case<S> c, double shift) {
    c.problem.name += ", IC";
    c.inverse = Inverse::incomplete_cholesky;
    c.inverse_shift = shift;
    return c;
}

void run_preconditioned(const Options& options) {
    if (options.preconditioner != "ic")
        throw std::invalid_argument("--preconditioner knows ic, not " + options.preconditioner);
    Suite suite(options);
    const auto compare = [&](Case<double> c, Case<double> tiny, double shift = 0.0) {
        suite.compare<double>(with_incomplete_cholesky(std::move(c), shift),
                              with_incomplete_cholesky(std::move(tiny), shift));
    };
    compare({laplacian_3d(32)}, {laplacian_3d(5)});
    if (!options.small) compare({laplacian_3d(64)}, {laplacian_3d(5)});
    compare({anderson_3d(20, 8.0)}, {anderson_3d(5, 8.0)}, kBelowAnderson);
    compare(stiffness_and_mass(options.small ? 12 : 32), stiffness_and_mass(5));
    suite.finish();
}

}  // namespace

int main(int argc, char** argv) {
    const auto choose = [](const Options& options) {
        options.preconditioner.empty() ? run(options) : run_preconditioned(options);
    };
    return bench_main(argc, argv, "bench_peers", choose);
}
