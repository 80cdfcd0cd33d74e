#pragma once
#include <lambdabar/block/sum.hpp>
#include <lambdabar/check/law.hpp>
#include <lambdabar/check/parametric_operator.hpp>
#include <lambdabar/operator/operator_ref.hpp>

#include <cstdint>

namespace lambdabar {

struct OperatorCheckOptions {
    double tol = 0.0;        // relative error allowed in a law; 0: 10⁴ eps, generous for the rounding of one product
    Index columns = 3;       // of the random blocks, ≥ 1
    std::uint64_t seed = 1;  // of the random blocks and parameter directions
    Sum sum = {};            // for rows distributed over processes
};

struct [[nodiscard]] OperatorReport {
    std::vector<Law> laws;
    double norm_A = 0.0;  // ‖A‖ estimated from below by a few power steps; errors are relative to it

    bool passed() const;
    /// A table of the laws and one sentence for each that fails.
    std::string describe() const;
};

namespace detail {
template <ScalarType S>
OperatorReport check_operator(const OperatorRef<S>& A, const OperatorCheckOptions& options);
template <ScalarType S>
OperatorReport check_operator(const ParametricOperator<S>& A, const OperatorCheckOptions& options);
}  // namespace detail

/// Runs the laws of concepts.hpp on random blocks X, Z and reports each with its measured error:
///     finite          A X has no NaN or Inf (if it has, nothing else is tested)
///     linear          A(αX + βZ) = αAX + βAZ; α, β complex for a complex operator
///     Hermitian       ⟨x, A z⟩ = ⟨A x, z⟩; complex symmetric operators are named
///     adjoint         instead of it, where the operator has apply_adjoint: ⟨x, A z⟩ = ⟨Aᴴ x, z⟩, on blocks and columns
///     overwrites Y    the product does not depend on what Y held on entry
///     repeatable      the same product twice
///     block = columns one block product equals its columns' products, on strided views
///     fused = unfused apply_fused, where the operator has it; Y is not read when beta = 0
/// An error in a single matrix entry shows relative to n·‖A‖. About 20 block products.
/// Throws std::invalid_argument for bad options or an operator without rows; what the operator throws passes through.
template <LinearMap Op>
OperatorReport check_operator(const Op& A, const OperatorCheckOptions& options = {}) {
    return detail::check_operator<typename Op::Scalar>(OperatorRef<typename Op::Scalar>(A), options);
}

/// The same for A(p), and the law of its derivative:
///     vjp = differences   Re Σ_j v_jᴴ (∂A/∂p · d) w_j by vjp and by central differences of apply in p, in random
///                         directions d, with the observed order; if it fails, the worst parameter is searched for
/// `make(p)` returns an operator by value or a pointer to one. About 45 operators are made, 4·log₂(parameters) more to
/// find a fault. With a Sum, parameters may be shared by all processes or distributed like the rows.
template <OperatorFactory Make>
OperatorReport check_operator(const Make& make, const Eigen::VectorXd& p, const OperatorCheckOptions& options = {}) {
    return detail::check_operator(detail::parametric_operator(make, p), options);
}

}  // namespace lambdabar
