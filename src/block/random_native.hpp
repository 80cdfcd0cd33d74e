#pragma once
// Standard normal numbers from a counter. No Eigen type, as native.hpp says.
#include "native.hpp"

namespace lambdabar::native {

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): a counter-based generator, so that any entry of a random block can be
/// produced by the process that owns it.
inline std::uint64_t mix(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/// X (n×b): entry (r, c) is a function of key, row + r and column + c only. `is_complex`: interleaved real and
/// imaginary parts, independent standard normal numbers both (Box & Muller 1958).
void fill_normal(Size n, Size b, std::uint64_t key, std::uint64_t row, std::uint64_t column, bool is_complex, double* X,
                 Size ldx);

}  // namespace lambdabar::native
