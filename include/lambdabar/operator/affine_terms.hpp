#pragma once
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

#include <memory>
#include <vector>

namespace lambdabar::detail {

/// A(p) = A₀ + Σ_l p_l A_l assembled on the union of the terms' patterns: what affine operators are made of.
template <ScalarType S>
class AffineTerms {
public:
    using Term = Eigen::SparseMatrix<S>;

    /// Compressed square terms of one size, A₀ first. `who` begins the sentence of an error.
    AffineTerms(std::vector<Term> terms, const char* who);

    /// Throws std::invalid_argument for a p of the wrong length or not finite. O(nnz of all terms).
    void assemble(const Eigen::VectorXd& p);

    Index parameters() const { return static_cast<Index>(terms_.size()) - 1; }
    const Eigen::VectorXd& parameter_values() const { return p_; }
    const Term& matrix() const { return *assembled_; }
    /// g_l += Re Σ_j v_jᴴ A_l w_j, O(columns · nnz of the terms).
    void vjp(In<S> V, In<S> W, GradientRef g) const;

private:
    struct Placed {
        Term matrix;
        std::vector<Index> position;  // of its entries in A(p)
    };

    Placed place(Term term) const;

    const char* who_;
    // A(p) where a view finds it when this object has moved (Eigen 3.4 copies sparse matrices instead).
    std::unique_ptr<Term> assembled_;
    std::vector<Placed> terms_;
    Eigen::VectorXd p_;
};

}  // namespace lambdabar::detail
