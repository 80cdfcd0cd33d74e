#pragma once
#include <lambdabar/operator/operator_ref.hpp>
#include <lambdabar/operator/sparse_general.hpp>

#include <optional>

namespace lambdabar {

/// A x = λ B x as the algorithms see it, neither operator with any symmetry: by their action and that of their
/// adjoints on blocks, and by their entries where they have some. A view: the operators must outlive it.
template <ScalarType S>
struct GeneralPencil {
    OperatorRef<S> A;
    std::optional<OperatorRef<S>> B = {};         // none: B = I
    const SparseGeneral<S>* A_entries = nullptr;  // none: known by its action only
    const SparseGeneral<S>* B_entries = nullptr;

    Index rows() const { return A.rows(); }
    /// True if A − σB can be written down.
    bool has_entries() const { return A_entries && (!B || B_entries); }
};

namespace detail {

/// The entries of an operator: itself, or what its member entries() returns.
template <AdjointLinearMap Op>
const SparseGeneral<typename Op::Scalar>* general_entries_of(const Op& A) {
    if constexpr (std::same_as<Op, SparseGeneral<typename Op::Scalar>>) {
        return &A;
    } else if constexpr (requires {
                             { A.entries() } -> std::same_as<const SparseGeneral<typename Op::Scalar>&>;
                         }) {
        return &A.entries();
    } else {
        return nullptr;
    }
}

template <AdjointLinearMap Op>
GeneralPencil<typename Op::Scalar> general_pencil(const Op& A) {
    using S = typename Op::Scalar;
    return {.A = OperatorRef<S>(A), .A_entries = general_entries_of(A)};
}

template <AdjointLinearMap OpA, AdjointLinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> GeneralPencil<typename OpA::Scalar>
    general_pencil(const OpA& A, const OpB& B) {
        using S = typename OpA::Scalar;
        return {.A = OperatorRef<S>(A),
                .B = OperatorRef<S>(B),
                .A_entries = general_entries_of(A),
                .B_entries = general_entries_of(B)};
    }

}  // namespace detail

}  // namespace lambdabar
