#pragma once
#include "block/metric.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

#include <functional>

namespace lambdabar {

/// H = Y Θ Yᴴ with ascending keys of θ, and ‖K V y − V y θ‖ = ‖S y‖.
template <ScalarType S>
struct RelationRitz {
    Eigen::VectorXd values;
    Matrix<S> vectors;
    Eigen::VectorXd residuals;
};

/// The block Krylov relation of K = (A − σB)⁻¹B, self-adjoint in the inner product of `metric`: xᴴBy, or xᴴAy where A
/// is the definite one and σ = 0 (all transposes below are those of this inner product),
///
///     K V = V H + P S,     V n×m, P n×w, [V P] orthonormal, H m×m Hermitian, S w×m
///
///     ┌────── V ──────┬── P ──┬── free ──┐
///
/// K is projected with every column of V (full orthogonalization), so the relation holds to the rounding of the solves:
/// images K V y = V H y + P S y and their distance ‖S y‖ from V need no solve and no second basis beside V. Any
/// orthonormal block may join P (S gets rows of zeros).
///
/// A step costs a solve per column, two products with B per vector (a third where the projection cancels), three passes
/// over V. Solves of w columns share the passes over the factor, which are most of the time: that is what w is for.
template <ScalarType S>
class InvertedRelation {
protected:
    InvertedRelation(const Pencil<S>& pencil, const BlockSolve<S>& solve, Metric<S> metric, Definite definite,
                     const Sum& sum, std::string_view product)
        : pencil_(pencil),
          solve_(solve),
          metric_(std::move(metric)),
          definite_(definite),
          sum_(sum),
          product_(product),
          n_(pencil.rows()),
          global_n_(sum.total(n_)) {}

    /// m = w = 0, with room for so many columns of [V P].
    void start(Index capacity);

    /// Room for more columns of [V P], which stay.
    void reserve(Index capacity);

    /// V ← [V P₁], P₁ the first columns of P: U = K P₁, C = [V P]ᴴU, U − [V P]C = Q R,
    ///     P ← [P₂ Q],  H grows by C's rows of [V P₁],  S ← [S₂ C₂; 0 R].
    void step(Index columns);

    /// The same with the images of P₁ in the first free columns of V.
    void absorb(Index columns);

    /// P ← [P Q] for vectors U in the first free columns of V, U = [V P Q] G: G is returned. What depends on [V P] and
    /// the others to the rounding of K is dropped.
    Matrix<S> append(Index columns);

    /// w += columns: P has so many more, which K V does not reach.
    void widen(Index columns);

    /// P ← P W, W square and unitary.
    void turn(const Matrix<S>& W);

    /// V ← V Y, Y m×q orthonormal with YᴴHY = diag(theta); P moves up beside it.
    void shrink(const Matrix<S>& Y, const Eigen::VectorXd& theta);

    /// B X, which is the metric's image unless A is the definite one.
    ConstBlockRef<S> image_of_B(ConstBlockRef<S> X);
    /// Y = K X
    void apply(In<S> X, Out<S> Y);

    /// Takes note of ‖Q‖. K maps null(B) to zero, so parts there, rounding at first, obey the recurrence of K at 0,
    /// outside of its spectrum: they grow by a factor a step, and the rounding of all else with them.
    void watch(ConstBlockRef<S> Q);
    bool overgrown() const { return growth_ > std::max(1e3, 0.1 * tol_ / std::numeric_limits<double>::epsilon()); }

    RelationRitz<S> ritz(const std::function<double(double)>& key) const;

    Matrix<S> H() const { return H_.topLeftCorner(m_, m_); }
    auto VP() { return V_.leftCols(m_ + w_); }

    const Pencil<S>& pencil_;
    const BlockSolve<S>& solve_;
    Metric<S> metric_;
    Definite definite_;
    const Sum& sum_;
    std::string_view product_;  // what a message calls K's products
    Index n_, global_n_;        // rows here and in all processes

    Block<S> V_;           // V, P and the place of the next block
    Block<S> BP_, BU_;     // B P; scratch
    Matrix<S> H_, S_;      // H in the corner of a capacity×capacity matrix; S
    Index m_ = 0, w_ = 0;  // columns of V and P
    Index solves_ = 0;
    double norm_ = 0.0;       // of K, as far as it is known
    double tol_ = 0.0;        // relative to it, nothing smaller is wanted
    double growth_ = 0.0;     // longest ‖p‖ met at ‖p‖_B = 1, beside that of the first block
    bool invisible_ = false;  // what was dropped has no B-norm but a norm: the relation holds up to the null space of B

private:
    double unit_ = 0.0;  // the longest of the first block watched

    void close(const Matrix<S>& C, const Matrix<S>& R, Block<S> BQ);
    bool has_invisible_part(ConstBlockRef<S> U, const Matrix<S>& T, const Eigen::VectorXd& weight, Index held);
    Matrix<S> project_newest(Index width);
    Matrix<S> orthonormalize_newest(Index width, Matrix<S>& C, Block<S>& BQ);
};

}  // namespace lambdabar
