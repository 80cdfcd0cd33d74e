#pragma once
// Pencils and objectives for the tests of both cotangents.
#include <lambdabar/operator/sparse.hpp>

#include "derivative/fixtures.hpp"
#include "derivative/pencil_oracle.hpp"
#include "pencils.hpp"

namespace lambdabar::test {

/// A sparse pencil whose set of k eigenvalues has chosen values, and how eigsh() is asked for it.
template <ScalarType S>
struct PencilSet {
    TestPencil<S> pencil;
    Which which = Which::smallest;
    double sigma = kNaN;
    Index first = 0;              // of the set in the spectrum
    std::vector<Cluster> groups;  // the set's clusters, ascending
    SparseHermitian<S> A{pencil.A}, B{pencil.B};

    Index k() const { return groups.back().first + groups.back().count; }
    Index n() const { return pencil.n(); }
    Matrix<S> dense_A() const { return dense(pencil.A); }
    Matrix<S> dense_B() const { return dense(pencil.B); }

    Eigenpairs<S> pairs(UseFactor factor = UseFactor::automatic, double tol = 1e-13) const {
        auto result = eigsh(A, B, {.k = k(), .which = which, .sigma = sigma, .tol = tol, .factor = factor});
        if (!result.converged) throw std::runtime_error("PencilSet: not converged");
        return result;
    }
    oracle::PencilDecomposition<S> decomposition() const {
        const Index rank = pencil.spectrum.size();
        return rank == n() ? oracle::decompose<S>(dense_A(), dense_B(), first, k())
                           : oracle::decompose_singular<S>(dense_A(), dense_B(), rank, first, k());
    }
};

/// The set (ascending, within −5 … 5) at one end of the spectrum or in its interior, at least 1 from the rest; the rest
/// reaches to ±12.
template <ScalarType S>
PencilSet<S> pencil_set(const Eigen::VectorXd& set, Which which, unsigned seed, Index n = 40,
                        Mass mass = Mass::regular) {
    const Index k = set.size(), rest = n - k;
    Index below = which == Which::smallest ? 0 : which == Which::largest ? rest : rest / 2;
    Eigen::VectorXd values(n);
    values << Eigen::VectorXd::LinSpaced(below, -12.0, -6.0), set, Eigen::VectorXd::LinSpaced(rest - below, 6.0, 12.0);
    PencilSet<S> problem{.pencil = test_pencil<S>(values, seed, mass),
                         .which = which,
                         .first = below,
                         .groups = find_clusters(set, Eigen::VectorXd::Zero(k), 1e-9)};
    // Every member nearer than ±6, and no eigenvalue.
    if (which == Which::nearest) problem.sigma = (set(0) + set(k - 1)) / 2.0 + 0.1;
    return problem;
}

/// As expected_error(): pairs and adjoints with residuals `tol` relative to the spectrum's extent, in coordinates in
/// which B = I, and back (condition of B, once for Ā and once for the error of its norm).
template <ScalarType S>
double expected_pencil_error(const PencilSet<S>& problem, double tol, double gap) {
    return expected_error(tol, problem.pencil.size, gap) * problem.pencil.condition;
}

/// Cotangents of arbitrary pair objectives: λ̄ equal inside clusters, X̄ random without what sees their bases.
template <ScalarType S>
PairCotangent<S> random_cotangent(const PencilSet<S>& problem, const Eigenpairs<S>& pairs, unsigned seed) {
    const Index n = problem.n(), k = problem.k();
    Eigen::VectorXd values_bar = random_matrix<double>(k, 1, seed);
    for (const Cluster& c : problem.groups) values_bar.segment(c.first, c.count).setConstant(values_bar(c.first));
    Matrix<S> X_bar = random_matrix<S>(n, k, seed + 1);
    for (const Cluster& c : problem.groups) {  // M_cc Hermitian: X̄ −= B X_c (M_cc − M_ccᴴ)/2, since XᴴBX = I
        const Matrix<S> X_c = pairs.vectors.middleCols(c.first, c.count);
        const Matrix<S> M = X_c.adjoint() * X_bar.middleCols(c.first, c.count);
        X_bar.middleCols(c.first, c.count) -= problem.pencil.B * X_c * ((M - M.adjoint()) / 2.0);
    }
    return {values_bar, X_bar};
}

/// d/dt of φ(λ, X)(A + t dA, B + t dB) at 0.
template <ScalarType S, class Objective>
oracle::Estimate difference_of(const PencilSet<S>& problem, const Matrix<S>& dA, const Matrix<S>& dB, double h,
                               const Objective& phi) {
    const Matrix<S> A = problem.dense_A(), B = problem.dense_B();
    const auto at = [&](double t) {
        const auto d = oracle::decompose<S>(A + t * dA, B + t * dB, problem.first, problem.k());
        return phi(d.values(), d.vectors());
    };
    const double noise =
        10.0 * kEps * problem.pencil.condition * static_cast<double>(A.rows()) * std::max(1.0, std::abs(at(0.0)));
    return oracle::central_difference(at, h, noise);
}

template <ScalarType S>
Matrix<S> unit_direction(Index n, unsigned seed) {
    Matrix<S> D = random_hermitian<S>(n, seed);
    return D / D.norm();
}

}  // namespace lambdabar::test
