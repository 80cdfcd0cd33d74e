#pragma once
#include <lambdabar/operator/concepts.hpp>

#include <functional>
#include <stdexcept>
#include <string>

namespace lambdabar {

/// A matrix-free operator without symmetry, with optional real parameters: a plain struct of callables.
///
///     GeneralCallbackOperator<double> A{.n = n, .params = n,
///         .apply = [&](In<double> X, Out<double> Y) { Y = …; },
///         .apply_adjoint = [&](In<double> X, Out<double> Y) { Y = …; },
///         .vjp = [&](In<double> V, In<double> W, GradientRef g) { g += …; }};
///
/// `apply`, `apply_adjoint` (Y = Aᴴ X) and `vjp` obey the laws in concepts.hpp. Exceptions they throw pass through the
/// library unchanged.
template <ScalarType S>
struct GeneralCallbackOperator {
    using Scalar = S;

    Index n = 0;       // rows held by this process
    Index params = 0;  // number of real parameters; 0: not differentiable in parameters
    std::function<void(In<S> X, Out<S> Y)> apply;
    std::function<void(In<S> X, Out<S> Y)> apply_adjoint;
    std::function<void(In<S> V, In<S> W, GradientRef g)> vjp = {};

    /// Throws std::invalid_argument if apply or apply_adjoint is missing.
    Index rows() const {
        if (!apply || !apply_adjoint || n < 0)
            throw std::invalid_argument("GeneralCallbackOperator: apply or apply_adjoint is missing, or n = " +
                                        std::to_string(n) + " is negative");
        return n;
    }
    Index parameters() const { return vjp ? params : 0; }
};

}  // namespace lambdabar
