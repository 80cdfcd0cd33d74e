#pragma once
#include <lambdabar/operator/concepts.hpp>

#include <memory>
#include <type_traits>

namespace lambdabar {

/// Non-owning, type-erased view of an operator: what algorithms compiled in the library see.
/// One indirect call per block. The operator must outlive it.
template <ScalarType S>
class OperatorRef {
public:
    using Scalar = S;

    template <LinearMap Op>
        requires(!std::same_as<std::remove_cvref_t<Op>, OperatorRef> && std::same_as<typename Op::Scalar, S>)
    OperatorRef(const Op& A)
        : object_(std::addressof(A)),
          rows_([](const void* object) -> Index { return static_cast<const Op*>(object)->rows(); }),
          apply_([](const void* object, In<S> X, Out<S> Y) { static_cast<const Op*>(object)->apply(X, Y); }) {
        if constexpr (AdjointLinearMap<Op>) {
            adjoint_ = [](const void* object, In<S> X, Out<S> Y) {
                static_cast<const Op*>(object)->apply_adjoint(X, Y);
            };
        }
        if constexpr (ShiftedLinearMap<Op>) {
            shifted_ = [](const void* object, bool adjoint, In<S> X, S shift, double scale, double beta, Out<S> Y) {
                static_cast<const Op*>(object)->apply_shifted(adjoint, X, shift, scale, beta, Y);
            };
        }
        if constexpr (FusedLinearMap<Op>) {
            fused_ = [](const void* object, In<S> X, const Eigen::VectorXd& shift, double scale, double beta,
                        Out<S> Y) { static_cast<const Op*>(object)->apply_fused(X, shift, scale, beta, Y); };
        }
    }

    Index rows() const { return rows_(object_); }
    void apply(In<S> X, Out<S> Y) const { apply_(object_, X, Y); }

    /// Operators without symmetry offer their adjoint.
    bool has_adjoint() const { return adjoint_ != nullptr; }
    void apply_adjoint(In<S> X, Out<S> Y) const { adjoint_(object_, X, Y); }

    bool fused() const { return fused_ != nullptr; }
    void apply_fused(In<S> X, const Eigen::VectorXd& shift, double scale, double beta, Out<S> Y) const {
        fused_(object_, X, shift, scale, beta, Y);
    }

    bool shifted() const { return shifted_ != nullptr; }
    void apply_shifted(bool adjoint, In<S> X, S shift, double scale, double beta, Out<S> Y) const {
        shifted_(object_, adjoint, X, shift, scale, beta, Y);
    }

private:
    const void* object_;
    Index (*rows_)(const void*);
    void (*apply_)(const void*, In<S>, Out<S>);
    void (*adjoint_)(const void*, In<S>, Out<S>) = nullptr;
    void (*fused_)(const void*, In<S>, const Eigen::VectorXd&, double, double, Out<S>) = nullptr;
    void (*shifted_)(const void*, bool, In<S>, S, double, double, Out<S>) = nullptr;
};

}  // namespace lambdabar
