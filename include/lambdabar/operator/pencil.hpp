#pragma once
#include <lambdabar/operator/operator_ref.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <optional>

namespace lambdabar {

/// A x = λ B x as the algorithms see it: two Hermitian operators by their action on blocks, and by their entries where
/// they have some, which is what a factorization of A − σB needs. A view: the operators must outlive it.
template <ScalarType S>
struct Pencil {
    OperatorRef<S> A;
    std::optional<OperatorRef<S>> B = {};           // none: B = I
    const SparseHermitian<S>* A_entries = nullptr;  // none: known by its action only
    const SparseHermitian<S>* B_entries = nullptr;

    Index rows() const { return A.rows(); }
    /// True if A − σB can be written down.
    bool has_entries() const { return A_entries && (!B || B_entries); }
};

namespace detail {

/// The entries of an operator: itself, or what its member entries() returns.
template <LinearMap Op>
const SparseHermitian<typename Op::Scalar>* entries_of(const Op& A) {
    if constexpr (std::same_as<Op, SparseHermitian<typename Op::Scalar>>) {
        return &A;
    } else if constexpr (requires {
                             { A.entries() } -> std::same_as<const SparseHermitian<typename Op::Scalar>&>;
                         }) {
        return &A.entries();
    } else {
        return nullptr;
    }
}

template <LinearMap Op>
Pencil<typename Op::Scalar> pencil(const Op& A) {
    using S = typename Op::Scalar;
    return {.A = OperatorRef<S>(A), .A_entries = entries_of(A)};
}

template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> Pencil<typename OpA::Scalar> pencil(
        const OpA& A, const OpB& B) {
        using S = typename OpA::Scalar;
        return {.A = OperatorRef<S>(A), .B = OperatorRef<S>(B), .A_entries = entries_of(A), .B_entries = entries_of(B)};
    }

}  // namespace detail

}  // namespace lambdabar
