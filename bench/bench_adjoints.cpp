// The eigenvector adjoint beside the ways that other differentiable eigensolvers publish: the same pairs, the same
// cotangents, the same true residual of every column, the same product.
//
//   lambdabar    all columns at once, all computed vectors deflated
//   column CG    eigd's projected iterations: one column after the other, all computed vectors deflated
//   own GMRES    KrylovKit's rule: GMRES(30), one column after the other, only its own vector deflated; cut off at 3000
//                products a column
// The tolerance is the one that lambdabar chooses from the residuals of the pairs. Each solve in a process of its own.
#include "measure.hpp"
#include "reference_adjoints.hpp"
#include "report.hpp"

#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <cstdio>
#include <random>

using namespace bench;

namespace {

constexpr double kResidual = 1e-8;
constexpr Index kLimit = 3000;
constexpr const char* kNames[] = {"lambdabar", "column CG (eigd)", "own GMRES (KrylovKit)"};

Table make_table() {
    return Table({{"problem", 22, true},
                  {"k", 2},
                  {"method", 22, true},
                  {"/forward", 8},
                  {"/lambdabar", 10},
                  {"products", 8},
                  {"failed columns", 14},
                  {"residual/tolerance", 18},
                  {"seconds", 8, false, true}});
}

template <class S>
std::vector<double> measure_one(const Case<S>& c, Index k, int method) {
    const CaseOperators<S> operators(c);
    const auto& A = *operators.stored_A();
    const double start = now();
    const auto pairs = lambdabar::eigsh(A, {.k = k, .tol = kResidual});
    const double forward = now() - start;
    std::mt19937_64 engine(7);
    Eigen::VectorXd D(A.rows());
    for (double& d : D) d = static_cast<double>(engine() >> 11) * 0x1.0p-52 - 1.0;
    const lambdabar::PairCotangent<S> bar{.vectors = D.template cast<S>().asDiagonal() * pairs.vectors};

    const double reverse_start = now();
    const auto back = lambdabar::pullback(A, pairs, bar, {});
    const double own = now() - reverse_start;
    const Eigen::VectorXd tolerance = back.report.adjoint_tolerances;
    if (method == 0) {
        const double worst = (back.report.adjoint_residuals.array() / tolerance.array()).maxCoeff();
        return {forward, own, own, static_cast<double>(back.report.products), 0.0, worst};
    }
    const double reference_start = now();
    const ReferenceAdjoint result =
        method == 1 ? adjoint_by_column_cg<S>(operators.A(), pairs, bar.vectors, tolerance, kLimit)
                    : adjoint_by_own_vector_gmres<S>(operators.A(), pairs, bar.vectors, tolerance, kLimit);
    return {forward,
            own,
            now() - reference_start,
            static_cast<double>(result.products),
            static_cast<double>(result.failed),
            result.worst};
}

template <class S>
void measure(const Case<S>& c, const std::vector<long>& ks, const Options& options, Table& table) {
    if (!c.problem.name.starts_with(options.only)) return;
    for (const Index k : ks) {
        for (int method = 0; method < 3; ++method) {
            std::vector<double> to_forward, to_own, seconds, last;
            for (int repetition = 0; repetition < std::max(1, options.repeat); ++repetition) {
                try {
                    last = run_in_child([&] { return measure_one<S>(c, k, method); }, options.time_limit);
                } catch (const std::runtime_error& error) {
                    std::printf("  (%s, k = %td, %s: %s)\n", c.problem.name.c_str(), k, kNames[method], error.what());
                    last.clear();
                    break;
                }
                to_forward.push_back(last[2] / last[0]);
                to_own.push_back(last[2] / last[1]);
                seconds.push_back(last[2]);
            }
            if (last.empty()) continue;
            table.add({c.problem.name, std::to_string(k), kNames[method], fixed(median(to_forward), 2),
                       fixed(median(to_own), 2), fixed(last[3], 0), fixed(last[4], 0), scientific(last[5]),
                       fixed(median(seconds), 3)});
        }
        table.separate();
    }
}

void run(const Options& options) {
    Table table = make_table();
    std::printf("Adjoints of eigenvectors, %zu processes a row, medians of %d\n", std::size(kNames),
                std::max(1, options.repeat));
    std::printf("Laplacian: k = 7, for k = 8 cuts the triple eigenvalue 8-10\n\n");
    table.print_header();
    const bool small = options.small;
    measure<double>({laplacian_3d(small ? 24 : 64)}, {1, 7}, options, table);
    measure<double>({anderson_3d(small ? 20 : 48, 8.0)}, {1, 8}, options, table);
    measure<Complex>({hofstadter(small ? 60 : 300, 1.0 / 7.0, 0.25)}, {1, 8}, options, table);
    if (!options.csv.empty()) table.write_csv(options.csv);
    if (!options.markdown.empty()) table.write_markdown(options.markdown);
}

}  // namespace

int main(int argc, char** argv) { return bench_main(argc, argv, "bench_adjoints", run); }
