#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/operator/pencil.hpp>

namespace lambdabar {

/// ‖r‖ in the norm of B⁻¹: what a residual r = A x − λ B x, ‖x‖_B = 1, says in units of λ. For a B given by products:
///
///     ‖r‖² = zᴴr + zᴴs + ‖s‖²,   s = r − B z,   ‖s‖ ≤ ρ ‖s‖₂
///
/// (norms without index: those of B⁻¹), z from conjugate gradients until ‖s‖₂ ≤ 1e-4 ‖r‖₂, and the last term replaced
/// by its bound with the largest ρ = ‖r‖/‖r‖₂ that was met. That is ‖r‖ to 1 % where B has a condition of at most 10⁶.
template <ScalarType S>
class DualNorm {
public:
    DualNorm(const Pencil<S>& pencil, const Sum& sum);

    /// Norms of the columns. Throws std::invalid_argument where conjugate gradients do not converge.
    Eigen::VectorXd exact(ConstBlockRef<S> R);

    /// ρ ‖r‖₂ with the largest ρ of exact() so far: no product. 1 for B = I.
    Eigen::VectorXd estimate(ConstBlockRef<S> R) const;

    bool identity() const { return !pencil_.B; }
    /// False before the first exact() of a vector other than zero.
    bool knows_ratio() const { return identity() || ratio_ > 0.0; }
    double ratio() const { return ratio_; }

private:
    const Pencil<S>& pencil_;
    const Sum& sum_;
    double ratio_ = 0.0;
};

}  // namespace lambdabar
