#include "block/triangular_native.hpp"
#include "factorization/column_chunks.hpp"
#include "factorization/ordering.hpp"

#include <lambdabar/factorization/factorization.hpp>

#include <Eigen/SparseCholesky>

#include <algorithm>
#include <concepts>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <omp.h>

namespace lambdabar {

namespace {

/// Columns that travel together through L: each entry of L (12 or 20 bytes) is loaded once for all of them.
constexpr Index kWidest = 8, kNarrowest = 4;
constexpr Index kSerialWork = 4'000'000;  // entries of L times columns, some milliseconds: below, threads do not pay

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

/// First columns of runs of at most four that share their rows (native::LdltFactors), and n.
template <ScalarType S>
std::vector<int> panels(const Eigen::SparseMatrix<S>& L) {
    constexpr int kPanel = 4;
    const int n = static_cast<int>(L.cols());
    const int* start = L.outerIndexPtr();
    const int* row = L.innerIndexPtr();
    std::vector<int> first;
    for (int k = 0; k < n; ++k) {
        // In a Cholesky factor column k − 1 without its first row c is part of column c: all of it, if as long.
        const bool joins = k > 0 && k - first.back() < kPanel && start[k] > start[k - 1] && row[start[k - 1]] == k &&
                           start[k] - start[k - 1] == start[k + 1] - start[k] + 1;
        if (!joins) first.push_back(k);
    }
    first.push_back(n);
    return first;
}

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
        return {entries, (entries - n + matrix) * pair + n * (2.0 * sizeof(S) + sizeof(double) + 11.0 * sizeof(int))};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        factorized_ = ldlt_.factor(lower);
        if (!factorized_) return false;
        diagonal_ = ldlt_.diagonal().real();
        panels_ = panels<S>(ldlt_.unit_lower());
        return true;
    }

    void solve(In<S> rhs, Out<S> x) const override {
        // Columns do not mix, and each is computed alike at every width: so threads may share them as they like.
        const Index columns = rhs.cols();
        const Index threads = columns * ldlt_.unit_lower().nonZeros() < kSerialWork ? 1 : omp_get_max_threads();
        const auto chunk = [&](Index first, Index count) { solve_columns(rhs, x, first, count); };
        if (threads == 1) {
            for (Index first = 0; first < columns; first += kWidest) chunk(first, std::min(kWidest, columns - first));
        } else {
            const Index share = (columns + threads - 1) / threads;
            for_column_chunks(columns, std::clamp(share, kNarrowest, kWidest), chunk);
        }
    }

    std::optional<Inertia> inertia() const override {
        if (!factorized_) return std::nullopt;
        return Inertia{(diagonal_.array() < 0.0).count(), 0, (diagonal_.array() > 0.0).count()};
    }

private:
    // L y = P b, D z = y, Lᴴ P x = z: passes over L, 2; work space: up to 8 vectors.
    void solve_columns(In<S> rhs, BlockRef<S>& x, Index first, Index columns) const {
        constexpr bool real = std::same_as<S, double>;
        const Index n = rhs.rows();
        const int lanes = columns <= 2 ? static_cast<int>(columns) : columns <= 4 ? 4 : 8;
        const Index stride = real ? lanes : 2 * lanes;
        const Eigen::SparseMatrix<S>& L = ldlt_.unit_lower();
        const int* place = ldlt_.place();
        std::vector<double> y(static_cast<std::size_t>(n * stride));
        for (Index i = 0; i < n; ++i) {
            const S* from = rhs.data() + i * rhs.outerStride() + first;
            double* to = y.data() + place[i] * stride;
            for (Index j = 0; j < columns; ++j) {
                to[j] = std::real(from[j]);
                if constexpr (!real) to[lanes + j] = std::imag(from[j]);
            }
        }
        const native::LdltFactors factors{.start = L.outerIndexPtr(),
                                          .row = L.innerIndexPtr(),
                                          .value = reinterpret_cast<const double*>(L.valuePtr()),
                                          .diagonal = diagonal_.data(),
                                          .panel = panels_.data(),
                                          .panels = static_cast<native::Size>(panels_.size()) - 1};
        real ? native::solve_ldlt(factors, y.data(), lanes) : native::solve_ldlt_complex(factors, y.data(), lanes);
        for (Index i = 0; i < n; ++i) {
            const double* from = y.data() + place[i] * stride;
            S* to = x.data() + i * x.outerStride() + first;
            for (Index j = 0; j < columns; ++j) {
                if constexpr (real) {
                    to[j] = from[j];
                } else {
                    to[j] = {from[j], from[lanes + j]};
                }
            }
        }
    }

    OrderedLdlt<S> ldlt_;
    Eigen::VectorXd diagonal_;  // D
    std::vector<int> panels_;
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
