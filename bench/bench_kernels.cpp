// The kernels all algorithms are written in, on 1 and 2 threads. bytes_per_second is the traffic budget stated beside
// each bench (what must move if caches are perfect within a call) over the measured time; compare it with `triad`.
// items_per_second of the sparse products are vectors: they grow with b, for the matrix is read once for all.
#include "problems.hpp"

#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <benchmark/benchmark.h>

#include <omp.h>

using namespace bench;
using lambdabar::Block;
using lambdabar::Matrix;
using lambdabar::ScalarType;

namespace {

constexpr int kLaplacianSize = 64, kLatticeSize = 300;  // n = 262,144 real, 90,000 complex
constexpr Index kRows = 262144;

template <ScalarType S>
const Eigen::SparseMatrix<S>& matrix() {
    if constexpr (std::same_as<S, double>) {
        static const auto problem = laplacian_3d(kLaplacianSize);
        return problem.A;
    } else {
        static const auto problem = hofstadter(kLatticeSize, 1.0 / 7.0, 0.25);
        return problem.A;
    }
}

template <ScalarType S>
Block<S> random_block(Index rows, Index columns, std::uint64_t stream = 0) {
    Block<S> X(rows, columns);
    lambdabar::fill_random<S>(X, 1, stream);
    return X;
}

/// `vectors` of n scalars S moved per iteration, and `more` bytes.
template <ScalarType S>
void count_traffic(benchmark::State& state, Index n, Index vectors, Index more = 0) {
    const Index bytes = n * vectors * static_cast<Index>(sizeof(S)) + more;
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes);
}

/// Bytes of the stored rows: value and column number per entry, one offset per row.
template <ScalarType S>
Index matrix_bytes(const Eigen::SparseMatrix<S>& M) {
    return M.nonZeros() * static_cast<Index>(sizeof(S) + sizeof(int)) + M.rows() * static_cast<Index>(sizeof(int));
}

// Y = A X. Reads the matrix and b vectors, writes b.
template <ScalarType S>
void sparse_product(benchmark::State& state) {
    omp_set_num_threads(static_cast<int>(state.range(1)));
    const Index b = state.range(0);
    const lambdabar::SparseHermitian<S> A(matrix<S>());
    const auto X = random_block<S>(A.rows(), b);
    Block<S> Y(A.rows(), b);
    for (auto _ : state) A.apply(X, Y);
    count_traffic<S>(state, A.rows(), 2 * b, matrix_bytes(matrix<S>()));
    state.SetItemsProcessed(state.iterations() * b);
}

// Y = s(A X − c X) − βY, the step of the Chebyshev filter. Reads the matrix and 2b vectors, writes b.
template <ScalarType S>
void chebyshev_step(benchmark::State& state) {
    omp_set_num_threads(static_cast<int>(state.range(1)));
    const Index b = state.range(0);
    const lambdabar::SparseHermitian<S> A(matrix<S>());
    auto X = random_block<S>(A.rows(), b), Y = random_block<S>(A.rows(), b, 100);
    const Eigen::VectorXd shift = Eigen::VectorXd::Constant(b, 6.0);
    for (auto _ : state) {
        A.apply_fused(X, shift, 0.16, 0.5, Y);  // a contraction: no overflow over the iterations
        X.swap(Y);
    }
    count_traffic<S>(state, A.rows(), 3 * b, matrix_bytes(matrix<S>()));
    state.SetItemsProcessed(state.iterations() * b);
}

/// A basis of m vectors, stored with room for `basis` as in the eigensolver, and a block of b.
template <ScalarType S>
struct Operands {
    explicit Operands(const benchmark::State& state)
        : m(state.range(0)),
          b(state.range(1)),
          storage(random_block<S>(kRows / (sizeof(S) / 8), 40)),
          W(random_block<S>(storage.rows(), b, 100)),
          C(Matrix<S>::Constant(m, b, S{1e-3})) {
        omp_set_num_threads(static_cast<int>(state.range(2)));
    }
    auto V() { return storage.leftCols(m); }
    Index m, b;
    Block<S> storage, W;
    Matrix<S> C;
};

// VᴴW. Reads m + b vectors.
template <ScalarType S>
void gram(benchmark::State& state) {
    Operands<S> o(state);
    for (auto _ : state) benchmark::DoNotOptimize(lambdabar::gram<S>(o.V(), o.W));
    count_traffic<S>(state, o.W.rows(), o.m + o.b);
}

