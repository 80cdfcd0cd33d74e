#pragma once
// A dense projected problem with every quantity that the tests of projected_solve() need.
#include <lambdabar/projected_solver/projected_solve.hpp>

#include <algorithm>

#include "support.hpp"

namespace lambdabar::test {

/// P(A − λ_i)P w_i = P rhs_i, with X a set of exact eigenvectors of a dense A of known spectrum.
template <ScalarType S>
struct ProjectedProblem {
    DenseOperator<S> A;
    Eigen::VectorXd all_values;  // ascending
    Matrix<S> all_vectors;
    std::vector<Index> set;  // which of them X holds
    double sign = 1.0;
    Block<S> X;
    Block<S> extra;
    Eigen::VectorXd extra_values;
    Eigen::VectorXd lambda;  // one shift per column
    Block<S> rhs;

    Index n() const { return all_values.size(); }
    double norm_A() const { return all_values.cwiseAbs().maxCoeff(); }
    bool in_set(Index j) const { return std::find(set.begin(), set.end(), j) != set.end(); }
    Deflation<S> deflation() const { return {.X = X, .extra = extra, .extra_values = extra_values, .sign = sign}; }

    /// Smallest distance of the shift of column i from the spectrum outside X.
    double gap(Index i) const;

    /// The pseudo-inverse solution Σ_{j not in X} x_j (x_jᴴ rhs_i)/(λ_j − λ_i).
    Matrix<S> solution() const;

    /// ‖P(A − λ_i)P w_i − P rhs_i‖ of every column.
    Eigen::VectorXd true_residuals(const Matrix<S>& W) const;

    /// What rounding does to a residual: a product in dimension n, with an operator of norm ‖A‖.
    double rounding(const Matrix<S>& W) const;

    /// E spans the first `count` eigenvectors beyond X disturbed by `roughness` (Frobenius norm 1 per column when it is
    /// 1; infinity: random), made orthonormal, orthogonal to X and Ritz vectors: EᴴAE = Θ.
    void set_extra(Index count, double roughness, unsigned seed);
};

/// X holds the eigenvectors `set` of a random matrix with this spectrum; shifts are their eigenvalues (in turn, for
/// `columns` columns); random right-hand sides.
template <ScalarType S>
ProjectedProblem<S> projected_problem(const Eigen::VectorXd& values, std::vector<Index> set, double sign, unsigned seed,
                                      Index columns = 0);

/// The k lowest (sign > 0) or highest of n indices.
std::vector<Index> one_end(Index n, Index k, double sign);

/// n eigenvalues: 1, 2 and again 2, 3 at the bottom, a gap, then an even spread up to 10 + n/5; and the mirror of it.
Eigen::VectorXd spread_spectrum(Index n, double sign);

/// Eigenvector (i, j) of the Dirichlet Laplacian on m0 × m1 points.
Vector<double> laplacian_eigenvector(Index m0, Index m1, Index i, Index j);

/// Everything that must hold for a solution said to have converged at relative tolerances `tol`.
template <ScalarType S>
void check_solution(const ProjectedProblem<S>& problem, const ProjectedSolution<S>& solution,
                    const Eigen::VectorXd& tol);

}  // namespace lambdabar::test
