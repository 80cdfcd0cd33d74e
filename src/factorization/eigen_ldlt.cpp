#include "factorization/ldlt_solve.hpp"
#include "factorization/ordering.hpp"

#include <lambdabar/factorization/factorization.hpp>

#include <Eigen/SparseCholesky>

#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace lambdabar {

namespace {

/// Eigen's LDLT taken apart: its analysis allocates L at once, in 32-bit numbers that may overflow. Here the order
/// comes first, the size of L next, and L with the first factorization.
template <ScalarType S>
class OrderedLdlt : public Eigen::SimplicialLDLT<Eigen::SparseMatrix<S>, Eigen::Lower> {
public:
    using Base = Eigen::SimplicialLDLT<Eigen::SparseMatrix<S>, Eigen::Lower>;

    double order(const Eigen::SparseMatrix<S>& lower) {
        this->m_P = minimum_degree<S>(lower);
        this->m_Pinv = this->m_P.inverse();
        allocated_ = false;
        return cholesky_entries<S>(lower, this->m_P);
    }

    bool factor(const Eigen::SparseMatrix<S>& lower) {
        Eigen::SparseMatrix<S> permuted(lower.rows(), lower.cols());
        permuted.template selfadjointView<Eigen::Upper>() =
            lower.template selfadjointView<Eigen::Lower>().twistedBy(this->m_P);
        if (!allocated_) this->analyzePattern_preordered(permuted, true);
        allocated_ = true;
        this->template factorize_preordered<true>(permuted);
        return this->info() == Eigen::Success && this->m_diag.allFinite();
    }

    const int* matrix_row() const { return this->m_Pinv.indices().data(); }
    const Eigen::SparseMatrix<S>& unit_lower() const { return this->m_matrix; }  // its diagonal is not stored
    const Vector<S>& diagonal() const { return this->m_diag; }

private:
    bool allocated_ = false;
};

template <ScalarType S>
class EigenLdlt final : public Factorization<S> {
public:
    std::string name() const override { return "LDLT (Eigen)"; }
    bool pivots() const override { return false; }

    FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) override {
        factorized_ = false;
        const double entries = ldlt_.order(lower);
        const double n = static_cast<double>(lower.rows());
        if (entries - n > std::numeric_limits<int>::max()) {
            std::ostringstream message;
            message << "eigen_ldlt: the factor of a matrix with " << lower.rows() << " rows would have " << entries
                    << " entries, more than the 32-bit limit " << std::numeric_limits<int>::max();
            throw std::runtime_error(message.str());
        }
        // L, D; the permuted copy of M in this method's order; permutations, counts and work vectors; the tree.
        const double pair = sizeof(S) + sizeof(int);
        const double matrix = static_cast<double>(lower.nonZeros());
        return {entries, (entries - n + matrix) * pair + n * (2.0 * sizeof(S) + sizeof(double) + 11.0 * sizeof(int)) +
                             LdltTree::bytes(n, entries)};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        factorized_ = ldlt_.factor(lower);
        if (!factorized_) return false;
        diagonal_ = ldlt_.diagonal().real();
        const Eigen::SparseMatrix<S>& L = ldlt_.unit_lower();
        tree_ = LdltTree(
            {.n = L.cols(), .start = L.outerIndexPtr(), .row = L.innerIndexPtr(), .matrix_row = ldlt_.matrix_row()});
        return true;
    }

    void solve(In<S> rhs, Out<S> x) const override {
        const Eigen::SparseMatrix<S>& L = ldlt_.unit_lower();
        solve_ldlt<S>({.start = L.outerIndexPtr(), .value = L.valuePtr(), .diagonal = diagonal_, .tree = tree_}, rhs,
                      x);
    }

    std::optional<Inertia> inertia() const override {
        if (!factorized_) return std::nullopt;
        return Inertia{(diagonal_.array() < 0.0).count(), 0, (diagonal_.array() > 0.0).count()};
    }

private:
    OrderedLdlt<S> ldlt_;
    Eigen::VectorXd diagonal_;  // D
    LdltTree tree_;
    bool factorized_ = false;
};

}  // namespace

template <ScalarType S>
Factorizer<S> eigen_ldlt() {
    return [] { return std::make_unique<EigenLdlt<S>>(); };
}

template Factorizer<double> eigen_ldlt<double>();
template Factorizer<std::complex<double>> eigen_ldlt<std::complex<double>>();

}  // namespace lambdabar
