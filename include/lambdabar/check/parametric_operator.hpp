#pragma once
#include <lambdabar/derivative/cotangent.hpp>
#include <lambdabar/operator/operator_ref.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace lambdabar {

namespace detail {

/// What a factory made: an operator, or a pointer to one.
template <class Made>
const auto& operator_in(const Made& made) {
    if constexpr (LinearMap<Made>) {
        return made;
    } else {
        return *made;
    }
}

template <class Make>
using MadeOperator = std::remove_cvref_t<decltype(operator_in(
    std::declval<const std::remove_cvref_t<std::invoke_result_t<const Make&, const Eigen::VectorXd&>>&>()))>;

}  // namespace detail

/// A callable p → A(p) that returns a Differentiable operator by value or a (smart) pointer to one:
///     [&](const Eigen::VectorXd& p) { return AffineOperator<double>(A0, terms, p); }
template <class Make>
concept OperatorFactory =
    std::invocable<const Make&, const Eigen::VectorXd&> && Differentiable<detail::MadeOperator<Make>>;

template <OperatorFactory Make>
using FactoryScalar = typename detail::MadeOperator<Make>::Scalar;

namespace detail {

/// An operator family A(p + δp) around fixed parameters p, as the checks compiled in the library see it.
template <ScalarType S>
struct ParametricOperator {
    using Use = std::function<void(const OperatorRef<S>&)>;

    Index parameters = 0;                                                  // held by this process
    double scale = 1.0;                                                    // typical size of a parameter
    std::function<void(const Eigen::VectorXd& delta, const Use& use)> at;  // use(A(p + δp)); it lives that long
    std::function<Eigen::VectorXd(const Cotangent<S>&)> gradient;          // this process's share of p̄
    std::function<std::string(Index)> name;                                // of a parameter, for messages
};

/// Root mean square of p, 1 where p is zero. Throws std::invalid_argument unless p is finite and as long as
/// the operator's parameters, of which there must be some.
double parameter_scale(const Eigen::VectorXd& p, Index parameters);

template <OperatorFactory Make>
auto parametric_operator(const Make& make, const Eigen::VectorXd& p) {
    using S = FactoryScalar<Make>;
    using Made = std::invoke_result_t<const Make&, const Eigen::VectorXd&>;
    const std::shared_ptr<const Made> base(new Made(make(p)));
    const Index parameters = operator_in(*base).parameters();
    return ParametricOperator<S>{
        .parameters = parameters,
        .scale = parameter_scale(p, parameters),
        .at =
            [&make, &p](const Eigen::VectorXd& delta, const typename ParametricOperator<S>::Use& use) {
                const Made made = make(p + delta);
                use(OperatorRef<S>(operator_in(made)));
            },
        .gradient =
            [base, parameters](const Cotangent<S>& bar) {
                Eigen::VectorXd g = Eigen::VectorXd::Zero(parameters);
                operator_in(*base).vjp(bar.V, bar.W, g);
                return g;
            },
        .name = [](Index l) { return "parameter " + std::to_string(l); }};
}

/// The independent stored entries of a sparse Hermitian matrix as real parameters: real and, off the diagonal of a
/// complex one, imaginary parts. Its gradient goes through gradient(A, ·, convention), which is thereby tested.
template <ScalarType S>
ParametricOperator<S> stored_entries(const SparseHermitian<S>& A, std::optional<Convention> convention);

}  // namespace detail

}  // namespace lambdabar
