#pragma once
// What a program of its own hands back: a file of 64-bit numbers. Plain C++, shared with programs that link no Eigen.
//   seconds, processor seconds, peak bytes, products, seconds in products, basis vectors, k, scalars per entry (1 or
//   2), k values, then k vectors of n entries, one after the other.
// A program that fails writes one sentence to its standard error and returns nonzero.
#include <string>
#include <vector>

namespace bench {

constexpr int kOutcomeHeader = 8;

/// Throws std::runtime_error if the file cannot be written or read.
void write_numbers(const std::string& path, const std::vector<double>& numbers);
std::vector<double> read_numbers(const std::string& path);

}  // namespace bench
