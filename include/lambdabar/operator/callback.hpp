#pragma once
#include <lambdabar/operator/concepts.hpp>

#include <functional>
#include <stdexcept>
#include <string>

namespace lambdabar {

/// A matrix-free Hermitian operator with optional parameters: a plain struct of callables.
///
///     CallbackOperator<double> H{.n = n, .params = n,
///         .apply = [&](In<double> X, Out<double> Y) { Y = …; },
///         .vjp = [&](In<double> V, In<double> W, GradientRef g) { g += V.cwiseProduct(W).rowwise().sum(); }};
///
/// `apply` and `vjp` obey the laws in concepts.hpp. Exceptions they throw pass through the library unchanged.
template <ScalarType S>
struct CallbackOperator {
    using Scalar = S;

    Index n = 0;       // rows held by this process
    Index params = 0;  // number of real parameters; 0: not differentiable in parameters
    std::function<void(In<S> X, Out<S> Y)> apply;
    std::function<void(In<S> V, In<S> W, GradientRef g)> vjp = {};

    /// Throws std::invalid_argument if apply is missing.
    Index rows() const {
        if (!apply || n < 0)
            throw std::invalid_argument("CallbackOperator: apply is missing or n = " + std::to_string(n) +
                                        " is negative");
        return n;
    }
    Index parameters() const { return vjp ? params : 0; }
};

}  // namespace lambdabar
