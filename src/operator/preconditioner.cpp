#include <lambdabar/operator/preconditioner.hpp>

#include "factor_rows.hpp"
#include "modified_cholesky.hpp"

#include <Eigen/IterativeLinearSolvers>

#include <memory>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

void require_rows(const char* name, Index mine, Index given) {
    if (mine == given) return;
    std::ostringstream message;
    message << name << ": this preconditioner has " << mine << " rows, the block " << given;
    throw std::invalid_argument(message.str());
}

constexpr double kRelaxation = 0.95;
// A pivot is half of its diagonal entry inside of a grid, in any dimension. Much less says that the order of the rows
// is not a grid's: taking from the diagonal then costs iterations (up to a third more on shuffled and irregular ones).
constexpr double kLeastOfModified = 0.4;
constexpr double kLeastPivot = 1e-4;

/// The lower triangle of A − shift·I, whatever triangle the caller stores.
template <ScalarType S>
Eigen::SparseMatrix<S> lower_triangle(const SparseHermitian<S>& A, double shift) {
    const StoredPattern& pattern = A.pattern();
    const Eigen::Map<const Eigen::SparseMatrix<S>> stored(A.rows(), A.rows(), pattern.size(), pattern.start,
                                                          pattern.inner, A.stored_values());
    Eigen::SparseMatrix<S> M = stored, identity(A.rows(), A.rows());
    if (pattern.row_major) M = M.transpose().eval();
    if (A.triangle() == Triangle::upper) M = M.adjoint().eval();
    identity.setIdentity();
    return Eigen::SparseMatrix<S>(M.template triangularView<Eigen::Lower>()) - S{shift} * identity;
}

/// Modified if that goes well, then on the pattern of A, then by Eigen: with a shift of the diagonal, until it exists.
template <ScalarType S>
FactorRows<S> factorize(const Eigen::SparseMatrix<S>& A, double shift) {
    const Eigen::VectorXd ones = Eigen::VectorXd::Ones(A.rows());
    if (const auto L = modified_cholesky<S>(A, kRelaxation, kLeastOfModified)) return {*L, ones};
    if (const auto L = modified_cholesky<S>(A, 0.0, kLeastPivot)) return {*L, ones};
    // In the order of the rows: minimum degree, the default, costs 1.6 times the iterations on a grid, and gains
    // nothing on a grid whose rows are shuffled.
    Eigen::IncompleteCholesky<S, Eigen::Lower, Eigen::NaturalOrdering<int>> factor(A);
    if (factor.info() != Eigen::Success) {
        std::ostringstream message;
        message << "incomplete_cholesky: the factorization of A − " << shift << "·I (n = " << A.rows() << ") failed";
        throw std::invalid_argument(message.str());
    }
    return {factor.matrixL(), factor.scalingS()};  // S A S ≈ L Lᴴ
}

}  // namespace

template <ScalarType S>
Preconditioner<S> jacobi(const SparseHermitian<S>& A, double shift) {
    Eigen::VectorXd inverse = (A.diagonal().array() - shift).abs();
    inverse = (inverse.array() > 0.0).select(inverse.cwiseInverse(), 1.0);
    return [inverse](In<S> R, Out<S> Z) {
        require_rows("jacobi", inverse.size(), R.rows());
        Z = inverse.template cast<S>().asDiagonal() * R;
    };
}

template <ScalarType S>
Preconditioner<S> incomplete_cholesky(const SparseHermitian<S>& A, double shift) {
    const auto rows = std::make_shared<const FactorRows<S>>(factorize<S>(lower_triangle(A, shift), shift));
    return [rows](In<S> R, Out<S> Z) {
        require_rows("incomplete_cholesky", rows->n(), R.rows());
        Z = R;
        rows->solve(Z);
    };
}

template Preconditioner<double> jacobi<double>(const SparseHermitian<double>&, double);
template Preconditioner<std::complex<double>> jacobi<std::complex<double>>(const SparseHermitian<std::complex<double>>&,
                                                                           double);
template Preconditioner<double> incomplete_cholesky<double>(const SparseHermitian<double>&, double);
template Preconditioner<std::complex<double>> incomplete_cholesky<std::complex<double>>(
    const SparseHermitian<std::complex<double>>&, double);

}  // namespace lambdabar
