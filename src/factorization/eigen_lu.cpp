#include "factorization/column_chunks.hpp"
#include "factorization/ordering.hpp"

#include <lambdabar/factorization/factorization.hpp>

#include <Eigen/SparseLU>

#include <limits>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr Index kWidth = 4;

/// Minimum degree on the pattern of M, as SparseLU wants it: entry i is the new place of column i. (Eigen 3.4's
/// AMDOrdering returns the inverse of that, COLAMDOrdering does not. COLAMD orders MᴴM, with several times the fill.)
template <ScalarType S>
struct SymmetricOrdering {
    using PermutationType = Permutation;
    void operator()(const Eigen::SparseMatrix<S>& M, Permutation& place) const {
        const Eigen::SparseMatrix<S> lower = M.template triangularView<Eigen::Lower>();
        place = minimum_degree<S>(lower);
    }
};

template <ScalarType S>
class EigenLu final : public Factorization<S> {
public:
    // The diagonal stays the pivot where it is a tenth of its column's largest: the order that keeps L sparse is kept
    // with it, and growth is bounded by 11 instead of 2 for each elimination.
    EigenLu() {
        lu_.isSymmetric(true);
        lu_.setPivotThreshold(0.1);
    }

    std::string name() const override { return "LU (Eigen)"; }
    bool pivots() const override { return true; }

    FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) override {
        lu_.analyzePattern(full(lower));
        const double entries = 2.0 * cholesky_entries<S>(lower, lu_.colsPermutation());
        if (entries > std::numeric_limits<int>::max()) {
            std::ostringstream message;
            message << "eigen_lu: the factors of a matrix with " << lower.rows() << " rows would have " << entries
                    << " entries, more than the 32-bit limit " << std::numeric_limits<int>::max();
            throw std::runtime_error(message.str());
        }
        // SparseLU grows its arrays by half and copies one of the two when they are full. Its copy of M, and ours.
        const double growing = 2.0 * sizeof(S) + 1.5 * sizeof(int);
        const double matrix = 4.0 * static_cast<double>(lower.nonZeros()) * (sizeof(S) + sizeof(int));
        return {entries, entries * growing + matrix};
    }

    bool factorize(const Eigen::SparseMatrix<S>& lower) override {
        lu_.factorize(full(lower));
        return lu_.info() == Eigen::Success;
    }

    void solve(In<S> rhs, Out<S> x) const override {
        for_column_chunks(rhs.cols(), kWidth, [&](Index first, Index columns) {
            const Matrix<S> b = rhs.middleCols(first, columns);
            const Matrix<S> solution = lu_.solve(b);
            x.middleCols(first, columns) = solution;
        });
    }

    std::optional<Inertia> inertia() const override { return std::nullopt; }

private:
    static Eigen::SparseMatrix<S> full(const Eigen::SparseMatrix<S>& lower) {
        return lower.template selfadjointView<Eigen::Lower>();
    }

    Eigen::SparseLU<Eigen::SparseMatrix<S>, SymmetricOrdering<S>> lu_;
};

}  // namespace

template <ScalarType S>
Factorizer<S> eigen_lu() {
    return [] { return std::make_unique<EigenLu<S>>(); };
}

template Factorizer<double> eigen_lu<double>();
template Factorizer<std::complex<double>> eigen_lu<std::complex<double>>();

}  // namespace lambdabar
