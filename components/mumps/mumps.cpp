#include <lambdabar/factorization/mumps.hpp>

#include <dmumps_c.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace lambdabar {

namespace {

static_assert(std::is_same_v<MUMPS_INT, int>, "MUMPS with 32-bit integers is expected");

constexpr int kUseMpiCommWorld = -987654;
enum Job : int { start = -1, finish = -2, analysis = 1, factorization = 2, solution = 3 };

// MUMPS's errors, INFOG(1).
constexpr int kSingularStructure = -6, kSingular = -10;
constexpr int kIntegerSpace = -8, kRealSpace = -9, kMoreRealSpace = -19;

/// One MUMPS problem, real symmetric indefinite.
class Instance {
public:
    Instance() {
        id_.sym = 2;
        id_.par = 1;
        id_.comm_fortran = kUseMpiCommWorld;
        run(Job::start);
        for (int unit = 1; unit <= 4; ++unit) icntl(unit) = unit < 4 ? -1 : 0;  // silence
        icntl(12) = 1;  // the order comes from the pattern alone: an analysis serves all matrices on it
        icntl(6) = 0;   // likewise, no weighted matching
        icntl(13) = 1;  // no parallel root: INFOG(12) counts all pivots
        icntl(24) = 1;  // null pivots are detected and counted
    }
    ~Instance() { run(Job::finish); }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    /// INFOG(1) of the job: 0, an error < 0 or a warning > 0.
    int run(Job job) {
        id_.job = job;
        dmumps_c(&id_);
        return infog(1);
    }
    void run_or_throw(Job job, const char* what) {
        if (run(job) < 0) fail(what);
    }
    [[noreturn]] void fail(const char* what) const {
        std::ostringstream message;
        message << "mumps: " << what << " of order " << id_.n << " failed with INFOG(1:2) = " << infog(1) << ", "
                << infog(2);
        throw std::runtime_error(message.str());
    }

    // Numbered from one, as in MUMPS's manual.
    int& icntl(int i) { return id_.icntl[i - 1]; }
    int infog(int i) const { return id_.infog[i - 1]; }
    DMUMPS_STRUC_C* operator->() { return &id_; }

private:
    DMUMPS_STRUC_C id_{};
};

/// Real unknowns for each row.
template <ScalarType S>
constexpr int kReal = std::same_as<S, double> ? 1 : 2;

/// The lower triangle in MUMPS's coordinate format, numbered from one.
struct Coordinates {
    std::vector<int> row, column;
    std::vector<double> value;

    template <ScalarType S>
    explicit Coordinates(const Eigen::SparseMatrix<S>& lower) {
        for (Index c = 0; c < lower.cols(); ++c) {
            for (typename Eigen::SparseMatrix<S>::InnerIterator e(lower, c); e; ++e)
                put(static_cast<int>(e.row()), static_cast<int>(c), e.value());
        }
    }

private:
    void add(int r, int c, double a) {
        row.push_back(r + 1);
        column.push_back(c + 1);
        value.push_back(a);
    }
    void put(int r, int c, double a) { add(r, c, a); }
    /// a ↦ [Re a, −Im a; Im a, Re a]; on the diagonal Im a = 0.
    void put(int r, int c, const std::complex<double>& a) {
        add(2 * r, 2 * c, a.real());
        add(2 * r + 1, 2 * c + 1, a.real());
        if (r == c) return;
        add(2 * r, 2 * c + 1, -a.imag());
        add(2 * r + 1, 2 * c, a.imag());
    }
};

template <ScalarType S>
class Mumps final : public Factorization<S> {
public:
    std::string name() const override { return "LDLT (MUMPS)"; }
    bool pivots() const override { return true; }

    FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) override {
        inertia_.reset();
        Coordinates M(lower);
        attach(lower, M);
        instance_.run_or_throw(Job::analysis, "the analysis of a matrix");
        const double entries = instance_.infog(20);  // estimated entries in the factors, in millions if negative
        return {entries < 0.0 ? -1e6 * entries : entries, 1e6 * instance_.infog(16) + 16.0 * double(M.value.size())};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        inertia_.reset();
        Coordinates M(lower);
        attach(lower, M);
        instance_.icntl(14) = 30;  // percent more than the estimate, for pivots that are delayed
        int status = instance_.run(Job::factorization);
        while ((status == kIntegerSpace || status == kRealSpace || status == kMoreRealSpace) &&
               instance_.icntl(14) < 1000) {
            instance_.icntl(14) *= 2;
            status = instance_.run(Job::factorization);
        }
        if (status == kSingular || status == kSingularStructure) return false;
        if (status < 0) instance_.fail("the factorization of a matrix");
        const Index negative = instance_.infog(12), zero = instance_.infog(28), all = instance_->n;
        inertia_ = Inertia{negative / kReal<S>, zero / kReal<S>, (all - negative - zero) / kReal<S>};
        return zero == 0;
    }

    void solve(In<S> rhs, Out<S> x) const override {
        if (rhs.cols() == 0) return;
        Matrix<S> b = rhs;  // complex numbers are pairs of the real unknowns
        instance_->rhs = reinterpret_cast<double*>(b.data());
        instance_->nrhs = static_cast<int>(b.cols());
        instance_->lrhs = instance_->n;
        instance_.run_or_throw(Job::solution, "a solve with a matrix");
        instance_->rhs = nullptr;
        x = b;
    }

    std::optional<Inertia> inertia() const override { return inertia_; }

private:
    /// Only for the next run: MUMPS copies what it keeps.
    void attach(const Eigen::SparseMatrix<S>& lower, Coordinates& M) {
        instance_->n = static_cast<int>(lower.rows()) * kReal<S>;
        instance_->nnz = static_cast<MUMPS_INT8>(M.value.size());
        instance_->irn = M.row.data();
        instance_->jcn = M.column.data();
        instance_->a = M.value.data();
    }

    mutable Instance instance_;
    std::optional<Inertia> inertia_;
};

}  // namespace

template <ScalarType S>
Factorizer<S> mumps() {
    return [] { return std::make_unique<Mumps<S>>(); };
}

template Factorizer<double> mumps<double>();
template Factorizer<std::complex<double>> mumps<std::complex<double>>();

}  // namespace lambdabar
