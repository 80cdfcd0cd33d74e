#include "factorization/column_chunks.hpp"
#include "factorization/ordering.hpp"

#include <lambdabar/factorization/factorization.hpp>

#include <Eigen/SparseCholesky>

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

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

/// One row of W columns, real and imaginary parts apart: a complex product is then four real ones on whole registers,
/// without the C99 treatment of infinities.
template <class S, int W>
struct SplitRow {
    double re[W];
    void load(const double* from) { std::copy(from, from + W, re); }
    void store(double* to) const { std::copy(re, re + W, to); }
    void divide(double d) {
        for (int j = 0; j < W; ++j) re[j] /= d;
    }
    /// this −= a x
    void subtract_product(double a, const SplitRow& x) {
        for (int j = 0; j < W; ++j) re[j] -= a * x.re[j];
    }
};

template <int W>
struct SplitRow<std::complex<double>, W> {
    double re[W], im[W];
    void load(const std::complex<double>* from) {
        for (int j = 0; j < W; ++j) re[j] = from[j].real(), im[j] = from[j].imag();
    }
    void store(std::complex<double>* to) const {
        for (int j = 0; j < W; ++j) to[j] = {re[j], im[j]};
    }
    void divide(double d) {
        for (int j = 0; j < W; ++j) re[j] /= d, im[j] /= d;
    }
    void subtract_product(const std::complex<double>& a, const SplitRow& x) {
        const double a_re = a.real(), a_im = a.imag();
        for (int j = 0; j < W; ++j) {
            re[j] -= a_re * x.re[j] - a_im * x.im[j];
            im[j] -= a_re * x.im[j] + a_im * x.re[j];
        }
    }
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
        using Row = SplitRow<S, W>;
        const Index n = rhs.rows();
        const Eigen::SparseMatrix<S>& L = ldlt_.unit_lower();
        const int* start = L.outerIndexPtr();
        const int* row = L.innerIndexPtr();
        const S* value = L.valuePtr();
        const int* place = ldlt_.place();

        std::vector<Row> y(static_cast<std::size_t>(n));
        const auto at = [&](Index i) -> Row& { return y[static_cast<std::size_t>(i)]; };
        for (Index i = 0; i < n; ++i) at(place[i]).load(rhs.data() + i * rhs.outerStride() + first);
        for (Index k = 0; k < n; ++k) {
            const Row y_k = at(k);
            for (int e = start[k]; e < start[k + 1]; ++e) at(row[e]).subtract_product(value[e], y_k);
        }
        for (Index k = n - 1; k >= 0; --k) {
            Row y_k = at(k);
            y_k.divide(std::real(ldlt_.diagonal()(k)));
            for (int e = start[k]; e < start[k + 1]; ++e)
                y_k.subtract_product(Eigen::numext::conj(value[e]), at(row[e]));
            at(k) = y_k;
        }
        for (Index i = 0; i < n; ++i) at(place[i]).store(x.data() + i * x.outerStride() + first);
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
