#pragma once
#include <stdexcept>

namespace lambdabar {

// Misuse (wrong sizes, numbers that are not finite, data that is not Hermitian) is std::invalid_argument.

/// A derivative was asked of something that did not converge; names the pair and its residual.
class NotConverged : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The derivative asked for does not exist: the cotangent sees the basis inside a cluster of equal
/// eigenvalues (gauge), or the set of pairs cuts a cluster. Names the pairs, eigenvalues and distances.
class NotDifferentiable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace lambdabar
