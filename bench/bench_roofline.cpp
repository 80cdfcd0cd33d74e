// How near the kernels are to what the machine allows, on one thread and on two.
//
// Model. A kernel that reads R bytes, writes W and does F operations takes at least
//
//     t = max(R/r + W/w, F/f),
//
// r the bandwidth of a read-only sum, w that of the writes in x += s y (its 16 bytes read at r taken off), f the rate
// of fused multiply-adds: all measured here, at the kernel's own footprint and number of threads, for a footprint in
// cache is faster. R and W count every operand once per call, as if caches were perfect within it; a store of a line
// that was not read first costs the machine one more read, which the model leaves out. `roofline` is t over the
// measured time; `bound` says which of the two it is, `GB/s` is (R + W)/time beside STREAM's triad.
//
// Sizes: a footprint that fits no cache (the default), and the sizes of the suite (--small), which the last-level cache
// of large machines holds.
#include "measure.hpp"
#include "operator/single_recurrence.hpp"
#include "problems.hpp"
#include "report.hpp"
#include "streams_native.hpp"

#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/sparse.hpp>
#include <lambdabar/projected_solver/projected_solve.hpp>

#include <omp.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

using namespace bench;
using lambdabar::Block;
using lambdabar::Matrix;
using lambdabar::ScalarType;

namespace {

/// Seconds of one call: the best of several runs of at least `least` seconds each. The best, not the median: other
/// processes only ever add to it, and the limits are measured in the same way.
double seconds_of(const std::function<void()>& call, double least = 0.06, int runs = 4) {
    call();
    double best = std::numeric_limits<double>::infinity();
    long count = 1;
    for (int run = 0; run < runs; ++run) {
        for (;;) {
            const double start = now();
            for (long i = 0; i < count; ++i) call();
            const double seconds = now() - start;
            if (seconds >= least) {
                best = std::min(best, seconds / static_cast<double>(count));
                break;
            }
            count = std::max(count + 1,
                             static_cast<long>(1.2 * static_cast<double>(count) * least / std::max(seconds, 1e-6)));
        }
    }
    return best;
}

struct Limits {
    double read, write, triad;  // bytes per second
};

/// The limits at a footprint of `bytes`, measured once for each quarter of a power of two.
class Machine {
public:
    Limits limits(double bytes, int threads) {
        const int size = static_cast<int>(std::lround(4.0 * std::log2(bytes)));
        const auto known = limits_.find({size, threads});
        if (known != limits_.end()) return known->second;
        const auto n = static_cast<Index>(std::exp2(size / 4.0) / 24.0) / 64 * 64;  // three arrays
        Array x(n, threads), y(n, threads), z(n, threads);
        double sink = 0.0;
        // The sum must have the whole footprint too: one array would lie in a nearer cache than three.
        const double read_time = seconds_of([&] {
            sink += native::sum(n, x.data(), threads) + native::sum(n, y.data(), threads) +
                    native::sum(n, z.data(), threads);
        });
        const double update_time = seconds_of([&] {
            native::update(n, y.data(), 1e-9, x.data(), threads);
            native::update(n, y.data(), 1e-9, z.data(), threads);
        });
        const double triad_time = seconds_of([&] { native::triad(n, x.data(), y.data(), 3.0, z.data(), threads); });
        const double word = 8.0 * static_cast<double>(n);
        Limits result{3.0 * word / read_time, 0.0, 3.0 * word / triad_time};
        if (!(sink > 0.0)) throw std::runtime_error("bench_roofline: the sum of positive numbers is not positive");
        const double writing = update_time - 4.0 * word / result.read;
        result.write = 2.0 * word / std::max(writing, 0.05 * update_time);
        return limits_.insert({{size, threads}, result}).first->second;
    }

    /// Fused multiply-adds of all threads, operations per second.
    double operations(int threads) {
        double& rate = operations_[threads];
        if (rate == 0.0) {
            double sink = 1.0, done = 0.0;
            const double seconds = seconds_of([&] { done = native::multiply_add(1000000, threads, &sink); });
            rate = done / seconds;
        }
        return rate;
    }

private:
    /// First touched by the threads that will work on it.
    class Array {
    public:
        Array(Index n, int threads) : storage_(new double[static_cast<std::size_t>(n)]) {
            native::fill(n, storage_.get(), 1.0, threads);
        }
        double* data() { return storage_.get(); }

    private:
        std::unique_ptr<double[]> storage_;
    };

