#include <lambdabar/factorization/general_factorization.hpp>

#include "factorization/available_memory.hpp"
#include "factorization/column_chunks.hpp"
#include "factorization/ordering.hpp"

#include <lambdabar/block/kernels.hpp>

#include <Eigen/SparseLU>

#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kGoodError = 1e-11, kTolerableError = 1e-6;
constexpr int kMaxRefinement = 2;
constexpr Index kProbes = 4, kWidth = 4;
constexpr std::uint64_t kSeed = 0x5eed;

/// A − σB on the union of the patterns and the diagonal, by columns.
template <ScalarType T, ScalarType S>
Eigen::SparseMatrix<T> shifted(const SparseGeneral<S>& A, const SparseGeneral<S>* B, T sigma) {
    const Index n = A.rows();
    std::vector<Eigen::Triplet<T>> entries;
    entries.reserve(static_cast<std::size_t>(A.stored_entries() + (B ? B->stored_entries() : 0) + n));
    const auto add = [&](const SparseGeneral<S>& M, T scale) {
        for (Index o = 0; o < M.pattern().outer; ++o) {
            for (int e = M.pattern().start[o]; e < M.pattern().start[o + 1]; ++e) {
                const auto [r, c] = M.position(o, e);
                entries.emplace_back(static_cast<int>(r), static_cast<int>(c), scale * T(M.stored_values()[e]));
            }
        }
    };
    add(A, T{1});
    if (B) add(*B, -sigma);
    for (int i = 0; i < static_cast<int>(n); ++i) entries.emplace_back(i, i, B ? T{0} : -sigma);
    Eigen::SparseMatrix<T> M(n, n);
    M.setFromTriplets(entries.begin(), entries.end());
    M.makeCompressed();
    return M;
}

/// The lower triangle of the pattern of M + Mᴴ.
template <ScalarType T>
Eigen::SparseMatrix<T> symmetric_pattern(const Eigen::SparseMatrix<T>& M) {
    std::vector<Eigen::Triplet<T>> entries;
    entries.reserve(static_cast<std::size_t>(M.nonZeros()));
    for (Index c = 0; c < M.outerSize(); ++c) {
        for (typename Eigen::SparseMatrix<T>::InnerIterator it(M, c); it; ++it) {
            const auto r = static_cast<int>(it.row()), k = static_cast<int>(it.col());
            entries.emplace_back(std::max(r, k), std::min(r, k), T{1});
        }
    }
    Eigen::SparseMatrix<T> lower(M.rows(), M.cols());
    lower.setFromTriplets(entries.begin(), entries.end());
    lower.makeCompressed();
    return lower;
}

/// Entry i is the new place of column i, as SparseLU wants it.
template <ScalarType T>
struct MinimumDegree {
    using PermutationType = Permutation;
    void operator()(const Eigen::SparseMatrix<T>& M, Permutation& place) const {
        place = minimum_degree<T>(symmetric_pattern<T>(M));
    }
};

}  // namespace

template <ScalarType T>
struct GeneralFactorization<T>::State {
    using Lu = Eigen::SparseLU<Eigen::SparseMatrix<T>, MinimumDegree<T>>;
    Eigen::SparseMatrix<T> M;
    std::optional<SparseGeneral<T>> product;
    mutable Lu lu;
    bool singular = true;
    int steps = 0;
    double norm = 0.0, backward_error = std::numeric_limits<double>::infinity();
    double condition = std::numeric_limits<double>::infinity();

    void factorize(double memory_limit) {
        lu.isSymmetric(true);
        lu.setPivotThreshold(0.1);
        lu.analyzePattern(M);
        const double entries = 2.0 * cholesky_entries<T>(symmetric_pattern<T>(M), lu.colsPermutation());
        // SparseLU grows its arrays by half, and copies one of them then.
        const double bytes = entries * (2.0 * sizeof(T) + 1.5 * sizeof(int)) +
                             4.0 * static_cast<double>(M.nonZeros()) * (sizeof(T) + sizeof(int));
        const double available = memory_limit > 0.0 ? memory_limit : available_memory();
        if (bytes > available || entries > std::numeric_limits<int>::max()) {
            std::ostringstream message;
            message << "GeneralFactorization: factorizing A − σB (n = " << M.rows() << ") would take about " << bytes
                    << " bytes (" << entries << " entries in the factors), and " << available << " bytes are "
                    << (memory_limit > 0.0 ? "allowed" : "available");
            throw std::runtime_error(message.str());
        }
        lu.factorize(M);
        if (lu.info() != Eigen::Success) return;
        product.emplace(M);
        Eigen::VectorXd row_sums = Eigen::VectorXd::Zero(M.rows());
        for (Index c = 0; c < M.outerSize(); ++c) {
            for (typename Eigen::SparseMatrix<T>::InnerIterator it(M, c); it; ++it)
                row_sums(it.row()) += std::abs(it.value());
        }
        norm = row_sums.maxCoeff();
        measure();
        while (backward_error > kGoodError && steps < kMaxRefinement) ++steps, measure();
        singular = !(backward_error <= kTolerableError) || !(condition < 1.0 / (16.0 * kEps));
    }

