// What a derivative costs beside the forward solve that it belongs to.
//
//   values    dφ = Σ λ̄_i dλ_i: pullback and gradient on the stored entries. No solve. Target: 2 % of the forward time.
//   vectors   φ = ½ Σ_i x_iᴴ D x_i, X̄ = D X with a random real diagonal D: blind to the basis inside a cluster, so
//             gauge-free. One projected solve for all columns. Target: 1.5 × the forward time.
//
// The eigenpairs are those of bench_eigenpairs, at residual 1e-8 ‖A‖; the adjoint goes as far as they support. The
// eight lowest of the 3-D Laplacian cut a triple eigenvalue (8–10): that set is not differentiable, so its seven lowest
// are taken. Forward and reverse run one after the other in a process of their own.
#include "measure.hpp"
#include "problems.hpp"
#include "report.hpp"

#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/gradient/gradient.hpp>

#include <cstdio>
#include <random>

using namespace bench;
using lambdabar::ScalarType;

namespace {

constexpr double kTolerance = 1e-8;

enum class Reverse { values, vectors, vectors_with_extra };

struct Task {
    Reverse reverse;
    const char* name;
    double target;  // seconds relative to the forward solve
};
constexpr Task kTasks[] = {{Reverse::values, "values", 0.02},
                           {Reverse::vectors, "vectors", 1.5},
                           {Reverse::vectors_with_extra, "vectors, with extra", 1.5}};

struct Cost {
    double forward_seconds, pullback_seconds, gradient_seconds;
    double vectors;  // peak memory of pullback and gradient, with the eigenpairs they start from, in vectors
    double error_estimate, gauge_residual;
    Index forward_products, reverse_products, iterations, basis;
};

template <ScalarType S>
lambdabar::Matrix<S> diagonal_times(const lambdabar::Matrix<S>& X) {
    std::mt19937_64 engine(7);
    Eigen::VectorXd D(X.rows());
    for (double& d : D) d = static_cast<double>(engine() >> 11) * 0x1.0p-52 - 1.0;
    return D.template cast<S>().asDiagonal() * X;
}

template <ScalarType S>
Cost solve(const lambdabar::SparseHermitian<S>& A, Index k, Reverse reverse) {
    Cost cost{};
    const double start = now();
    const auto pairs = lambdabar::eigsh(A, {.k = k, .tol = kTolerance});
    cost.forward_seconds = now() - start;
    cost.forward_products = pairs.products;

    lambdabar::PairCotangent<S> bar;
    if (reverse == Reverse::values) {
        bar.values = Eigen::VectorXd::LinSpaced(k, 1.0, 2.0);
        // Inside a cluster all λ̄ must agree, or φ would depend on the order of equal eigenvalues.
        for (const auto& cluster : pairs.clusters)
            bar.values.segment(cluster.first, cluster.count).setConstant(bar.values(cluster.first));
    } else {
        bar.vectors = diagonal_times<S>(pairs.vectors);
    }
    const PeakMemory peak;
    const double pullback_start = now();
    const auto result = lambdabar::pullback(A, pairs, bar, {.use_extra = reverse == Reverse::vectors_with_extra});
    const double gradient_start = now();
    const auto g = lambdabar::gradient(A, result.A);
    const double end = now();
    const double held = static_cast<double>(pairs.vectors.cols() + pairs.extra.cols());
    cost.vectors = held + peak.bytes() / (static_cast<double>(A.rows()) * sizeof(S));
    cost.basis = pairs.basis_size;
    if (!g.allFinite()) throw std::runtime_error("the gradient is not finite");
    cost.pullback_seconds = gradient_start - pullback_start;
    cost.gradient_seconds = end - gradient_start;
    cost.reverse_products = result.report.products;
    cost.iterations = result.report.iterations;
    cost.error_estimate = result.report.error_estimate;
    cost.gauge_residual = result.report.gauge_residual;
    return cost;
}

Table make_table() {
    return Table({{"problem", 16, true},
                  {"k", 2},
                  {"cotangent of", 19, true},
                  {"reverse/forward", 15},
                  {"target", 6},
                  {"pullback/forward", 16},
                  {"gradient/forward", 16},
                  {"products r/f", 12},
                  {"products", 8},
                  {"iterations", 10},
                  {"error estimate", 14},
                  {"gauge", 7},
                  {"memory [vectors]", 16},
                  {"basis+6k", 8},
                  {"forward [s]", 11},
                  {"reverse [s]", 11}});
}

/// One solve in a child process, after a tiny one has loaded code and started threads.
template <ScalarType S>
Cost solve_apart(const lambdabar::SparseHermitian<S>& A, const lambdabar::SparseHermitian<S>& tiny, Index k,
                 Reverse reverse) {
    const auto numbers = run_in_child([&] {
        solve(tiny, 1, reverse);
        const Cost cost = solve(A, k, reverse);
        const auto* bytes = reinterpret_cast<const char*>(&cost);
        std::vector<double> packed((sizeof(Cost) + sizeof(double) - 1) / sizeof(double));
        std::copy(bytes, bytes + sizeof(Cost), reinterpret_cast<char*>(packed.data()));
        return packed;
    });
    Cost cost;
    std::copy_n(reinterpret_cast<const char*>(numbers.data()), sizeof(Cost), reinterpret_cast<char*>(&cost));
    return cost;
}

template <ScalarType S>
void measure(const Problem<S>& problem, const Problem<S>& tiny_problem, Index k, const Options& options, Table& table) {
    if (!problem.name.starts_with(options.only)) return;
    const lambdabar::SparseHermitian<S> A(problem.A), tiny(tiny_problem.A);
    std::vector<std::vector<Cost>> costs(std::size(kTasks));
    for (int repetition = 0; repetition < options.repeat; ++repetition) {
        for (std::size_t t = 0; t < std::size(kTasks); ++t)
            costs[t].push_back(solve_apart(A, tiny, k, kTasks[t].reverse));
    }
    for (std::size_t t = 0; t < std::size(kTasks); ++t) {
        const auto median_of = [&](auto number) {
            std::vector<double> numbers;
            for (const Cost& cost : costs[t]) numbers.push_back(number(cost));
            return median(numbers);
        };
        const Cost& cost = costs[t].front();  // products are the same every time
        table.add(
            {problem.name, std::to_string(k), kTasks[t].name,
             fixed(
                 median_of([](const Cost& c) { return (c.pullback_seconds + c.gradient_seconds) / c.forward_seconds; }),
                 3),
             fixed(kTasks[t].target, 2),
             fixed(median_of([](const Cost& c) { return c.pullback_seconds / c.forward_seconds; }), 3),
             fixed(median_of([](const Cost& c) { return c.gradient_seconds / c.forward_seconds; }), 3),
             fixed(static_cast<double>(cost.reverse_products) / static_cast<double>(cost.forward_products), 2),
             std::to_string(cost.reverse_products), std::to_string(cost.iterations), scientific(cost.error_estimate),
             scientific(cost.gauge_residual), fixed(cost.vectors, 1), std::to_string(cost.basis + 6 * k),
             fixed(median_of([](const Cost& c) { return c.forward_seconds; }), 3),
             fixed(median_of([](const Cost& c) { return c.pullback_seconds + c.gradient_seconds; }), 3)});
    }
    table.separate();
}

void run(const Options& options) {
    Table table = make_table();
    std::printf("Pullback and gradient beside the forward solve (tol %.0e); medians of %d interleaved runs\n",
                kTolerance, options.repeat);
    std::printf("Laplacian: k = 7, for k = 8 cuts the triple eigenvalue 8-10\n\n");
    table.print_header();
    const auto laplacian = laplacian_3d(options.small ? 24 : 64), tiny = laplacian_3d(5);
    const auto anderson = anderson_3d(options.small ? 20 : 48, 8.0);
    const auto lattice = hofstadter(options.small ? 60 : 300, 1.0 / 7.0, 0.25),
               tiny_lattice = hofstadter(12, 1.0 / 7.0, 0.25);
    measure(laplacian, tiny, 1, options, table);
    measure(anderson, tiny, 1, options, table);
    measure(lattice, tiny_lattice, 1, options, table);
    measure(laplacian, tiny, 7, options, table);
    measure(anderson, tiny, 8, options, table);
    measure(lattice, tiny_lattice, 8, options, table);
    measure(laplacian_2d(options.small ? 40 : 100), tiny, 8, options, table);  // doublets 2-3, 5-6, 7-8
    if (!options.csv.empty()) table.write_csv(options.csv);
}

}  // namespace

int main(int argc, char** argv) { return bench_main(argc, argv, "bench_gradient", run); }
