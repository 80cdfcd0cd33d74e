#pragma once
#include "chebyshev_polynomial.hpp"
#include "krylov_schur.hpp"

namespace lambdabar {

/// The rightmost, or leftmost, eigenvalues of an operator C without symmetry from a block of vectors that a Chebyshev
/// polynomial of C filters: the block Davidson method with a Chebyshev filter for its corrections (Zhou and Saad, SIAM
/// J. Matrix Anal. Appl. 29, 2007), on an ellipse as Saad (Math. Comp. 42, 1984) has it.
///
/// One step: filter the Ritz vectors that have not converged, add the result to the basis V, Rayleigh–Ritz on V for C
/// itself. So residuals are those of C, and the polynomial may change from step to step, with what is known of the
/// spectrum: an unwanted value outside the ellipse is magnified, seen, and enclosed by the next one. Any value beyond
/// the wanted end of the ellipse grows, whether it has been seen or not.
///
/// The filter starts with random vectors, one more than values at least: all copies of a multiple value grow alike, and
/// no separate search for them is needed.
///
/// Costs per step: d products of the block with a d that grows with the difficulty, all columns at once; one
/// orthogonalization against V, a small Schur form. Memory: V and C V, six blocks in all, and two for the filter.
template <ScalarType T>
class FilteredSearch {
public:
    /// `known`: what a Krylov–Schur run that was too slow has seen; its outline says where the spectrum lies.
    FilteredSearch(FusedProduct<T> C, Index n, const KrylovSchurTask& task, const KrylovSchurResult& known,
                   const Sum& sum);

    /// Columns the filter works on.
    static Index width(Index k) { return (k + 2 + 3) / 4 * 4; }

    /// `start` joins the first basis. `certain`: it is a good guess of the whole answer and the filter starts with it
    /// instead of with random vectors, which then can miss copies.
    KrylovSchurResult solve(const Block<T>& start, bool certain);

private:
    void append(Block<T> next);
    void rayleigh_ritz();
    bool sees_everything() const;
    bool settled();
    void shrink(Index p);
    void fit(const std::vector<std::complex<double>>& unwanted, const std::vector<std::complex<double>>& wanted);
    Index choose_degree();
    void filter(Block<T>& X, Index degree);
    Block<T> unconverged() const;
    Index closed(Index p) const { return closed_count<T>(values_, p); }
    KrylovSchurResult result(StopReason reason);

    FusedProduct<T> C_;
    Index n_;
    KrylovSchurTask task_;
    const Sum& sum_;
    Index k_, width_, capacity_, m_ = 0;
    Block<T> V_, W_;  // W = C V
    Matrix<T> H_;     // Vᴴ C V
    SchurForm schur_;
    Eigen::VectorXcd values_;
    Matrix<std::complex<double>> vectors_;  // of H
    Eigen::VectorXd residuals_, allowed_;
    std::vector<std::complex<double>> outline_;  // hull of the Ritz values met
    Eigen::VectorXcd known_values_;
    std::complex<double> known_cut_, cut_{std::numeric_limits<double>::quiet_NaN(), 0.0};
    DampingEllipse ellipse_;
    double damped_ = 0.0, least_ = 0.0, most_ = 0.0;  // largest growth of the unwanted, least and largest of the wanted
    double scale_, departure_, worst_ = 1e8;
    std::complex<double> guard_{std::numeric_limits<double>::quiet_NaN(), 0.0};
    double guard_residual_ = std::numeric_limits<double>::quiet_NaN();
    double margin_ = 0.5;  // of the tolerance, as in Krylov–Schur: what combining vectors may lose
    Index products_ = 0, iterations_ = 0, basis_size_ = 0, degree_ = 0;
};

}  // namespace lambdabar
