#pragma once
// Directions on the entries of a matrix, and gradients in files along them.
#include "app/command_line.hpp"

namespace lambdabar::test {

/// A random Hermitian matrix on the pattern of M.
template <ScalarType S>
Sparse<S> direction_on(const Sparse<S>& M, unsigned seed);

/// Re Σ conj(g) dA over the entries stored in the gradient's file.
template <ScalarType S>
double slope(const CommandLine& line, const std::string& name, const Sparse<S>& dA);

}  // namespace lambdabar::test
