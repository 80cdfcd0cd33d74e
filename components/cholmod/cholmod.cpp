#include "factorization/ldlt_solve.hpp"

#include <lambdabar/factorization/cholmod.hpp>

#include <suitesparse/cholmod.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <vector>

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

/// CHOLMOD orders, analyses and factorizes: supernodes if M is definite, LDLᴴ by rows otherwise. Either way the factor
/// is then held by columns, and solved with as lambdabar's own: several right-hand sides share its entries.
template <ScalarType S>
class Cholmod final : public Factorization<S> {
public:
    std::string name() const override { return definite_ ? "supernodal LLT (CHOLMOD)" : "simplicial LDLT (CHOLMOD)"; }
    bool pivots() const override { return false; }

    FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) override {
        definite_ = true;
        factor_.reset(nullptr);
        simplicial_.reset(nullptr);
        cholmod_sparse M = view<S>(lower);
        common_->supernodal = CHOLMOD_SUPERNODAL;
        supernodal_.reset(cholmod_analyze(&M, common_.get()));
        common_.check("the analysis");

        // LLᴴ: the supernodes with their zeros, row numbers, the largest update matrix; then their entries by columns,
        // in the same place, with a row number each. LDLᴴ: entries and row numbers. Before either: CHOLMOD's permuted
        // copy of M; the tree.
        const double n = static_cast<double>(lower.rows());
        const double entries = static_cast<double>(supernodal_->xsize);
        const double super = static_cast<double>(supernodal_->maxcsize) * sizeof(S) +
                             static_cast<double>(supernodal_->ssize) * sizeof(int);
        const double rows = entries * sizeof(int);
        const double matrix = static_cast<double>(lower.nonZeros()) * (sizeof(S) + sizeof(int));
        return {entries, entries * sizeof(S) + std::max(super, rows) + matrix + 16.0 * sizeof(S) * n +
                             LdltTree::bytes(n, entries)};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        cholmod_sparse M = view<S>(lower);
        factor_.reset(nullptr);
        definite_ = positive_diagonal(lower) && factorize_definite(M);
        if (!definite_ && !factorize_indefinite(M)) {
            factor_.reset(nullptr);
            return false;
        }
        const int* start = static_cast<const int*>(factor_->p);
        const S* value = static_cast<const S*>(factor_->x);
        const Index n = static_cast<Index>(factor_->n);
        diagonal_.resize(n);
        for (Index c = 0; c < n; ++c) diagonal_(c) = std::real(value[start[c]]);
        tree_ = LdltTree({.n = n,
                          .start = start,
                          .row = static_cast<const int*>(factor_->i),
                          .matrix_row = static_cast<const int*>(factor_->Perm),
                          .skip = 1});
        return (diagonal_.array() != 0.0).all() && diagonal_.allFinite();
    }

    void solve(In<S> rhs, Out<S> x) const override {
        solve_ldlt<S>({.start = static_cast<const int*>(factor_->p),
                       .value = static_cast<const S*>(factor_->x),
                       .diagonal = diagonal_,
                       .tree = tree_,
                       .skip = 1},
                      rhs, x);
    }

    std::optional<Inertia> inertia() const override {
        if (factor_.get() == nullptr) return std::nullopt;
        return Inertia{(diagonal_.array() < 0.0).count(), 0, (diagonal_.array() > 0.0).count()};
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

    /// LLᴴ by supernodes, then turned into LDLᴴ by columns.
    bool factorize_definite(cholmod_sparse& M) {
        factor_.reset(cholmod_copy_factor(supernodal_.get(), common_.get()));
        common_.check("a copy of the analysis");
        cholmod_factorize(&M, factor_.get(), common_.get());
        common_.check("the factorization");
        if (common_->status != CHOLMOD_OK || factor_->minor != factor_->n) return false;
        cholmod_change_factor(factor_->xtype, 0, 0, 1, 1, factor_.get(), common_.get());
        common_.check("the change from supernodes to columns");
        return true;
    }

    bool factorize_indefinite(cholmod_sparse& M) {
        if (simplicial_.get() == nullptr) analyze_simplicial(M);
        factor_.reset(cholmod_copy_factor(simplicial_.get(), common_.get()));
        common_.check("a copy of the analysis");
        common_->supernodal = CHOLMOD_SIMPLICIAL;
        common_->final_ll = 0;
        cholmod_factorize(&M, factor_.get(), common_.get());
        common_.check("the factorization");
        if (factor_->minor != factor_->n) return false;
        cholmod_change_factor(factor_->xtype, 0, 0, 1, 1, factor_.get(), common_.get());
        common_.check("packing the factor");
        return true;
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

    Common common_;
    Factor supernodal_{common_}, simplicial_{common_};  // analyses: patterns only
    Factor factor_{common_};
    Eigen::VectorXd diagonal_;
    LdltTree tree_;
    bool definite_ = true;
};

}  // namespace

template <ScalarType S>
Factorizer<S> cholmod() {
    return [] { return std::make_unique<Cholmod<S>>(); };
}

template Factorizer<double> cholmod<double>();
template Factorizer<std::complex<double>> cholmod<std::complex<double>>();

}  // namespace lambdabar
