// How cost grows with size, and what a warm start saves.
//
//   growth  7-point Laplacian N³, k = 4 (1 + 3-fold), residual 1e-8 ‖A‖: eigsh, then the gradient of
//           φ = ½ Σ x_iᴴ D x_i, D diagonal and random. Exponents p of cost ~ n^p by least squares on logarithms.
//           The problem's own degree grows as N = n^(1/3): products cannot grow slower without a preconditioner, so
//           4/3 is the exponent of an ideal time.
//   warm    the same problem plus a diagonal potential that a caller changes, with one Warm carried along: the same
//           operator again; the same with all carried vectors off by 1e-3; an operator off by 1e-3 ‖A‖ at random; and
//           50 steps of gradient descent on φ = Σ λ_i + ½ Σ x_iᴴ D x_i, relative to one cold evaluation. Beside them a
//           start block without a Warm, which knows nothing of an earlier search for missed copies.
// --markdown writes both tables as docs/performance.md has them.
#include "cases.hpp"
#include "measure.hpp"
#include "report.hpp"

#include <lambdabar/block/kernels.hpp>
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>
#include <lambdabar/gradient/gradient.hpp>

#include <cmath>
#include <cstdio>
#include <random>

using namespace bench;

namespace {

constexpr double kResidual = 1e-8;
constexpr Index kPairs = 4;

Eigen::VectorXd random_diagonal(Index n) {
    std::mt19937_64 engine(7);
    Eigen::VectorXd D(n);
    for (double& d : D) d = static_cast<double>(engine() >> 11) * 0x1.0p-52 - 1.0;
    return D;
}

struct Cost {
    double seconds = 0.0, reverse_seconds = 0.0, products = 0.0, reverse_products = 0.0;
    double bytes = 0.0;  // peak of both, beside the matrix
    double wrong = 0.0;
    bool searched = false;  // for missed copies
};

Index wrong_values(const Eigen::VectorXd& values, const Eigen::VectorXd& exact, double tolerance) {
    return (values - exact.head(values.size())).cwiseAbs().unaryExpr([&](double e) { return e > tolerance; }).count();
}

/// Value and gradient, once. A without entries is known by its products only.
template <class Operator>
Cost evaluate(const Operator& A, const lambdabar::SparseHermitian<double>& stored, const Eigen::VectorXd& exact,
              const lambdabar::EigshOptions<double>& options, Eigen::VectorXd* gradient = nullptr) {
    Cost cost;
    const PeakMemory peak;
    const double start = now();
    const auto pairs = lambdabar::eigsh(A, options);
    cost.seconds = now() - start;
    cost.products = static_cast<double>(pairs.products);
    cost.searched = pairs.probed;
    if (!pairs.converged) throw std::runtime_error("not converged");
    if (exact.size() > 0)
        cost.wrong = static_cast<double>(wrong_values(pairs.values, exact, 2.0 * kResidual * pairs.norm_A));
    const double reverse_start = now();
    const lambdabar::PairCotangent<double> bar{.values = Eigen::VectorXd::Ones(options.k),
                                               .vectors = random_diagonal(A.rows()).asDiagonal() * pairs.vectors};
    const auto back = lambdabar::pullback(A, pairs, bar, {.warm = options.warm});
    const Eigen::VectorXd g = lambdabar::gradient(stored, back.A);
    cost.reverse_seconds = now() - reverse_start;
    cost.reverse_products = static_cast<double>(back.report.products);
    cost.bytes = peak.bytes();
    if (gradient) *gradient = g;
    return cost;
}

/// The same in a process of its own, after a tiny one.
Cost evaluate_apart(const Problem<double>& problem, const Problem<double>& tiny) {
    const auto numbers = run_in_child([&] {
        const auto once = [](const Problem<double>& p) {
            const lambdabar::SparseHermitian<double> A(p.A);
            return evaluate(A, A, p.exact, {.k = kPairs, .tol = kResidual});
        };
        (void)once(tiny);
        const Cost c = once(problem);
        return std::vector<double>{c.seconds, c.reverse_seconds, c.products, c.reverse_products, c.bytes, c.wrong};
    });
    return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
}

/// p of cost ~ n^p.
double exponent(const std::vector<double>& n, const std::vector<double>& cost) {
    double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    const auto count = static_cast<double>(n.size());
    for (std::size_t i = 0; i < n.size(); ++i) {
        const double x = std::log(n[i]), y = std::log(cost[i]);
        sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    return (count * sxy - sx * sy) / (count * sxx - sx * sx);
}

Table growth_table() {
    return Table({{"size", 10, true},
                  {"n", 9},
                  {"products", 9},
                  {"adjoint products", 16},
                  {"time/first", 10},
                  {"adjoint/forward", 15},
                  {"memory [vectors]", 16},
                  {"memory [GiB]", 12},
                  {"wrong", 5},
                  {"seconds", 8, false, true}});
}

void measure_growth(const std::vector<int>& sizes, const Options& options, Table& table) {
    const auto tiny = laplacian_3d(5);
    std::vector<double> n, products, seconds, bytes;
    table.print_header();
    for (const int N : sizes) {
        const auto problem = laplacian_3d(N);
        std::vector<double> forward, reverse;
        Cost cost;
        for (int repetition = 0; repetition < std::max(1, options.repeat); ++repetition) {
            cost = evaluate_apart(problem, tiny);
            forward.push_back(cost.seconds);
            reverse.push_back(cost.reverse_seconds);
        }
        n.push_back(static_cast<double>(problem.A.rows()));
        products.push_back(cost.products);
        seconds.push_back(median(forward));
        bytes.push_back(cost.bytes);
        table.add({std::to_string(N) + "^3", std::to_string(problem.A.rows()), fixed(cost.products, 0),
                   fixed(cost.reverse_products, 0), fixed(seconds.back() / seconds.front(), 1),
                   fixed(median(reverse) / seconds.back(), 2), fixed(cost.bytes / (8.0 * n.back()), 1),
                   fixed(cost.bytes / 1073741824.0, 2), fixed(cost.wrong, 0), fixed(seconds.back(), 3)});
    }
    if (n.size() < 2) return;
    table.add({"exponent", "", fixed(exponent(n, products), 2), "", fixed(exponent(n, seconds), 2), "", "",
               fixed(exponent(n, bytes), 2), "", ""});
}

struct WarmCosts {
    double cold, exact, bare, perturbed, moved, cold_seconds, cold_products, loop_seconds, loop_products, searches;
};

/// Each carried vector plus a random one of norm 1e-3.
void perturb(lambdabar::Warm<double>& warm) {
    lambdabar::Block<double> noise(warm.vectors.rows(), warm.vectors.cols());
    lambdabar::fill_random<double>(noise, 3, 0);
    for (Index j = 0; j < noise.cols(); ++j) warm.vectors.col(j) += 1e-3 / noise.col(j).norm() * noise.col(j);
}

WarmCosts warm_run(const Problem<double>& problem, int steps) {
    Eigen::SparseMatrix<double> M = problem.A;
    lambdabar::SparseHermitian<double> A(M);
    WarmCosts costs{};
    lambdabar::EigshOptions<double> options{.k = kPairs, .tol = kResidual};
    const auto cold = lambdabar::eigsh(A, options);
    costs.cold = static_cast<double>(cold.products);
    auto started = options;
    started.start = cold.vectors;
    costs.bare = static_cast<double>(lambdabar::eigsh(A, started).products);

    lambdabar::Warm<double> warm;
    options.warm = &warm;
    (void)lambdabar::eigsh(A, options);
    const auto remembered = warm;
    costs.exact = static_cast<double>(lambdabar::eigsh(A, options).products);
    warm = remembered;
    perturb(warm);
    costs.perturbed = static_cast<double>(lambdabar::eigsh(A, options).products);
    warm = remembered;
    Eigen::SparseMatrix<double> M_moved = M;
    const Eigen::VectorXd change = 1e-3 * cold.norm_A * random_diagonal(A.rows());
    for (Index i = 0; i < A.rows(); ++i) M_moved.coeffRef(i, i) += change(i);
    costs.moved = static_cast<double>(lambdabar::eigsh(lambdabar::SparseHermitian<double>(M_moved), options).products);
    options.warm = nullptr;
    warm = {};

    const Cost once = evaluate(A, A, {}, options);
    costs.cold_seconds = once.seconds + once.reverse_seconds;
    costs.cold_products = once.products + once.reverse_products;
    options.warm = &warm;
    const double start = now();
    for (int step = 0; step < steps; ++step) {
        Eigen::VectorXd g;
        const Cost cost = evaluate(A, A, {}, options, &g);
        costs.loop_products += cost.products + cost.reverse_products;
        costs.searches += cost.searched ? 1.0 : 0.0;
        // The caller's design is the diagonal; a step of 1e-3 of ‖A‖ in the largest entry.
        Index entry = 0;
        double largest = 1e-300;
        for (Index c = 0; c < M.cols(); ++c) {
            for (Eigen::SparseMatrix<double>::InnerIterator it(M, c); it; ++it, ++entry) {
                if (it.row() == c) largest = std::max(largest, std::abs(g(entry)));
            }
        }
        entry = 0;
        for (Index c = 0; c < M.cols(); ++c) {
            for (Eigen::SparseMatrix<double>::InnerIterator it(M, c); it; ++it, ++entry) {
                if (it.row() == c) it.valueRef() -= 1e-3 * cold.norm_A / steps * g(entry) / largest;
            }
        }
        A.refresh();
    }
    costs.loop_seconds = now() - start;
    return costs;
}

void measure_warm(int N, Table& table) {
    constexpr int kSteps = 50;
    // A potential splits the triple eigenvalue, so that eigenvector objectives are differentiable on the way.
    auto problem = anderson_3d(N, 0.5);
    const auto numbers = run_in_child([&] {
        const WarmCosts c = warm_run(problem, kSteps);
        return std::vector<double>{c.cold,         c.exact,         c.bare,         c.perturbed,     c.moved,
                                   c.cold_seconds, c.cold_products, c.loop_seconds, c.loop_products, c.searches};
    });
    const auto percent = [&](double products) { return fixed(100.0 * products / numbers[0], 0) + " %"; };
    table.print_header();
    table.add({problem.name, fixed(numbers[0], 0), fixed(numbers[1], 0), percent(numbers[2]), percent(numbers[3]),
               percent(numbers[4]), fixed(numbers[8] / numbers[6], 1), fixed(numbers[7] / numbers[5], 1),
               fixed(numbers[9], 0)});
}

void run(const Options& options, const std::vector<int>& sizes) {
    std::printf("Growth: 7-point Laplacian, k = %td, residual %.0e |A|, medians of %d runs\n\n", kPairs, kResidual,
                std::max(1, options.repeat));
    Table growth = growth_table();
    measure_growth(sizes, options, growth);
    growth.separate();
    Table warm({{"problem", 16, true},
                {"cold products", 13},
                {"exact (goal: 8)", 15},
                {"exact, no Warm", 14},
                {"vectors off by 1e-3 (25 %)", 26},
                {"operator off by 1e-3", 20},
                {"50 steps: products [cold] (10)", 30},
                {"time [cold] (10)", 16},
                {"searches", 8}});
    measure_warm(options.small ? 16 : 32, warm);
    if (!options.csv.empty()) growth.write_csv(options.csv);
    if (!options.markdown.empty()) {
        growth.write_markdown(options.markdown);
        warm.write_markdown(options.markdown, true);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const auto with_sizes = [](const Options& options) {
        std::vector<int> sizes = options.small ? std::vector{16, 24, 32} : std::vector{32, 64, 128};
        if (options.only == "216") sizes.push_back(216);
        run(options, sizes);
    };
    return bench_main(argc, argv, "bench_growth", with_sizes, "  --only 216     216^3 too: 10^7 rows, 20 GiB\n");
}
