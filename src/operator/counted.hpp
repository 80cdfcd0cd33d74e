#pragma once
// The operator as the algorithms use it: products counted, sign chosen, the fused form emulated where
// the user's operator has none.
#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/operator_ref.hpp>

namespace lambdabar {

template <ScalarType S>
class CountedOperator {
public:
    /// Represents sign·A.
    CountedOperator(OperatorRef<S> A, double sign) : A_(A), sign_(sign) {}

    Index rows() const { return A_.rows(); }
    Index products() const { return products_; }
    void add_products(Index count) { products_ += count; }

    /// Y = sign·A X
    void apply(In<S> X, Out<S> Y) {
        products_ += X.cols();
        A_.apply(X, Y);
        if (sign_ != 1.0) scale_columns<S>(Y, Eigen::VectorXd::Constant(Y.cols(), sign_));
    }

    /// Y = scale·(sign·A X − X diag(shift)) − beta·Y. Without a fused product: one scratch block and a
    /// second pass.
    void apply_fused(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, Out<S> Y) {
        products_ += X.cols();
        if (A_.fused()) {
            A_.apply_fused(X, sign_ * shift, sign_ * scale, beta, Y);
            return;
        }
        if (beta == 0.0) {
            A_.apply(X, Y);
            scale_and_shift(X, shift, scale, Y);
            return;
        }
        if (scratch_.rows() != X.rows() || scratch_.cols() != X.cols()) scratch_.resize(X.rows(), X.cols());
        A_.apply(X, scratch_);
        scale_and_shift(X, shift, scale, scratch_);
        scale_and_add<S>(Y, scratch_, Eigen::VectorXd::Constant(Y.cols(), -beta));
    }

    /// Frees the scratch block.
    void release() { scratch_.resize(0, 0); }

private:
    /// Y = scale·(sign·Y − X diag(shift))
    void scale_and_shift(In<S> X, const Eigen::VectorXd& shift, double scale, Out<S> Y) const {
        scale_columns<S>(Y, Eigen::VectorXd::Constant(Y.cols(), scale * sign_));
        add_scaled<S>(Y, X, -scale * shift);
    }

    OperatorRef<S> A_;
    double sign_;
    Index products_ = 0;
    Block<S> scratch_;
};

}  // namespace lambdabar