    void measure() {
        const Index n = M.rows();
        Block<T> b(n, kProbes), x(n, kProbes), residual(n, kProbes);
        fill_random<T>(b, kSeed, 0);
        backward_error = condition = 0.0;
        for (const bool adjoint : {false, true}) {
            solve(adjoint, b, x);
            if (!x.allFinite()) {
                backward_error = condition = std::numeric_limits<double>::infinity();
                return;
            }
            adjoint ? product->apply_adjoint(x, residual) : product->apply(x, residual);
            for (Index j = 0; j < kProbes; ++j) {
                const double size = norm * x.col(j).norm(), b_norm = b.col(j).norm();
                backward_error = std::max(backward_error, (b.col(j) - residual.col(j)).norm() / (size + b_norm));
                condition = std::max(condition, size * std::sqrt(static_cast<double>(n)) / b_norm);
            }
        }
    }

    void solve_once(bool adjoint, In<T> R, Out<T> X) const {
        const auto transposed = lu.adjoint();
        for_column_chunks(R.cols(), kWidth, [&](Index first, Index columns) {
            const Matrix<T> b = R.middleCols(first, columns);
            Matrix<T> x(b.rows(), columns);
            if (adjoint) {
                x = transposed.solve(b);
            } else {
                x = lu.solve(b);
            }
            X.middleCols(first, columns) = x;
        });
    }

    void solve(bool adjoint, In<T> R, Out<T> X) const {
        solve_once(adjoint, R, X);
        Block<T> residual, correction;
        for (int step = 0; step < steps; ++step) {
            residual.resize(R.rows(), R.cols());
            correction.resize(R.rows(), R.cols());
            adjoint ? product->apply_adjoint(X, residual) : product->apply(X, residual);
            residual = R - residual;
            solve_once(adjoint, residual, correction);
            X += correction;
        }
    }
};

template <ScalarType T>
template <ScalarType S>
GeneralFactorization<T>::GeneralFactorization(const SparseGeneral<S>& A,
                                              const std::type_identity_t<SparseGeneral<S>>* B,
                                              std::complex<double> sigma, double memory_limit)
    : state_(std::make_unique<State>()) {
    std::ostringstream message;
    if (A.rows() == 0 || (B && B->rows() != A.rows())) {
        message << "GeneralFactorization: A has " << A.rows() << " rows";
        if (B) message << " and B has " << B->rows();
        message << "; they must have the same size, at least one row";
        throw std::invalid_argument(message.str());
    }
    T shift{};
    if constexpr (std::same_as<T, double>) {
        shift = sigma.real();
    } else {
        shift = sigma;
    }
    if (!std::isfinite(std::abs(sigma)) || std::complex<double>(shift) != sigma) {
        message << "GeneralFactorization: the shift " << sigma << " is not finite, or not real as the factor is";
        throw std::invalid_argument(message.str());
    }
    state_->M = shifted<T, S>(A, B, shift);
    state_->factorize(memory_limit);
}

template <ScalarType T>
GeneralFactorization<T>::GeneralFactorization(GeneralFactorization&&) noexcept = default;
template <ScalarType T>
GeneralFactorization<T>::~GeneralFactorization() = default;

template <ScalarType T>
bool GeneralFactorization<T>::singular() const {
    return state_->singular;
}
template <ScalarType T>
double GeneralFactorization<T>::backward_error() const {
    return state_->backward_error;
}
template <ScalarType T>
double GeneralFactorization<T>::condition() const {
    return state_->condition;
}
template <ScalarType T>
std::string GeneralFactorization<T>::method() const {
    std::string name = "LU (Eigen)";
    if (state_->steps > 0)
        name += ", " + std::to_string(state_->steps) + " refinement step" + (state_->steps > 1 ? "s" : "");
    return name;
}
template <ScalarType T>
void GeneralFactorization<T>::solve(In<T> R, Out<T> X) const {
    state_->solve(false, R, X);
}
template <ScalarType T>
void GeneralFactorization<T>::solve_adjoint(In<T> R, Out<T> X) const {
    state_->solve(true, R, X);
}

template class GeneralFactorization<double>;
template class GeneralFactorization<std::complex<double>>;
template GeneralFactorization<double>::GeneralFactorization(const SparseGeneral<double>&, const SparseGeneral<double>*,
                                                            std::complex<double>, double);
template GeneralFactorization<std::complex<double>>::GeneralFactorization(const SparseGeneral<double>&,
                                                                          const SparseGeneral<double>*,
                                                                          std::complex<double>, double);
template GeneralFactorization<std::complex<double>>::GeneralFactorization(const SparseGeneral<std::complex<double>>&,
                                                                          const SparseGeneral<std::complex<double>>*,
                                                                          std::complex<double>, double);

}  // namespace lambdabar
