// SLEPc as a program: slepc_<scalar> CASE TINY RESULT k tolerance product seed [SLEPc's options]
//
// product: `own`, SLEPc's AIJ matrix and products; `lambdabar`, a shell around lambdabar's product (one process). The
// smallest eigenvalues; a pair counts as converged at the residual `tolerance`, absolute. The tiny case is solved first
// and loads the code. Compiled against the real and against the complex SLEPc.
#include "cases.hpp"
#include "measure.hpp"
#include "outcome_file.hpp"
#include "slepc_calls.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <stdexcept>

using namespace bench;
using Scalar = PetscScalar;

namespace {

constexpr double kScalarOperations = sizeof(Scalar) == sizeof(double) ? 1.0 : 4.0;

/// The rows of this process as an AIJ matrix.
Mat distributed(const Eigen::SparseMatrix<Scalar>& stored) {
    const Eigen::SparseMatrix<Scalar, Eigen::RowMajor> M = stored;
    const auto n = static_cast<PetscInt>(M.rows());
    PetscInt local = PETSC_DECIDE, whole = n, end = 0;
    check(PetscSplitOwnership(PETSC_COMM_WORLD, &local, &whole));
    check(MPI_Scan(&local, &end, 1, MPIU_INT, MPI_SUM, PETSC_COMM_WORLD));
    const PetscInt begin = end - local;
    std::vector<PetscInt> start, columns;
    std::vector<Scalar> values;
    for (PetscInt r = begin; r <= end; ++r) start.push_back(M.outerIndexPtr()[r] - M.outerIndexPtr()[begin]);
    for (PetscInt e = M.outerIndexPtr()[begin]; e < M.outerIndexPtr()[end]; ++e) {
        columns.push_back(M.innerIndexPtr()[e]);
        values.push_back(M.valuePtr()[e]);
    }
    Mat A = nullptr;
    check(MatCreateMPIAIJWithArrays(PETSC_COMM_WORLD, local, local, n, n, start.data(), columns.data(), values.data(),
                                    &A));
    check(MatSetOption(A, MAT_HERMITIAN, PETSC_TRUE));
    return A;
}

PetscErrorCode multiply(Mat A, Vec in, Vec out) {
    const Product<Scalar>* product = nullptr;
    check(MatShellGetContext(A, &product));
    return with_arrays(in, out, [&](const Scalar* x, Scalar* y) {
        const Index n = product->rows();
        product->apply(Eigen::Map<const lambdabar::Block<Scalar>>(x, n, 1),
                       Eigen::Map<lambdabar::Block<Scalar>>(y, n, 1));
    });
}

PetscErrorCode precondition(PC pc, Vec in, Vec out) {
    const CaseOperators<Scalar>* operators = nullptr;
    check(PCShellGetContext(pc, &operators));
    return with_arrays(in, out, [&](const Scalar* x, Scalar* y) {
        const Index n = operators->A().rows();
        operators->preconditioner()(Eigen::Map<const lambdabar::Block<Scalar>>(x, n, 1),
                                    Eigen::Map<lambdabar::Block<Scalar>>(y, n, 1));
    });
}

/// The case's inverse in the place of a preconditioner that the options call a shell.
void set_inverse(EPS eps, const CaseOperators<Scalar>& operators) {
    ST transform = nullptr;
    KSP solver = nullptr;
    PC pc = nullptr;
    check(EPSGetST(eps, &transform));
    check(STSetType(transform, STPRECOND));
    check(STGetKSP(transform, &solver));
    check(KSPGetPC(solver, &pc));
    check(PCSetType(pc, PCSHELL));
    check(PCShellSetContext(pc, const_cast<CaseOperators<Scalar>*>(&operators)));
    check(PCShellSetApply(pc, precondition));
    check(STPrecondSetKSPHasMat(transform, PETSC_TRUE));
}

Mat shell_of(const Product<Scalar>& product) {
    return shell(static_cast<PetscInt>(product.rows()), const_cast<Product<Scalar>*>(&product), multiply);
}

/// Seconds and operations of PETSc's products so far.
std::pair<double, double> own_products() {
    double seconds = 0.0, operations = 0.0;
    for (const char* name : {"MatMult", "MatMatMultNum"}) {
        PetscLogEvent event = -1;
        check(PetscLogEventGetId(name, &event));
        if (event < 0) continue;
        PetscEventPerfInfo info{};
        check(PetscLogEventGetPerfInfo(PETSC_DETERMINE, event, &info));
        seconds += info.time;
        operations += info.flops;
    }
    return {seconds, operations};
}

struct Task {
    PetscInt k;
    double tolerance;
    bool own;
};

struct Answer {
    std::vector<double> numbers;  // on process 0
};

double sum_over_processes(double number) {
    double total = 0.0;
    check(MPI_Allreduce(&number, &total, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
    return total;
}

void append_vectors(EPS eps, Mat A, const std::vector<PetscInt>& order, std::vector<double>& numbers) {
    int rank = 0;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    Vec x = nullptr, whole = nullptr;
    VecScatter scatter = nullptr;
    check(MatCreateVecs(A, &x, nullptr));
    check(VecScatterCreateToZero(x, &scatter, &whole));
    for (const PetscInt i : order) {
        check(EPSGetEigenvector(eps, i, x, nullptr));
        check(VecScatterBegin(scatter, x, whole, INSERT_VALUES, SCATTER_FORWARD));
        check(VecScatterEnd(scatter, x, whole, INSERT_VALUES, SCATTER_FORWARD));
        if (rank != 0) continue;
        const Scalar* entries = nullptr;
        PetscInt n = 0;
        check(VecGetArrayRead(whole, &entries));
        check(VecGetLocalSize(whole, &n));
        const auto* parts = reinterpret_cast<const double*>(entries);
        numbers.insert(numbers.end(), parts, parts + n * static_cast<PetscInt>(sizeof(Scalar) / sizeof(double)));
        check(VecRestoreArrayRead(whole, &entries));
    }
    check(VecScatterDestroy(&scatter));
    check(VecDestroy(&whole));
    check(VecDestroy(&x));
}

std::vector<double> solve(const Case<Scalar>& c, const Task& task) {
    const CaseOperators<Scalar> operators(c);
    Mat A = task.own ? distributed(c.problem.A) : shell_of(operators.A());
    Mat B = c.has_B() ? (task.own ? distributed(c.B) : shell_of(*operators.B())) : nullptr;
    EPS eps = nullptr;
    check(EPSCreate(PETSC_COMM_WORLD, &eps));
    check(EPSSetOperators(eps, A, B));
    check(EPSSetProblemType(eps, B ? EPS_GHEP : EPS_HEP));
    check(EPSSetDimensions(eps, task.k, PETSC_DEFAULT, PETSC_DEFAULT));
    check(EPSSetTolerances(eps, task.tolerance, 100000));
    check(EPSSetConvergenceTest(eps, EPS_CONV_ABS));
    check(EPSSetWhichEigenpairs(eps, EPS_SMALLEST_REAL));
    check(EPSSetFromOptions(eps));
    if (operators.preconditioner()) set_inverse(eps, operators);

    const PeakMemory peak;
    operators.reset();
    const auto before = own_products();
    const double start = now(), processor_start = processor_seconds();
    check(EPSSolve(eps));
    const double seconds = now() - start, processor = sum_over_processes(processor_seconds() - processor_start);
    const double bytes = sum_over_processes(peak.bytes());
    const auto after = own_products();

    PetscInt converged = 0, basis = 0;
    check(EPSGetConverged(eps, &converged));
    check(EPSGetDimensions(eps, nullptr, &basis, nullptr));
    if (converged < task.k)
        throw std::runtime_error("SLEPc: " + std::to_string(converged) + " of " + std::to_string(task.k) +
                                 " converged");
    const double per_product = kScalarOperations * static_cast<double>(2 * c.problem.A.nonZeros() - c.rows());
    const double own_count = sum_over_processes(after.second - before.second) / std::max(per_product, 1.0);
    const double products = task.own ? own_count : static_cast<double>(operators.A().products());
    const double product_seconds = task.own ? after.first - before.first : operators.seconds();

    std::vector<double> values(static_cast<std::size_t>(converged));
    for (PetscInt i = 0; i < converged; ++i) {
        Scalar value{};
        check(EPSGetEigenvalue(eps, i, &value, nullptr));
        values[static_cast<std::size_t>(i)] = PetscRealPart(value);
    }
    std::vector<PetscInt> order(values.size());
    std::iota(order.begin(), order.end(), PetscInt{0});
    const auto value_of = [&](PetscInt i) { return values[static_cast<std::size_t>(i)]; };
    std::sort(order.begin(), order.end(), [&](PetscInt i, PetscInt j) { return value_of(i) < value_of(j); });
    order.resize(static_cast<std::size_t>(task.k));
    std::vector<double> numbers{seconds,
                                processor,
                                bytes,
                                std::round(products),
                                product_seconds,
                                static_cast<double>(basis),
                                static_cast<double>(task.k),
                                static_cast<double>(sizeof(Scalar) / sizeof(double))};
    for (const PetscInt i : order) numbers.push_back(value_of(i));
    append_vectors(eps, A, order, numbers);
    check(EPSDestroy(&eps));
    check(MatDestroy(&A));
    if (B) check(MatDestroy(&B));
    return numbers;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 7) {
        std::fprintf(stderr, "usage: %s CASE TINY RESULT k tolerance own|lambdabar [options]\n", argv[0]);
        return 2;
    }
    const std::string case_path = argv[1], tiny_path = argv[2], result_path = argv[3];
    const Task task{std::atoi(argv[4]), std::atof(argv[5]), std::string(argv[6]) == "own"};
    int status = 0;
    try {
        check(SlepcInitialize(&argc, &argv, nullptr, nullptr));
        check(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));
        check(PetscLogDefaultBegin());
        const auto c = read_case<Scalar>(case_path), tiny = read_case<Scalar>(tiny_path);
        (void)solve(tiny, {1, 1e-6, task.own});
        const auto numbers = solve(c, task);
        int rank = 0;
        MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
        if (rank == 0) write_numbers(result_path, numbers);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        status = 1;
    }
    if (status != 0) MPI_Abort(PETSC_COMM_WORLD, status);
    return SlepcFinalize() == 0 ? status : 1;
}