    std::map<std::pair<int, int>, Limits> limits_;
    std::map<int, double> operations_;
};

/// What one call of a kernel moves and does.
struct Work {
    double read, write, operations;  // bytes, bytes, floating-point operations
    double footprint;                // bytes of everything it touches
};

class Roofline {
public:
    explicit Roofline(const Options& options) : options_(options) { table_.print_header(); }

    void add(const std::string& kernel, const char* scalar, const std::string& shape, const Work& work,
             const std::function<void()>& call) {
        if (!kernel.starts_with(options_.only)) return;
        for (const int threads : {1, 2}) {
            omp_set_num_threads(threads);
            add_row(kernel, scalar, shape, work, threads, seconds_of(call));
        }
    }

    /// A step of an iteration: the seconds of 24 steps less those of 8, over 16.
    void add_difference(const std::string& kernel, const char* scalar, const std::string& shape, const Work& work,
                        const std::function<void(Index steps)>& run) {
        if (!kernel.starts_with(options_.only)) return;
        for (const int threads : {1, 2}) {
            omp_set_num_threads(threads);
            const double seconds =
                (seconds_of([&] { run(24); }, 0.06, 3) - seconds_of([&] { run(8); }, 0.06, 3)) / 16.0;
            add_row(kernel, scalar, shape, work, threads, seconds);
        }
    }

    const Table& table() const { return table_; }

private:
    void add_row(const std::string& kernel, const char* scalar, const std::string& shape, const Work& work, int threads,
                 double seconds) {
        const Limits limits = machine_.limits(work.footprint, threads);
        const double memory = work.read / limits.read + work.write / limits.write;
        const double arithmetic = work.operations / machine_.operations(threads);
        const double moved = work.read + work.write;
        table_.add({kernel, scalar, shape, std::to_string(threads), fixed(work.footprint / 1e6, 0),
                    fixed(moved / 1e6, 1), fixed(moved / seconds / 1e9, 1), fixed(limits.triad / 1e9, 1),
                    fixed(limits.read / 1e9, 1), fixed(work.operations / seconds / 1e9, 1),
                    fixed(machine_.operations(threads) / 1e9, 0), memory >= arithmetic ? "memory" : "flops",
                    fixed(100.0 * std::max(memory, arithmetic) / seconds, 0), fixed(1e3 * seconds, 3)});
    }

