#include <lambdabar/operator/multigrid.hpp>

#include <HYPRE.h>
#include <HYPRE_IJ_mv.h>
#include <HYPRE_parcsr_ls.h>
#include <mpi.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace lambdabar {

namespace {

// Relaxation types of the manual.
constexpr int kForward = 13, kBackward = 14, kDirect = 9;
constexpr int kDown = 1, kUp = 2, kCoarsest = 3;

std::mutex& hypre_mutex() {
    static std::mutex mutex;
    return mutex;
}

/// hypre's error flag collects: what was there before is cleared.
void check(HYPRE_Int code, const char* what) {
    if (code == 0) return;
    HYPRE_ClearAllErrors();
    std::ostringstream message;
    message << "multigrid: " << what << " failed with hypre's error " << code;
    throw std::runtime_error(message.str());
}

void start_mpi() {
    int started = 0;
    MPI_Initialized(&started);
    if (started != 0) return;
    // A process of its own: Open MPI would start its daemon otherwise, and abort where that is not installed.
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    std::atexit([] {
        int finalized = 0;
        MPI_Finalized(&finalized);
        if (finalized == 0) MPI_Finalize();
    });
}

/// The matrix of one process, both triangles, by rows.
class HypreMatrix {
public:
    HypreMatrix(const SparseHermitian<double>& A, double shift) {
        std::vector<Eigen::Triplet<double>> entries;
        const StoredPattern& pattern = A.pattern();
        const auto put = [&](Index row, Index column, double value) {
            entries.emplace_back(static_cast<int>(row), static_cast<int>(column), value);
        };
        for (Index o = 0; o < pattern.outer; ++o) {
            for (int e = pattern.start[o]; e < pattern.start[o + 1]; ++e) {
                const auto [row, column] = A.position(o, e);
                const double value = A.stored_values()[e];
                put(row, column, value);
                if (A.triangle() != Triangle::both && row != column) put(column, row, value);
            }
        }
        for (Index i = 0; i < A.rows(); ++i) put(i, i, -shift);
        Eigen::SparseMatrix<double, Eigen::RowMajor> rows(A.rows(), A.rows());
        rows.setFromTriplets(entries.begin(), entries.end());  // adds

        const auto n = static_cast<HYPRE_BigInt>(A.rows());
        check(HYPRE_IJMatrixCreate(MPI_COMM_SELF, 0, n - 1, 0, n - 1, &matrix_), "creating a matrix");
        HYPRE_IJMatrixSetObjectType(matrix_, HYPRE_PARCSR);
        std::vector<HYPRE_Int> counts(static_cast<std::size_t>(n));
        for (HYPRE_Int i = 0; i < n; ++i)
            counts[static_cast<std::size_t>(i)] = rows.outerIndexPtr()[i + 1] - rows.outerIndexPtr()[i];
        HYPRE_IJMatrixSetRowSizes(matrix_, counts.data());
        HYPRE_IJMatrixInitialize(matrix_);
        std::vector<HYPRE_BigInt> columns;
        for (HYPRE_BigInt i = 0; i < n; ++i) {
            const int first = rows.outerIndexPtr()[i];
            HYPRE_Int count = counts[static_cast<std::size_t>(i)];
            columns.assign(rows.innerIndexPtr() + first, rows.innerIndexPtr() + first + count);
            check(HYPRE_IJMatrixSetValues(matrix_, 1, &count, &i, columns.data(), rows.valuePtr() + first),
                  "filling a matrix");
        }
        check(HYPRE_IJMatrixAssemble(matrix_), "assembling a matrix");
        void* object = nullptr;
        HYPRE_IJMatrixGetObject(matrix_, &object);
        parcsr_ = static_cast<HYPRE_ParCSRMatrix>(object);
    }
    HypreMatrix(const HypreMatrix&) = delete;
    HypreMatrix& operator=(const HypreMatrix&) = delete;
    ~HypreMatrix() { HYPRE_IJMatrixDestroy(matrix_); }

    HYPRE_ParCSRMatrix get() const { return parcsr_; }

private:
    HYPRE_IJMatrix matrix_ = nullptr;
    HYPRE_ParCSRMatrix parcsr_ = nullptr;
};

class HypreVector {
public:
    explicit HypreVector(const std::vector<HYPRE_BigInt>& rows) : rows_(rows) {
        check(HYPRE_IJVectorCreate(MPI_COMM_SELF, 0, count() - 1, &vector_), "creating a vector");
        HYPRE_IJVectorSetObjectType(vector_, HYPRE_PARCSR);
        HYPRE_IJVectorInitialize(vector_);
        set(std::vector<double>(rows.size(), 0.0));
        HYPRE_IJVectorAssemble(vector_);
        void* object = nullptr;
        HYPRE_IJVectorGetObject(vector_, &object);
        par_ = static_cast<HYPRE_ParVector>(object);
    }
    HypreVector(const HypreVector&) = delete;
    HypreVector& operator=(const HypreVector&) = delete;
    ~HypreVector() { HYPRE_IJVectorDestroy(vector_); }

