#pragma once
#include <lambdabar/operator/sparse_general.hpp>

#include <memory>
#include <vector>

namespace lambdabar {

/// A(p) = A₀ + Σ_l p_l A_l with sparse terms without symmetry, in real parameters p.
///
/// The terms are kept, and A(p) is assembled on the union of their patterns whenever p changes: one product costs
/// nnz(union), not the sum over terms. Throws std::invalid_argument for terms that are not square or differ in size,
/// a p of the wrong length or not finite.
template <ScalarType S>
class GeneralAffineOperator {
public:
    using Scalar = S;
    using Term = Eigen::SparseMatrix<S>;

    GeneralAffineOperator(const Term& A0, const std::vector<Term>& terms, const Eigen::VectorXd& p);

    /// Assembles A(p): O(nnz of all terms).
    void set_parameters(const Eigen::VectorXd& p);
    const Eigen::VectorXd& parameter_values() const { return p_; }

    Index rows() const { return assembled_->rows(); }
    Index parameters() const { return static_cast<Index>(terms_.size()); }
    void apply(In<S> X, Out<S> Y) const { view_->apply(X, Y); }
    void apply_adjoint(In<S> X, Out<S> Y) const { view_->apply_adjoint(X, Y); }
    /// g_l += Re Σ_j v_jᴴ A_l w_j, O(columns · nnz of the terms).
    void vjp(In<S> V, In<S> W, GradientRef g) const;

    /// A(p) as a sparse operator: what a factorization works with.
    const SparseGeneral<S>& entries() const { return *view_; }
    /// The assembled matrix.
    const Term& matrix() const { return *assembled_; }

private:
    struct Placed {
        Term matrix;
        std::vector<Index> position;  // of its entries in A(p)
    };

    Placed place(Term term) const;

    std::unique_ptr<Term> assembled_;  // where view_ finds it when this object has moved
    Placed constant_;
    std::vector<Placed> terms_;
    Eigen::VectorXd p_;
    std::unique_ptr<SparseGeneral<S>> view_;
};

}  // namespace lambdabar
