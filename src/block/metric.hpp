#pragma once
#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/operator_ref.hpp>

#include <optional>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

/// The inner product ⟨x, y⟩ = xᴴ B y, with B Hermitian positive definite or semidefinite and given by block products.
/// B = I is a specialization without a copy or a product.
template <ScalarType S>
class Metric {
public:
    Metric() = default;  // B = I
    explicit Metric(std::optional<OperatorRef<S>> B) : B_(std::move(B)) {}

    bool identity() const { return !B_; }
    Index products() const { return products_; }

    /// B X: X itself for the identity, `scratch` (overwritten) otherwise. Lives as long as both.
    ConstBlockRef<S> image(ConstBlockRef<S> X, Block<S>& scratch) const {
        if (!B_) return X;
        scratch.resize(X.rows(), X.cols());
        B_->apply(X, scratch);
        products_ += X.cols();
        return scratch;
    }

    /// Vᴴ B W, one product per column of W.
    Matrix<S> inner(ConstBlockRef<S> V, ConstBlockRef<S> W, Block<S>& scratch, const Sum& sum,
                    std::string_view what = "block") const {
        return gram<S>(V, image(W, scratch), sum, what);
    }

    /// √(x_jᴴ B x_j); a square that rounding made negative counts as zero. Throws std::invalid_argument with the
    /// xᴴBx that proves B indefinite.
    Eigen::VectorXd norms(ConstBlockRef<S> X, Block<S>& scratch, const Sum& sum,
                          std::string_view what = "block") const {
        if (!B_) return lambdabar::norms<S>(X, sum, what);
        const ConstBlockRef<S> BX = image(X, scratch);
        const Eigen::VectorXd squares = dots<S>(X, BX, sum, what).real();
        if (squares.size() > 0 && squares.minCoeff() < 0.0) require_rounding(X, BX, squares, sum);
        return squares.cwiseMax(0.0).cwiseSqrt();
    }

private:
    static void require_rounding(ConstBlockRef<S> X, ConstBlockRef<S> BX, const Eigen::VectorXd& squares,
                                 const Sum& sum) {
        const Eigen::VectorXd size = lambdabar::norms<S>(X, sum).cwiseProduct(lambdabar::norms<S>(BX, sum));
        for (Index j = 0; j < squares.size(); ++j) {
            if (squares(j) >= -1e-10 * size(j)) continue;
            std::ostringstream message;
            message << "B is indefinite: there is a vector with xᴴBx = " << squares(j)
                    << ", where ‖x‖‖Bx‖ = " << size(j);
            throw std::invalid_argument(message.str());
        }
    }

    std::optional<OperatorRef<S>> B_;
    mutable Index products_ = 0;
};

/// orthonormalize() of block/kernels.hpp in the inner product of `metric`. If B is singular, a column may have no
/// direction left to take: such columns are dropped, and the number of valid ones returned.
template <ScalarType S>
Index orthonormalize(BlockRef<S> W, ConstBlockRef<S> V, const Metric<S>& metric, std::uint64_t seed, const Sum& sum,
                     std::string_view what = "block");

}  // namespace lambdabar
