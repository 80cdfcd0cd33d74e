#pragma once
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/operator/general_pencil.hpp>

namespace lambdabar {

/// The pairs that eigs() returns, by the method that suits what is asked for, from checked options. C is A, B⁻¹A with
/// `solve`, or (A − σB)⁻¹B for a σ that is a number; T is the scalar of its arithmetic: S, or complex for a real pencil
/// with a complex σ. `engine` gets a remark on the method, no name.
template <ScalarType S, ScalarType T>
GeneralEigenpairs<S> search_general(const GeneralPencil<S>& pencil, const EigsOptions<S>& options,
                                    std::complex<double> sigma, GeneralSolve<T> solve);

}  // namespace lambdabar
