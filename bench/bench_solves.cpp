// Blocks of right-hand sides beside single ones: what a column costs in solve(b columns), for every direct solver.
//
// A solve is bound by memory: each entry of the factor is loaded once for a sweep, however many columns share it. So
// a column of a block should cost a fraction of a single one.
#include "factorizers.hpp"
#include "measure.hpp"
#include "pencils.hpp"
#include "report.hpp"

#include <lambdabar/block/kernels.hpp>

#include <cstdio>

using namespace bench;

namespace {

constexpr Index kBlocks[] = {1, 2, 4, 8, 10, 16};

Table make_table() {
    return Table({{"problem", 18, true},
                  {"n", 7},
                  {"solver", 8, true},
                  {"entries/n", 9},
                  {"analysis [s]", 12},
                  {"factor [s]", 10},
                  {"1 column [ms]", 13},
                  {"2: per column", 13},
                  {"4", 5},
                  {"8", 5},
                  {"10", 5},
                  {"16", 5},
                  {"GB/s, 8", 7}});
}

/// The lower triangle of A − σB.
template <class S>
Eigen::SparseMatrix<S> shifted(const PencilProblem<S>& problem) {
    const double sigma = std::isnan(problem.sigma) ? 0.0 : problem.sigma;
    const Eigen::SparseMatrix<S> M = problem.A - S(sigma) * problem.B;
    Eigen::SparseMatrix<S> lower = M.template triangularView<Eigen::Lower>();
    lower.makeCompressed();
    return lower;
}

template <class S>
void measure(const PencilProblem<S>& problem, const Options& options, Table& table) {
    if (!problem.name.starts_with(options.only)) return;
    const Eigen::SparseMatrix<S> lower = shifted(problem);
    const Index n = lower.rows();
    for (const auto& factorizer : all_factorizers<S>()) {
        const auto numbers = run_in_child([&] {
            auto times = std::make_shared<FactorTimes>();
            const auto solver = timed<S>(factorizer.make, times)();
            solver->analyze(lower);
            if (!solver->factorize(lower)) throw std::runtime_error(factorizer.name + ": singular");
            std::vector<double> answer{times->entries, times->analysis_seconds, times->factorization_seconds};
            std::vector<std::vector<double>> seconds(std::size(kBlocks));
            for (int repetition = 0; repetition <= 2 * options.repeat; ++repetition) {
                for (std::size_t i = 0; i < std::size(kBlocks); ++i) {
                    lambdabar::Block<S> b(n, kBlocks[i]), x(n, kBlocks[i]);
                    lambdabar::fill_random<S>(b, 1, 0);
                    x.setZero();
                    const double start = now();
                    solver->solve(b, x);
                    if (repetition > 0) seconds[i].push_back(now() - start);
                }
            }
            for (const auto& values : seconds) answer.push_back(median(values));
            return answer;
        });
        const double single = numbers[3];
        std::vector<std::string> cells{problem.name,          std::to_string(n),
                                       factorizer.name,       fixed(numbers[0] / static_cast<double>(n), 1),
                                       fixed(numbers[1], 3),  fixed(numbers[2], 3),
                                       fixed(1e3 * single, 2)};
        for (std::size_t i = 1; i < std::size(kBlocks); ++i)
            cells.push_back(fixed(numbers[3 + i] / static_cast<double>(kBlocks[i]) / single, 2));
        cells.push_back(fixed(2.0 * numbers[0] * sizeof(S) / numbers[6] * 1e-9, 1));  // both triangles of the factor
        table.add(cells);
    }
    table.separate();
}

void run(const Options& options) {
    Table table = make_table();
    std::printf("Solves with blocks; seconds per column relative to one column alone; medians of %d; BLAS: %s\n\n",
                2 * options.repeat, loaded_blas().c_str());
    table.print_header();
    measure(tetrahedra_3d(options.small ? 12 : 32), options, table);
    if (!options.small) measure(tetrahedra_3d(48), options, table);
    measure(space_frame(7), options, table);
    measure(photonic_crystal(27, 1.5, 0.7), options, table);
    if (!options.small) measure(photonic_crystal(128, 1.5, 0.7), options, table);
    if (!options.csv.empty()) table.write_csv(options.csv);
}

}  // namespace

int main(int argc, char** argv) { return bench_main(argc, argv, "bench_solves", run); }
