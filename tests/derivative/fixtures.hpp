#pragma once
// Problems and objectives for the tests of derivatives.
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <algorithm>

#include "derivative/oracle.hpp"
#include "support.hpp"

namespace lambdabar::test {

/// A dense matrix with chosen eigenvalues at one end: the set of k, then a gap of at least 1, then 6 … 12.
template <ScalarType S>
struct SetProblem {
    DenseOperator<S> A;
    Which which = Which::smallest;
    std::vector<Cluster> groups;  // the set's clusters, ascending

    Index k() const { return groups.back().first + groups.back().count; }
    Index n() const { return A.rows(); }
};

/// `at_the_end`: the set's eigenvalues for Which::smallest, ascending, between 0 and 5; mirrored for Which::largest.
template <ScalarType S>
SetProblem<S> set_problem(const Eigen::VectorXd& at_the_end, Which which, unsigned seed, Index n = 40);

/// Smallest distance between clusters of the set, and from the set to the rest.
template <ScalarType S>
double smallest_gap(const oracle::Decomposition<S>& d, const std::vector<Cluster>& clusters);

/// What ‖Ā − exact‖/‖exact‖ may be when pairs and adjoints have residuals `tol` relative to ‖A‖ and ‖P x̄‖: eigenvectors
/// are off by ‖r‖/δ, which enters the in-span part and the adjoint once more over δ (mathematics.md, section 8).
/// `safety` covers the sum over pairs and the ratio of ‖X̄‖/δ to ‖Ā‖.
inline double expected_error(double tol, double norm_A, double gap, double safety = 50.0) {
    return safety * tol * norm_A / gap * std::max(1.0, 1.0 / gap);
}

/// X̄ with the part that sees the basis inside the clusters removed: M_cc Hermitian.
template <ScalarType S>
Matrix<S> fix_gauge(const Matrix<S>& X, Matrix<S> X_bar, const std::vector<Cluster>& clusters);

/// φ = Σ_c ½ weight_c Σ_{i∈c} λ_i² + Σ_c tr(P_c H P_c H): differentiable wherever the groups do not touch one another,
/// also in directions that split them.
template <ScalarType S>
struct GroupObjective {
    Matrix<S> H;
    std::vector<Cluster> groups;
    Eigen::VectorXd weights;  // one per group

    GroupObjective(Index n, std::vector<Cluster> clusters, unsigned seed);
    double operator()(const Eigen::VectorXd& values, const Matrix<S>& X) const;
    PairCotangent<S> cotangent(const Eigen::VectorXd& values, const Matrix<S>& X) const;
};

/// d/dt of φ(λ, X)(A + t dA) at 0, by differences of dense decompositions.
template <ScalarType S, class Objective>
oracle::Estimate difference_of(const Matrix<S>& A, const Matrix<S>& dA, Index k, Which which, double h,
                               const Objective& phi) {
    const auto at = [&](double t) {
        const auto d = oracle::decompose<S>(A + t * dA, k, which);
        return phi(d.values(), d.vectors());
    };
    const double noise = 10.0 * kEps * static_cast<double>(A.rows()) * std::max(1.0, std::abs(at(0.0)));
    return oracle::central_difference(at, h, noise);
}

/// Tight pairs of a SetProblem.
template <class Op>
auto tight_pairs(const Op& A, Index k, Which which, double tol = 1e-13) {
    auto pairs = eigsh(A, {.k = k, .which = which, .tol = tol});
    if (!pairs.converged) throw std::runtime_error("tight_pairs: not converged");
    return pairs;
}

/// ‖A − B‖/‖B‖
template <class MatrixA, class MatrixB>
double relative_error(const MatrixA& A, const MatrixB& B) {
    return (A - B).norm() / B.norm();
}

}  // namespace lambdabar::test
