#pragma once
// What the memory and the vector units of this machine can do: STREAM-type loops and a run of fused multiply-adds,
// compiled for the machine as the kernels are. Raw pointers only (cmake/NativeKernels.cmake says why).
#include <cstddef>

namespace bench::native {

/// Sets x to `value` with `threads` threads in static shares: first touch.
void fill(std::ptrdiff_t n, double* x, double value, int threads);

/// Σ x, eight accumulators a thread. Reads n numbers.
double sum(std::ptrdiff_t n, const double* x, int threads);

/// z = x + s y, STREAM's triad. Reads 2n numbers, writes n.
void triad(std::ptrdiff_t n, const double* x, const double* y, double s, double* z, int threads);

/// x += s y. Reads 2n numbers, writes n in place.
void update(std::ptrdiff_t n, const double* y, double s, double* x, int threads);

/// `steps` rounds of independent fused multiply-adds in registers on every thread; returns the operations done (two a
/// multiply-add). `sink` keeps the result alive.
double multiply_add(std::ptrdiff_t steps, int threads, double* sink);

}  // namespace bench::native
