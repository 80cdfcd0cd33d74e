#pragma once
#include <lambdabar/operator/affine_terms.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <memory>
#include <vector>

namespace lambdabar {

/// A(p) = A₀ + Σ_l p_l A_l with sparse Hermitian terms, in real parameters p.
///
/// Terms may be stored by one triangle or both. They are kept, and A(p) is assembled on the union of their
/// patterns whenever p changes: one product costs nnz(union), not the sum over terms.
/// Throws std::invalid_argument for terms that are not Hermitian or differ in size, a p of the wrong length or not
/// finite.
template <ScalarType S>
class AffineOperator {
public:
    using Scalar = S;
    using Term = Eigen::SparseMatrix<S>;

    AffineOperator(const Term& A0, const std::vector<Term>& terms, const Eigen::VectorXd& p);

    /// Assembles A(p): O(nnz of all terms).
    void set_parameters(const Eigen::VectorXd& p);
    const Eigen::VectorXd& parameter_values() const { return terms_.parameter_values(); }

    Index rows() const { return view_->rows(); }
    Index parameters() const { return terms_.parameters(); }
    void apply(In<S> X, Out<S> Y) const { view_->apply(X, Y); }
    void apply_fused(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, Out<S> Y) const {
        view_->apply_fused(X, shift, scale, beta, Y);
    }
    /// g_l += Re Σ_j v_jᴴ A_l w_j, O(columns · nnz of the terms).
    void vjp(In<S> V, In<S> W, GradientRef g) const { terms_.vjp(V, W, g); }

    /// A(p) as a sparse operator: what a factorization works with.
    const SparseHermitian<S>& entries() const { return *view_; }
    /// The assembled matrix, both triangles.
    const Term& matrix() const { return terms_.matrix(); }

private:
    detail::AffineTerms<S> terms_;
    std::unique_ptr<SparseHermitian<S>> view_;  // of A(p)
};

}  // namespace lambdabar