    void set(const std::vector<double>& values) {
        HYPRE_IJVectorSetValues(vector_, count(), rows_.data(), values.data());
    }
    void get(std::vector<double>& values) const {
        HYPRE_IJVectorGetValues(vector_, count(), rows_.data(), values.data());
    }
    HYPRE_ParVector par() const { return par_; }

private:
    HYPRE_Int count() const { return static_cast<HYPRE_Int>(rows_.size()); }

    const std::vector<HYPRE_BigInt>& rows_;
    HYPRE_IJVector vector_ = nullptr;
    HYPRE_ParVector par_ = nullptr;
};

std::vector<HYPRE_BigInt> all_rows(Index n) {
    std::vector<HYPRE_BigInt> rows(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<HYPRE_BigInt>(i);
    return rows;
}

/// One V-cycle from zero.
class Cycle {
public:
    Cycle(const SparseHermitian<double>& A, const MultigridOptions& options)
        : rows_(all_rows(A.rows())), matrix_(A, options.shift), r_(rows_), z_(rows_), values_(rows_.size()) {
        check(HYPRE_BoomerAMGCreate(&solver_), "creating a solver");
        HYPRE_BoomerAMGSetPrintLevel(solver_, 0);
        HYPRE_BoomerAMGSetMaxIter(solver_, 1);
        HYPRE_BoomerAMGSetTol(solver_, 0.0);
        HYPRE_BoomerAMGSetStrongThreshold(solver_, options.strong_threshold);
        HYPRE_BoomerAMGSetNumSweeps(solver_, options.sweeps);
        HYPRE_BoomerAMGSetCycleNumSweeps(solver_, 1, kCoarsest);
        HYPRE_BoomerAMGSetCycleRelaxType(solver_, kForward, kDown);
        HYPRE_BoomerAMGSetCycleRelaxType(solver_, kBackward, kUp);
        HYPRE_BoomerAMGSetCycleRelaxType(solver_, kDirect, kCoarsest);
        HYPRE_BoomerAMGSetRelaxOrder(solver_, 0);
        check(HYPRE_BoomerAMGSetup(solver_, matrix_.get(), r_.par(), z_.par()), "the setup of the levels");
    }
    Cycle(const Cycle&) = delete;
    Cycle& operator=(const Cycle&) = delete;
    ~Cycle() {
        const std::lock_guard lock(hypre_mutex());
        HYPRE_BoomerAMGDestroy(solver_);
    }

    Index rows() const { return static_cast<Index>(rows_.size()); }

    void apply(In<double> R, Out<double> Z) {
        const std::lock_guard lock(hypre_mutex());
        Eigen::Map<Eigen::VectorXd> column(values_.data(), rows());
        for (Index j = 0; j < R.cols(); ++j) {
            column = R.col(j);
            r_.set(values_);
            column.setZero();
            z_.set(values_);
            HYPRE_BoomerAMGSolve(solver_, matrix_.get(), r_.par(), z_.par());
            HYPRE_ClearAllErrors();  // one cycle does not converge, which is one of them
            z_.get(values_);
            Z.col(j) = column;
        }
    }

private:
    std::vector<HYPRE_BigInt> rows_;
    HypreMatrix matrix_;
    HypreVector r_, z_;
    std::vector<double> values_;
    HYPRE_Solver solver_ = nullptr;
};

}  // namespace

Preconditioner<double> multigrid(const SparseHermitian<double>& A, const MultigridOptions& options) {
    const Eigen::VectorXd diagonal = A.diagonal();
    for (Index i = 0; i < A.rows(); ++i) {
        if (diagonal(i) - options.shift > 0.0) continue;
        std::ostringstream message;
        message << "multigrid: A − " << options.shift << "·I is not positive definite: entry " << i
                << " of its diagonal is " << diagonal(i) - options.shift;
        throw std::invalid_argument(message.str());
    }
    const std::lock_guard lock(hypre_mutex());
    start_mpi();
    HYPRE_Init();
    HYPRE_ClearAllErrors();
    const auto cycle = std::make_shared<Cycle>(A, options);
    return [cycle](In<double> R, Out<double> Z) {
        if (R.rows() != cycle->rows()) {
            std::ostringstream message;
            message << "multigrid: this preconditioner has " << cycle->rows() << " rows, the block " << R.rows();
            throw std::invalid_argument(message.str());
        }
        cycle->apply(R, Z);
    };
}

}  // namespace lambdabar
