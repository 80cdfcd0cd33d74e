#include "random_native.hpp"

#include "partition_native.hpp"

#include <bit>
#include <cmath>

namespace lambdabar::native {

namespace {

constexpr Size kChunk = 64;  // of rows; one that ends early is computed as a whole, so that all entries round alike

// The loops below are plain, without branches and calls, for the compiler to vectorize: ten times as fast as log, sin
// and cos of the C library.

/// (k + ½)/2⁵², k the upper 52 bits.
inline double uniform(std::uint64_t bits) {
    return std::bit_cast<double>((bits >> 12) | 0x3ff0000000000000ull) - (1.0 - 0x1.0p-53);
}

/// log u to 1e-15, u a normal positive number: u = 2ᵉm with m in [√½, √2], log m = 2 artanh((m − 1)/(m + 1)).
inline double logarithm(double u) {
    constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcdull, kMantissa = 0x000fffffffffffffull;
    const auto bits = std::bit_cast<std::uint64_t>(u);
    const std::uint64_t above = bits - kRootHalf;  // exponent field: e (mod 2¹²)
    const double m = std::bit_cast<double>((above & kMantissa) + kRootHalf);
    // e is in −53 … 0: shifted to be positive, it is the lower part of a number of known exponent.
    constexpr std::uint64_t kOffset = 64;
    const double e = std::bit_cast<double>(((above + (kOffset << 52)) >> 52) | 0x4330000000000000ull) -
                     (0x1.0p52 + static_cast<double>(kOffset));
    const double s = (m - 1.0) / (m + 1.0), q = s * s;
    double sum = 1.0 / 19.0;
    for (int odd = 17; odd > 0; odd -= 2) sum = sum * q + 1.0 / odd;
    return e * 0x1.62e42fefa39efp-1 + 2.0 * s * sum;
}

struct Point {
    double cosine, sine;
};

/// Of the angle 2πu, 0 < u < 1, to 1e-15: Taylor series within an eighth of a turn of the nearest quarter.
inline Point circle(double u) {
    constexpr double kShift = 0x1.8p52;  // rounds to an integer, whose last bits are those of the sum
    const double shifted = 4.0 * u + kShift;
    const auto quarter = std::bit_cast<std::uint64_t>(shifted);
    const double x = (u - 0.25 * (shifted - kShift)) * 6.283185307179586, q = x * x;
    double sine = 1.0, cosine = 1.0;
    for (int n = 16; n > 0; n -= 2) {
        cosine = 1.0 - cosine * q * (1.0 / (n * (n - 1.0)));
        sine = 1.0 - sine * q * (1.0 / (n * (n + 1.0)));
    }
    sine *= x;
    const bool swapped = (quarter & 1) != 0;
    const double c = swapped ? sine : cosine, s = swapped ? cosine : sine;
    const std::uint64_t minus_c = ((quarter + 1) & 2) << 62, minus_s = (quarter & 2) << 62;
    return {std::bit_cast<double>(std::bit_cast<std::uint64_t>(c) ^ minus_c),
            std::bit_cast<double>(std::bit_cast<std::uint64_t>(s) ^ minus_s)};
}

/// kChunk pairs of normal numbers of one column.
template <bool Complex>
void chunk(std::uint64_t key, std::uint64_t row, std::uint64_t column, double* re, double* im) {
    for (Size i = 0; i < kChunk; ++i) {
        const std::uint64_t base =
            mix(key ^ mix((row + static_cast<std::uint64_t>(i)) * 0x2545f4914f6cdd1dull + column));
        const double radius = std::sqrt(-2.0 * logarithm(uniform(base)));
        const Point p = circle(uniform(mix(base)));
        re[i] = radius * p.cosine;
        if constexpr (Complex) im[i] = radius * p.sine;
    }
}

}  // namespace

void fill_normal(Size n, Size b, std::uint64_t key, std::uint64_t row, std::uint64_t column, bool is_complex, double* X,
                 Size ldx) {
#pragma omp parallel for schedule(static) if (n > kSerialRows)
    for (Size first = 0; first < n; first += kChunk) {
        const Size rows = n - first < kChunk ? n - first : kChunk;
        const std::uint64_t r = row + static_cast<std::uint64_t>(first);
        double re[kChunk], im[kChunk];
        for (Size c = 0; c < b; ++c) {
            double* x = X + first * ldx;
            if (is_complex) {
                chunk<true>(key, r, column + static_cast<std::uint64_t>(c), re, im);
                for (Size i = 0; i < rows; ++i) x[i * ldx + 2 * c] = re[i], x[i * ldx + 2 * c + 1] = im[i];
            } else {
                chunk<false>(key, r, column + static_cast<std::uint64_t>(c), re, im);
                for (Size i = 0; i < rows; ++i) x[i * ldx + c] = re[i];
            }
        }
    }
}

}  // namespace lambdabar::native
