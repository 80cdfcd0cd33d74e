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
    Matrix<S> dense_A() const;
    Matrix<S> dense_B() const;

    Eigenpairs<S> pairs(UseFactor factor = UseFactor::automatic, double tol = 1e-13) const;
    oracle::PencilDecomposition<S> decomposition() const;
};

/// The set (ascending, within −5 … 5) at one end of the spectrum or in its interior, at least 1 from the rest; the rest
/// reaches to ±12.
template <ScalarType S>
PencilSet<S> pencil_set(const Eigen::VectorXd& set, Which which, unsigned seed, Index n = 40,
                        Mass mass = Mass::regular);

/// As expected_error(): pairs and adjoints with residuals `tol` relative to the spectrum's extent, in coordinates in
/// which B = I, and back (condition of B, once for Ā and once for the error of its norm).
template <ScalarType S>
double expected_pencil_error(const PencilSet<S>& problem, double tol, double gap) {
    return expected_error(tol, problem.pencil.size, gap) * problem.pencil.condition;
}

/// Cotangents of arbitrary pair objectives: λ̄ equal inside clusters, X̄ random without what sees their bases.
template <ScalarType S>
PairCotangent<S> random_cotangent(const PencilSet<S>& problem, const Eigenpairs<S>& pairs, unsigned seed);

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
Matrix<S> unit_direction(Index n, unsigned seed);

}  // namespace lambdabar::test