    const Options& options_;
    Machine machine_;
    Table table_{{{"kernel", 18, true},
                  {"scalar", 7, true},
                  {"shape", 10, true},
                  {"threads", 7},
                  {"footprint [MB]", 14},
                  {"moved [MB]", 10, false, true},
                  {"GB/s", 6, false, true},
                  {"triad", 6, false, true},
                  {"read", 6, false, true},
                  {"GFlop/s", 7, false, true},
                  {"peak", 5, false, true},
                  {"bound", 6, true},
                  {"roofline [%]", 12},
                  {"ms", 8, false, true}}};
};

template <ScalarType S>
Block<S> random_block(Index rows, Index columns, std::uint64_t stream = 0) {
    Block<S> X = lambdabar::zeros<S>(rows, columns);
    lambdabar::fill_random<S>(X, 1, stream);
    return X;
}

template <ScalarType S>
constexpr const char* kScalarName = std::same_as<S, double> ? "real" : "complex";
/// Operations of a multiply-add on scalars S.
template <ScalarType S>
constexpr double kMultiplyAdd = std::same_as<S, double> ? 2.0 : 8.0;

/// Bytes of the stored rows: value and column number per entry, one offset per row.
template <ScalarType S>
double matrix_bytes(const Eigen::SparseMatrix<S>& M) {
    return static_cast<double>(M.nonZeros() * static_cast<Index>(sizeof(S) + sizeof(int)) +
                               M.rows() * static_cast<Index>(sizeof(int)));
}

/// Steps of a filter's recurrence in single precision, with the conversions before and after.
template <ScalarType S>
void measure_single(const lambdabar::SparseHermitian<S>& A, Index b, Roofline& roofline) {
    auto single = lambdabar::SingleRecurrence<S>::make(A, 1.0);
    if (!single) return;
    constexpr double kSteps = 40.0;
    const double entries = static_cast<double>(A.nonzeros()), columns = static_cast<double>(b);
    const double matrix = entries * (sizeof(S) / 2 + sizeof(int)),
                 block = static_cast<double>(A.rows()) * columns * sizeof(S) / 2;
    const auto R = random_block<S>(A.rows(), b);
    auto G = random_block<S>(A.rows(), b, 100);
    lambdabar::CountedOperator<S> counted(A, 1.0);
    const Eigen::VectorXd size = Eigen::VectorXd::Ones(b), lambda = Eigen::VectorXd::Constant(b, -0.1);
    roofline.add(
        "filter, single", kScalarName<S>, "b=" + std::to_string(b),
        {kSteps * (matrix + 3.0 * block) + 5.0 * block, kSteps * block + 4.0 * block,
         kSteps * kMultiplyAdd<S> * entries * columns, matrix + 3.0 * block},
        [&] {
            (void)single->apply(counted, R, size, lambda, static_cast<Index>(kSteps) + 1, {-0.1, 0.1, 20.0}, G);
        });
}

template <ScalarType S>
void measure_sparse(const Problem<S>& problem, Roofline& roofline) {
    const lambdabar::SparseHermitian<S> A(problem.A);
    const double n = static_cast<double>(A.rows()), matrix = matrix_bytes(problem.A),
                 entries = static_cast<double>(problem.A.nonZeros());
    for (const Index b : {1, 2, 4, 8}) {
        const double block = n * static_cast<double>(b) * sizeof(S), columns = static_cast<double>(b);
        const std::string shape = "b=" + std::to_string(b);
        auto X = random_block<S>(A.rows(), b), Y = random_block<S>(A.rows(), b, 100);
        measure_single(A, b, roofline);
        roofline.add("sparse product", kScalarName<S>, shape,
                     {matrix + block, block, kMultiplyAdd<S> * entries * columns, matrix + 2.0 * block},
                     [&] { A.apply(X, Y); });
        const Eigen::VectorXd shift = Eigen::VectorXd::Constant(b, 6.0);
        roofline.add(
            "chebyshev step", kScalarName<S>, shape,
            {matrix + 2.0 * block, block, (kMultiplyAdd<S> * entries + 6.0 * n) * columns, matrix + 2.0 * block}, [&] {
                A.apply_fused(X, shift, 0.16, 0.5, Y);  // a contraction: no overflow over the repetitions
                X.swap(Y);
            });
    }
}

/// One step of the projected solve with k = b vectors deflated, from the difference of two runs that stop early.
/// `shift`: just below the spectrum, so that the residuals are far from rounding then. Traffic of a step whose passes
/// are all fused: the matrix, the operands of each pass once.
///   CG: P, Q written; X, Q read, Q written (projection: twice); P, Q read; X, R, P, Q read, X, R written; P, R read,
///   P written. MINRES: docs of each pass in src/projected_solver/minres.cpp.
template <ScalarType S>
void measure_steps(const Problem<S>& problem, double shift, Roofline& roofline) {
    const lambdabar::SparseHermitian<S> A(problem.A);
    const double n = static_cast<double>(A.rows()), matrix = matrix_bytes(problem.A),
                 entries = static_cast<double>(problem.A.nonZeros());
    for (const Index b : {1, 2, 4, 8}) {
        const double block = n * static_cast<double>(b) * sizeof(S), columns = static_cast<double>(b);
        auto X = random_block<S>(A.rows(), b, 7);
        const Block<S> none(A.rows(), 0);
        (void)lambdabar::orthonormalize<S>(X, none, 1);
        const auto rhs = random_block<S>(A.rows(), b, 50);
        const lambdabar::Deflation<S> deflation{.X = X, .extra = none, .extra_values = Eigen::VectorXd(), .sign = 1.0};
        const auto run = [&](lambdabar::LinearMethod method, Index steps) {
            lambdabar::ProjectedSolveOptions<S> options{
                .tol = Eigen::VectorXd::Constant(1, 1e-300), .method = method, .max_iterations = steps};
            const auto solution =
                lambdabar::projected_solve(A, Eigen::VectorXd::Constant(b, shift), deflation, rhs, options);
            if (solution.iterations < steps) throw std::runtime_error("bench_roofline: a projected solve ended early");
        };
        const double product = kMultiplyAdd<S> * entries * columns,
                     projection = 2.0 * kMultiplyAdd<S> * n * columns * columns;
        const auto add = [&](const char* name, lambdabar::LinearMethod method, double reads, double writes,
                             double held) {
            roofline.add_difference(name, kScalarName<S>, "b=" + std::to_string(b),
                                    {matrix + reads * block, writes * block, product + projection + 20.0 * n * columns,
                                     matrix + held * block},
                                    [&, method](Index steps) { run(method, steps); });
        };
        add("CG step", lambdabar::LinearMethod::cg, 12.0, 5.0, 5.0);
        add("MINRES step", lambdabar::LinearMethod::minres, 13.0, 6.0, 9.0);
    }
}

template <ScalarType S>
void measure_basis(Index rows, Roofline& roofline) {
    const Index n = rows / static_cast<Index>(sizeof(S) / 8);
    const Index capacity = 40;
    auto V = random_block<S>(n, capacity);
    for (const Index m : {24, 40}) {
        for (const Index b : {1, 2, 4, 8, 20}) {
            auto W = random_block<S>(n, b, 100);
            const Matrix<S> C = Matrix<S>::Constant(m, b, S{1e-6});
            const double vector = static_cast<double>(n) * sizeof(S), q = static_cast<double>(b);
            const double basis = static_cast<double>(m) * vector;
            // A row of 24 of 40 columns is read in whole lines: the footprint is that of the columns used.
            const double product = kMultiplyAdd<S> * static_cast<double>(n * m) * q, footprint = basis + q * vector;
            const std::string shape = std::to_string(m) + "x" + std::to_string(b);
            const auto view = V.leftCols(m);
            const auto add = [&](const char* name, double reads, double writes, double operations,
                                 const std::function<void()>& call) {
                roofline.add(name, kScalarName<S>, shape, {reads, writes, operations, footprint}, call);
            };
            add("gram", basis + q * vector, 0.0, product, [&] { (void)lambdabar::gram<S>(view, W); });
            add("add_product", basis + q * vector, q * vector, product, [&] { lambdabar::add_product<S>(W, view, C); });
            add("set_product", basis, q * vector, product, [&] { lambdabar::set_product<S>(W, view, C); });
            add("project_and_gram", basis + q * vector, q * vector, 2.0 * product,
                [&] { (void)lambdabar::project_and_gram<S>(W, view, C); });
            if (b == 20) {
                const Matrix<S> turn = Matrix<S>::Identity(m, b);
                add("rotate", basis, q * vector, product, [&] { lambdabar::rotate<S>(V.leftCols(m), turn); });
            }
        }
    }
}

template <ScalarType S>
void measure_columns(Index rows, Roofline& roofline) {
    const Index n = rows / static_cast<Index>(sizeof(S) / 8);
    for (const Index b : {1, 2, 4, 8}) {
        auto X = random_block<S>(n, b), R = random_block<S>(n, b, 100);
        const auto P = random_block<S>(n, b, 200), Q = random_block<S>(n, b, 300);
        const Eigen::VectorXd a = Eigen::VectorXd::Constant(b, 1e-6);
        const double block = static_cast<double>(n * b) * sizeof(S), entries = static_cast<double>(n * b);
        const auto add = [&](const char* name, double reads, double writes, double operations, double held,
                             const std::function<void()>& call) {
            roofline.add(name, kScalarName<S>, "b=" + std::to_string(b),
                         {reads * block, writes * block, operations * entries, held * block}, call);
        };
        add("dots", 2.0, 0.0, kMultiplyAdd<S>, 2.0, [&] { (void)lambdabar::dots<S>(X, R); });
        add("norms", 1.0, 0.0, kMultiplyAdd<S> / 2.0, 1.0, [&] { (void)lambdabar::norms<S>(X); });
        add("add_scaled", 2.0, 1.0, kMultiplyAdd<S> / 2.0, 2.0, [&] { lambdabar::add_scaled<S>(X, P, a); });
        add("scale_columns", 1.0, 1.0, 1.0, 1.0,
            [&] { lambdabar::scale_columns<S>(X, Eigen::VectorXd::Constant(b, 1.0 - 1e-9)); });
        add("descend", 4.0, 2.0, kMultiplyAdd<S> * 1.5, 4.0, [&] { (void)lambdabar::descend<S>(X, R, P, Q, a); });
    }
}

void run(const Options& options) {
    std::printf("Kernels beside the machine's limits; GB/s and GFlop/s of the best of 4 runs\n\n");
    Roofline roofline(options);
    const int cube = options.small ? 64 : 160, lattice = options.small ? 300 : 1400;
    const Index rows = options.small ? Index{64} * 64 * 64 : Index{128} * 128 * 128;
    {
        const auto problem = laplacian_3d(cube);
        measure_sparse(problem, roofline);
        measure_steps(problem, -0.05, roofline);
    }
    {
        const auto problem = hofstadter(lattice, 1.0 / 7.0, 0.25);
        measure_sparse(problem, roofline);
        measure_steps(problem, -3.45, roofline);
    }
    measure_columns<double>(rows, roofline);
    measure_columns<Complex>(rows, roofline);
    measure_basis<double>(rows, roofline);
    measure_basis<Complex>(rows, roofline);
    if (!options.csv.empty()) roofline.table().write_csv(options.csv);
    if (!options.markdown.empty()) roofline.table().write_markdown(options.markdown);
}

}  // namespace

int main(int argc, char** argv) { return bench_main(argc, argv, "bench_roofline", run); }
