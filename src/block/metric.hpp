#pragma once
#include <lambdabar/block/kernels.hpp>
#include <lambdabar/operator/operator_ref.hpp>

#include <limits>
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

    /// √(x_jᴴ B x_j); zero where the square is the rounding of B x, as for x in the null space of a singular B. Throws
    /// std::invalid_argument with the xᴴBx that proves B indefinite.
    Eigen::VectorXd norms(ConstBlockRef<S> X, Block<S>& scratch, const Sum& sum,
                          std::string_view what = "block") const {
        if (!B_) return lambdabar::norms<S>(X, sum, what);
        constexpr double rounding = 64.0 * std::numeric_limits<double>::epsilon();
        const ConstBlockRef<S> BX = image(X, scratch);
        Eigen::VectorXd squares = dots<S>(X, BX, sum, what).real();
        const Eigen::VectorXd x = lambdabar::norms<S>(X, sum), Bx = lambdabar::norms<S>(BX, sum);
        for (Index j = 0; j < squares.size(); ++j) {
            if (x(j) > 0.0) norm_B_ = std::max(norm_B_, Bx(j) / x(j));
        }
        for (Index j = 0; j < squares.size(); ++j) {
            if (squares(j) < -1e-10 * x(j) * Bx(j) && squares(j) < -rounding * norm_B_ * x(j) * x(j)) {
                std::ostringstream message;
                message << "B is indefinite: there is a vector with xᴴBx = " << squares(j)
                        << ", where ‖x‖‖Bx‖ = " << x(j) * Bx(j);
                throw std::invalid_argument(message.str());
            }
            if (squares(j) <= rounding * norm_B_ * x(j) * x(j)) squares(j) = 0.0;
        }
        return squares.cwiseSqrt();
    }

private:
    std::optional<OperatorRef<S>> B_;
    mutable Index products_ = 0;
    mutable double norm_B_ = 0.0;  // largest ‖Bx‖/‖x‖ met
};

/// Where at least this part of a column's square is left of it after one projection against a basis, what rounding left
/// of the basis in it is some eps, and there is no second one (Daniel, Gragg, Kaufman & Stewart 1976). To make the
/// columns of a block orthonormal by their scaled Gram matrix enlarges rounding likewise: its least eigenvalue is to be
/// as large.
constexpr double kOneProjection = 0.25;

/// orthonormalize() of block/kernels.hpp in the inner product of `metric`. If B is singular, a column may have no
/// direction left to take: such columns are dropped, and the number of valid ones returned.
template <ScalarType S>
Index orthonormalize(BlockRef<S> W, ConstBlockRef<S> V, const Metric<S>& metric, std::uint64_t seed, const Sum& sum,
                     std::string_view what = "block");

}  // namespace lambdabar
