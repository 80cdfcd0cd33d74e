#include "factorization/column_chunks.hpp"
#include "factorization/ordering.hpp"

#include <lambdabar/factorization/factorization.hpp>

#include <Eigen/SparseCholesky>

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

/// Columns that travel together through L: each entry of L (12 or 20 bytes) is loaded once for all of them.
constexpr Index kWidth = 4;

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

    const int* place() const { return this->m_P.indices().data(); }
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
        // L, D; the permuted copy of M in this method's order; permutations, tree, counts and work vectors.
        const double pair = sizeof(S) + sizeof(int);
        const double matrix = static_cast<double>(lower.nonZeros());
        return {entries, (entries - n + matrix) * pair + n * (2.0 * sizeof(S) + 10.0 * sizeof(int))};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        factorized_ = ldlt_.factor(lower);
        return factorized_;
    }

    void solve(In<S> rhs, Out<S> x) const override {
        for_column_chunks(rhs.cols(), kWidth, [&](Index first, Index columns) {
            if (columns == 1) solve_columns<1>(rhs, x, first);
            if (columns == 2) solve_columns<2>(rhs, x, first);
            if (columns == 3) solve_columns<3>(rhs, x, first);
            if (columns == 4) solve_columns<4>(rhs, x, first);
        });
    }

    std::optional<Inertia> inertia() const override {
        if (!factorized_) return std::nullopt;
        const auto d = ldlt_.diagonal().real().array();
        return Inertia{(d < 0.0).count(), 0, (d > 0.0).count()};
    }

private:
    // L y = P b, D z = y, Lᴴ P x = z: passes over L, 2; work space: W vectors.
    template <int W>
    void solve_columns(In<S> rhs, BlockRef<S>& x, Index first) const {
        using Row = Eigen::Array<S, 1, W>;
        const Index n = rhs.rows();
        const Eigen::SparseMatrix<S>& L = ldlt_.unit_lower();
        const int* start = L.outerIndexPtr();
        const int* row = L.innerIndexPtr();
        const S* value = L.valuePtr();
        const int* place = ldlt_.place();

        Eigen::Array<S, Eigen::Dynamic, W, W == 1 ? Eigen::ColMajor : Eigen::RowMajor> y(n, W);
        for (Index i = 0; i < n; ++i) y.row(place[i]) = rhs.row(i).template segment<W>(first).array();
        for (Index k = 0; k < n; ++k) {
            const Row y_k = y.row(k);
            for (int e = start[k]; e < start[k + 1]; ++e) y.row(row[e]) -= value[e] * y_k;
        }
        for (Index k = n - 1; k >= 0; --k) {
            Row y_k = y.row(k) / std::real(ldlt_.diagonal()(k));
            for (int e = start[k]; e < start[k + 1]; ++e) y_k -= Eigen::numext::conj(value[e]) * y.row(row[e]);
            y.row(k) = y_k;
        }
        for (Index i = 0; i < n; ++i) x.row(i).template segment<W>(first) = y.row(place[i]).matrix();
    }

    OrderedLdlt<S> ldlt_;
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