// W −= VC, then VᴴW. Reads m + b vectors, writes b.
template <ScalarType S>
void project_and_gram(benchmark::State& state) {
    Operands<S> o(state);
    for (auto _ : state) benchmark::DoNotOptimize(lambdabar::project_and_gram<S>(o.W, o.V(), o.C));
    count_traffic<S>(state, o.W.rows(), o.m + 2 * o.b);
}

// W += VC. Reads m + b vectors, writes b.
template <ScalarType S>
void add_product(benchmark::State& state) {
    Operands<S> o(state);
    for (auto _ : state) lambdabar::add_product<S>(o.W, o.V(), o.C);
    count_traffic<S>(state, o.W.rows(), o.m + 2 * o.b);
}

// V(:, 0:b) = VC in place. Reads m vectors, writes b.
template <ScalarType S>
void rotate(benchmark::State& state) {
    Operands<S> o(state);
    for (auto _ : state) lambdabar::rotate<S>(o.V(), o.C);
    count_traffic<S>(state, o.W.rows(), o.m + o.b);
}

// x_jᴴy_j. Reads 2b vectors.
template <ScalarType S>
void dots(benchmark::State& state) {
    omp_set_num_threads(static_cast<int>(state.range(1)));
    const Index b = state.range(0), n = kRows / (sizeof(S) / 8);
    const auto X = random_block<S>(n, b), Y = random_block<S>(n, b, 100);
    for (auto _ : state) benchmark::DoNotOptimize(lambdabar::dots<S>(X, Y));
    count_traffic<S>(state, n, 2 * b);
}

// X += P diag(a), R −= Q diag(a), ‖r_j‖. Reads 4b vectors, writes 2b.
template <ScalarType S>
void descend(benchmark::State& state) {
    omp_set_num_threads(static_cast<int>(state.range(1)));
    const Index b = state.range(0), n = kRows / (sizeof(S) / 8);
    auto X = random_block<S>(n, b), R = random_block<S>(n, b, 100);
    const auto P = random_block<S>(n, b, 200), Q = random_block<S>(n, b, 300);
    const Eigen::VectorXd a = Eigen::VectorXd::Constant(b, 1e-6);
    for (auto _ : state) benchmark::DoNotOptimize(lambdabar::descend<S>(X, R, P, Q, a));
    count_traffic<S>(state, n, 6 * b);
}

// STREAM's triad, a = b + s c, counted as STREAM does: 24 bytes per entry. Sizes: one block of the eigensolver, a
// basis.
void triad(benchmark::State& state) {
    const Index n = state.range(0);
    const int threads = static_cast<int>(state.range(1));
    std::vector<double> a(static_cast<std::size_t>(n), 0.0), b(a.size(), 1.0), c(a.size(), 2.0);
    double *x = a.data(), *y = b.data(), *z = c.data();
    for (auto _ : state) {
#pragma omp parallel for simd schedule(static) num_threads(threads)
        for (Index i = 0; i < n; ++i) x[i] = y[i] + 3.0 * z[i];
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * 24 * n);
}

const std::vector<std::int64_t> kThreads{1, 2};

#define KERNEL_OF_BLOCK(kernel)                                                                                  \
    BENCHMARK(kernel<double>)->ArgNames({"b", "threads"})->ArgsProduct({{1, 2, 4, 8}, kThreads})->UseRealTime(); \
    BENCHMARK(kernel<Complex>)->ArgNames({"b", "threads"})->ArgsProduct({{1, 2, 4, 8}, kThreads})->UseRealTime()
#define KERNEL_OF_BASIS(kernel)                      \
    BENCHMARK(kernel<double>)                        \
        ->ArgNames({"m", "b", "threads"})            \
        ->ArgsProduct({{24, 40}, {4, 20}, kThreads}) \
        ->UseRealTime();                             \
    BENCHMARK(kernel<Complex>)                       \
        ->ArgNames({"m", "b", "threads"})            \
        ->ArgsProduct({{24, 40}, {4, 20}, kThreads}) \
        ->UseRealTime()

BENCHMARK(triad)->ArgNames({"n", "threads"})->ArgsProduct({{8 * kRows, 64 * kRows}, kThreads})->UseRealTime();
KERNEL_OF_BLOCK(sparse_product);
KERNEL_OF_BLOCK(chebyshev_step);
KERNEL_OF_BASIS(gram);
KERNEL_OF_BASIS(project_and_gram);
KERNEL_OF_BASIS(add_product);
KERNEL_OF_BASIS(rotate);
KERNEL_OF_BLOCK(dots);
KERNEL_OF_BLOCK(descend);

}  // namespace

BENCHMARK_MAIN();
