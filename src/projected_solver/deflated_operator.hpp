#pragma once
#include "block/metric.hpp"
#include "operator/counted.hpp"

#include <lambdabar/projected_solver/projected_solve.hpp>

#include <vector>

namespace lambdabar {

/// Those extra vectors whose Ritz value θ lies clear beyond every λ_i, by 1e-6 of their mean distance: they keep
/// (θ − λ_i)⁻¹ harmless.
std::vector<Index> clear_of(const Eigen::VectorXd& theta, const Eigen::VectorXd& lambda);

// With E approximate eigenvectors (EᴴBE = I, XᴴBE = 0, EᴴAE = Θ), Q = I − (XXᴴ + EEᴴ)B and F = QᴴAE, write the
// solution as w = E c + u, u in the range of Q. The E-rows of (A − λB)w = b give
//
//     c = (Θ − λ)⁻¹ (Eᴴb − Fᴴu),
//
// and the Q-rows, after eliminating c, the smaller system that is iterated on:
//
//     [Qᴴ(A − λB)Q − F(Θ − λ)⁻¹Fᴴ] u = Qᴴb − F(Θ − λ)⁻¹Eᴴb.
//
// It inherits definiteness from Pᴴ(A − λB)P and misses the eigenvalues E approximates. Fᴴu = Eᴴ(A − λB)u for u in
// the range of Q, so Fᴴu comes free with the projection. Solutions and directions live in the range of Q, residuals in
// that of Qᴴ; for B = I the two are one.
template <ScalarType S>
class DeflatedOperator {
public:
    /// Keeps a view of deflation.X.
    DeflatedOperator(CountedOperator<S>& A, const Metric<S>& metric, const Deflation<S>& deflation,
                     const Eigen::VectorXd& lambda, const Sum& sum);

    /// Y = [Qᴴ(A − λB)Q − F(Θ − λ)⁻¹Fᴴ] U; U in the range of Q, one λ per column.
    void apply(In<S> U, const Eigen::VectorXd& lambda, Out<S> Y);

    /// Y ← Qᴴ Y; `what` names Y if it is not finite.
    void project_residual(Out<S> Y, std::string_view what = "projected_solve: the residual") const;

    /// U ← Q U.
    void project_direction(Out<S> U, std::string_view what = "projected_solve: the solution") const;

    /// b ← Pᴴ b, away from X only.
    void remove_X(Out<S> b) const;

    /// The largest Ritz value of E; NaN if there is none.
    double largest_extra_value() const { return e_ > 0 ? theta_.maxCoeff() : std::numeric_limits<double>::quiet_NaN(); }

    /// True if residuals and directions live in the same space, B = I.
    bool one_space() const { return metric_.identity(); }

    /// b ← the right-hand side of the smaller system; remembers Eᴴb.
    void reduce(Out<S> b, const Eigen::VectorXd& lambda);

    /// w = E c + u, projected once more onto the complement of X.
    void complete(Out<S> U, const Eigen::VectorXd& lambda) const;

private:
    /// [X E]
    ConstBlockRef<S> XE() const { return e_ > 0 ? ConstBlockRef<S>(Z_.leftCols(k_ + e_)) : X_; }
    /// [BX BE]
    ConstBlockRef<S> images() const { return one_space() ? XE() : ConstBlockRef<S>(BZ_.leftCols(k_ + e_)); }
    /// [BX BE F]
    ConstBlockRef<S> images_and_F() const {
        if (!one_space()) return BZ_;
        return e_ > 0 ? ConstBlockRef<S>(Z_) : X_;
    }
    Matrix<S> divided_by_gap(Matrix<S> C, const Eigen::VectorXd& lambda) const;

    CountedOperator<S>& A_;
    const Metric<S>& metric_;
    const Sum& sum_;
    Index k_ = 0, e_ = 0;
    Eigen::VectorXd theta_;
    ConstBlockRef<S> X_;  // the caller's
    Block<S> Z_;          // [X E], if there is an E; with F behind it if B = I
    Block<S> BZ_;         // [BX BE F], if B ≠ I
    Block<S> scratch_;
    Matrix<S> rhs_in_E_;  // Eᴴb
};

}  // namespace lambdabar
