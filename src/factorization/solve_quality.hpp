#pragma once
// How well a factorization solves: backward error and condition, independent of the units of the rows.
#include <lambdabar/factorization/factorization.hpp>
#include <lambdabar/operator/sparse.hpp>

namespace lambdabar {

/// A Hermitian matrix with a diagonal scaling D after which the largest entry of each row of DMD is about one, and none
/// is larger (Ruiz, RAL-TR-2001-034: D_ii ← D_ii (max_j |D_ii M_ij D_jj|)^(−1/2), one for an empty row, the distance to
/// one halving in logarithm each time, until every row is within a factor 2 or 20 times are over). Costs a copy of the
/// matrix with both triangles, and a pass over the stored triangle for each iteration: 2 for well-scaled matrices.
template <ScalarType S>
class ScaledMatrix {
public:
    /// Keeps a view of `lower`, which must outlive this; after new values on the same pattern call refresh().
    explicit ScaledMatrix(const Eigen::SparseMatrix<S>& lower);
    void refresh();

    /// Y = M X − Y
    void apply_and_subtract(In<S> X, Out<S> Y) const { matrix_.apply_fused(X, zero_shift(X.cols()), 1.0, 1.0, Y); }

    const Eigen::VectorXd& scaling() const { return scaling_; }
    double norm() const { return norm_; }  // ‖DMD‖_∞
    double bytes() const;

private:
    static Eigen::VectorXd zero_shift(Index columns) { return Eigen::VectorXd::Zero(columns); }

    const Eigen::SparseMatrix<S>* lower_;
    SparseHermitian<S> matrix_;
    Eigen::VectorXd scaling_;
    double norm_ = 0.0;
};

/// x = M⁻¹ b from the factorization, with `steps` of x ← x − M⁻¹(M x − b). x must not overlap b.
template <ScalarType S>
void refined_solve(const Factorization<S>& factor, const ScaledMatrix<S>& M, int steps, In<S> b, Out<S> x);

struct SolveQuality {
    double backward_error = 0.0;  // the largest of the columns; infinity if a solution is not finite
    double condition = 0.0;       // ‖DMD‖_∞ ‖D⁻¹x‖ √n / ‖Db‖, the largest of the columns
};

/// Solves with four right-hand sides b = D⁻¹g, g standard normal and always the same. For a matrix with one small
/// singular value s and its vector v, the estimated condition is ‖DMD‖_∞ max|vᴴg| / s: too small by 10 in one of
/// 10⁴ directions v.
template <ScalarType S>
SolveQuality measure_quality(const Factorization<S>& factor, const ScaledMatrix<S>& M, int steps);

}  // namespace lambdabar
