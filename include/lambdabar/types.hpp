#pragma once
// Conventions used everywhere, stated once.
//
//   n        rows of the operator held by this process (all of them unless a Sum is given)
//   k        number of wanted eigenpairs
//   block    an n×b matrix whose b columns are vectors that travel together; ROW-major, so that
//            the b entries of one row share a cache line: a sparse product then loads each
//            matrix entry once for all b vectors
//   inner    ⟨x, y⟩ = xᴴ y, conjugate-linear in the first argument
//   bar      cotangent: for a real objective φ, dφ = Σ λ̄_i dλ_i + Re tr(X̄ᴴ dX) = Re tr(Āᴴ dA);
//            for complex entries ∂φ/∂Re + i ∂φ/∂Im (PyTorch, ChainRules; JAX uses the conjugate)
//   dot      tangent
#include <Eigen/Core>
#include <complex>
#include <concepts>

namespace lambdabar {

using Index = Eigen::Index;

namespace detail {

// Eigen's heap alignment follows the instruction set. A caller compiled for a wider one than the library
// (-march=native against a distribution's build) would free what it never allocated: make it a link error.
template <int Bytes>
void compiled_with_eigen_max_align_bytes();
[[gnu::used]] static constexpr auto* kEigenAlignmentGuard = &compiled_with_eigen_max_align_bytes<EIGEN_MAX_ALIGN_BYTES>;

}  // namespace detail

/// The two scalar types the library is compiled for.
template <class S>
concept ScalarType = std::same_as<S, double> || std::same_as<S, std::complex<double>>;

/// Column-major matrix and column vector: what results are returned in.
template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
template <class S>
using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;

/// Row-major n×b block: what operators are applied to.
template <class S>
using Block = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Read-only and writable view of a block, or of some of its columns; entry (r, c) is at
/// data()[r * outerStride() + c]. They behave as any Eigen matrix expression does.
template <class S>
using ConstBlockRef = Eigen::Ref<const Block<S>, 0, Eigen::OuterStride<>>;
template <class S>
using BlockRef = Eigen::Ref<Block<S>, 0, Eigen::OuterStride<>>;

/// Parameter types of a user's block apply: `[&](In<double> X, Out<double> Y) { Y = …; }`.
template <class S>
using In = const ConstBlockRef<S>&;
template <class S>
using Out = BlockRef<S>;

/// Writable view of a parameter gradient, real, one entry per parameter.
using GradientRef = Eigen::Ref<Eigen::VectorXd>;

}  // namespace lambdabar
