#pragma once
// Component lambdabar::cholmod: link it, or find_package(lambdabar COMPONENTS cholmod).
#include <lambdabar/factorization/factorization.hpp>

namespace lambdabar {

/// CHOLMOD's supernodal LLᴴ for positive definite M, real and complex (Chen, Davis, Hager & Rajamanickam, ACM Trans.
/// Math. Softw. 35, 2008), in the better of minimum degree and nested dissection order. A matrix that proves not to
/// be positive definite is factorized by CHOLMOD's simplicial LDLᴴ in the same order: not pivoted, and several
/// times slower. Both have the inertia.
/// analyze() and factorize() throw std::runtime_error with CHOLMOD's status if it runs out of memory or of 32-bit
/// indices.
template <ScalarType S>
Factorizer<S> cholmod();

}  // namespace lambdabar
