#pragma once
#include "block/metric.hpp"

namespace lambdabar {

/// The B-orthogonal complement of X (n×k, B-orthonormal, the caller's), P = I − X XᴴB. Holds BX, unless B = I.
template <ScalarType S>
class Complement {
public:
    Complement(ConstBlockRef<S> X, const Metric<S>& metric, const Sum& sum)
        : X_(X), identity_(metric.identity()), sum_(sum) {
        Block<S> scratch;
        if (!identity_) BX_ = metric.image(X, scratch);
    }

    /// R ← Pᴴ R = R − BX (XᴴR)
    void project_residual(Out<S> R, std::string_view what) const {
        if (X_.cols() > 0) add_product<S>(R, BX(), -gram<S>(X_, R, sum_, what));
    }
    /// W ← P W = W − X ((BX)ᴴW)
    void project_direction(Out<S> W, std::string_view what) const {
        if (X_.cols() > 0) add_product<S>(W, X_, -gram<S>(BX(), W, sum_, what));
    }

    ConstBlockRef<S> X() const { return X_; }
    ConstBlockRef<S> BX() const { return identity_ ? X_ : ConstBlockRef<S>(BX_); }

private:
    ConstBlockRef<S> X_;
    bool identity_;
    const Sum& sum_;
    Block<S> BX_;
};

}  // namespace lambdabar
