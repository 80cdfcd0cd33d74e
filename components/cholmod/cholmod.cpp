#include <lambdabar/factorization/cholmod.hpp>

#include <suitesparse/cholmod.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

/// CHOLMOD's workspace and settings: silent, 32-bit indices.
class Common {
public:
    Common() {
        cholmod_start(&common_);
        common_.print = 0;
        common_.error_handler = nullptr;
        common_.quick_return_if_not_posdef = 1;
    }
    ~Common() { cholmod_finish(&common_); }
    Common(const Common&) = delete;
    Common& operator=(const Common&) = delete;
    cholmod_common* get() const { return &common_; }
    cholmod_common* operator->() const { return &common_; }

    void check(const char* what) const {
        if (common_.status >= CHOLMOD_OK) return;  // positive: warnings, such as not positive definite
        std::ostringstream message;
        message << "cholmod: " << what << " failed with status " << common_.status
                << (common_.status == CHOLMOD_OUT_OF_MEMORY ? " (out of memory)" : "")
                << (common_.status == CHOLMOD_TOO_LARGE ? " (more entries than 32-bit indices reach)" : "");
        throw std::runtime_error(message.str());
    }

private:
    mutable cholmod_common common_;
};

/// A factor, freed with its owner.
class Factor {
public:
    explicit Factor(const Common& common) : common_(&common) {}
    ~Factor() { reset(nullptr); }
    Factor(const Factor&) = delete;
    Factor& operator=(const Factor&) = delete;
    void reset(cholmod_factor* L) {
        if (L_ != nullptr) cholmod_free_factor(&L_, common_->get());
        L_ = L;
    }
    cholmod_factor* get() const { return L_; }
    cholmod_factor* operator->() const { return L_; }

    /// Forgets the numbers and keeps the analysis.
    void forget_values() {
        if (L_ == nullptr || L_->xtype == CHOLMOD_PATTERN) return;
        cholmod_change_factor(CHOLMOD_PATTERN, L_->is_ll, L_->is_super, 1, 1, L_, common_->get());
    }

private:
    const Common* common_;
    cholmod_factor* L_ = nullptr;
};

template <ScalarType S>
constexpr int kXtype = std::same_as<S, double> ? CHOLMOD_REAL : CHOLMOD_COMPLEX;

/// A view of the lower triangle. CHOLMOD's C interface has no const.
template <ScalarType S>
cholmod_sparse view(const Eigen::SparseMatrix<S>& lower) {
    cholmod_sparse M{};
    M.nrow = M.ncol = static_cast<std::size_t>(lower.rows());
    M.nzmax = static_cast<std::size_t>(lower.nonZeros());
    M.p = const_cast<int*>(lower.outerIndexPtr());
    M.i = const_cast<int*>(lower.innerIndexPtr());
    M.x = const_cast<S*>(lower.valuePtr());
    M.stype = -1;
    M.itype = CHOLMOD_INT;
    M.xtype = kXtype<S>;
    M.dtype = CHOLMOD_DOUBLE;
    M.sorted = M.packed = 1;
    return M;
}

template <ScalarType S>
class Cholmod final : public Factorization<S> {
public:
    std::string name() const override { return definite_ ? "supernodal LLT (CHOLMOD)" : "simplicial LDLT (CHOLMOD)"; }
    bool pivots() const override { return false; }

    FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) override {
        factorized_ = false;
        definite_ = true;
        simplicial_.reset(nullptr);
        cholmod_sparse M = view<S>(lower);
        common_->supernodal = CHOLMOD_SUPERNODAL;
        supernodal_.reset(cholmod_analyze(&M, common_.get()));
        common_.check("the analysis");

        // LLᴴ: the supernodes with their zeros, row numbers, the largest update matrix. LDLᴴ: entries and row numbers.
        // Before either: CHOLMOD's permuted copy of M.
        const double entries = common_->lnz, n = static_cast<double>(lower.rows());
        const double pair = sizeof(S) + sizeof(int);
        const double super =
            (static_cast<double>(supernodal_->xsize) + static_cast<double>(supernodal_->maxcsize)) * sizeof(S) +
            static_cast<double>(supernodal_->ssize) * sizeof(int);
        const double matrix = static_cast<double>(lower.nonZeros()) * pair;
        return {static_cast<double>(supernodal_->xsize),
                std::max(super, entries * pair) + matrix + 16.0 * sizeof(S) * n};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        cholmod_sparse M = view<S>(lower);
        factorized_ = false;
        definite_ = positive_diagonal(lower) && factorize_definite(M);
        factorized_ = definite_ || factorize_indefinite(M);
        return factorized_;
    }

    void solve(In<S> rhs, Out<S> x) const override {
        if (rhs.cols() == 0) return;
        Matrix<S> B = rhs;
        cholmod_dense b{};
        b.nrow = b.d = static_cast<std::size_t>(B.rows());
        b.ncol = static_cast<std::size_t>(B.cols());
        b.nzmax = static_cast<std::size_t>(B.size());
        b.x = B.data();
        b.xtype = kXtype<S>;
        b.dtype = CHOLMOD_DOUBLE;
        cholmod_dense* solution =
            cholmod_solve(CHOLMOD_A, definite_ ? supernodal_.get() : simplicial_.get(), &b, common_.get());
        if (solution != nullptr) x = Eigen::Map<const Matrix<S>>(static_cast<S*>(solution->x), B.rows(), B.cols());
        cholmod_free_dense(&solution, common_.get());
        common_.check("a solve");
    }

    std::optional<Inertia> inertia() const override {
        if (!factorized_) return std::nullopt;
        if (definite_) return Inertia{0, 0, static_cast<Index>(supernodal_->n)};
        Inertia result;
        for_each_pivot([&](double d) { ++(d < 0.0 ? result.negative : result.positive); });
        return result;
    }

private:
    static bool positive_diagonal(const Eigen::SparseMatrix<S>& lower) {
        for (Index c = 0; c < lower.cols(); ++c) {
            const int first = lower.outerIndexPtr()[c];
            const bool stored = first < lower.outerIndexPtr()[c + 1] && lower.innerIndexPtr()[first] == c;
            if (!stored || !(std::real(lower.valuePtr()[first]) > 0.0)) return false;
        }
        return true;
    }

    bool factorize_definite(cholmod_sparse& M) {
        simplicial_.forget_values();
        cholmod_factorize(&M, supernodal_.get(), common_.get());
        common_.check("the factorization");
        return common_->status == CHOLMOD_OK && supernodal_->minor == supernodal_->n;
    }

    bool factorize_indefinite(cholmod_sparse& M) {
        supernodal_.forget_values();
        if (simplicial_.get() == nullptr) analyze_simplicial(M);
        common_->supernodal = CHOLMOD_SIMPLICIAL;
        common_->final_ll = 0;
        cholmod_factorize(&M, simplicial_.get(), common_.get());
        common_.check("the factorization");
        bool nonzero = simplicial_->minor == simplicial_->n;
        for_each_pivot([&](double d) { nonzero = nonzero && std::isfinite(d) && d != 0.0; });
        return nonzero;
    }

    /// The analysis for LDLᴴ in the order that the supernodal one found.
    void analyze_simplicial(cholmod_sparse& M) {
        const int methods = common_->nmethods;
        const auto first = common_->method[0];
        common_->nmethods = 1;
        common_->method[0].ordering = CHOLMOD_GIVEN;
        common_->supernodal = CHOLMOD_SIMPLICIAL;
        simplicial_.reset(cholmod_analyze_p(&M, static_cast<int*>(supernodal_->Perm), nullptr, 0, common_.get()));
        common_->nmethods = methods;
        common_->method[0] = first;
        common_.check("the analysis");
    }

    /// The entries of D: the first of each column of the simplicial factor.
    template <class Visit>
    void for_each_pivot(Visit&& visit) const {
        const int* start = static_cast<const int*>(simplicial_->p);
        const S* value = static_cast<const S*>(simplicial_->x);
        for (std::size_t c = 0; c < simplicial_->n; ++c) visit(std::real(value[start[c]]));
    }

    Common common_;
    Factor supernodal_{common_}, simplicial_{common_};
    bool definite_ = true, factorized_ = false;
};

}  // namespace

template <ScalarType S>
Factorizer<S> cholmod() {
    return [] { return std::make_unique<Cholmod<S>>(); };
}

template Factorizer<double> cholmod<double>();
template Factorizer<std::complex<double>> cholmod<std::complex<double>>();

}  // namespace lambdabar
