#include "outcome_file.hpp"

#include <fstream>
#include <stdexcept>

namespace bench {

void write_numbers(const std::string& path, const std::vector<double>& numbers) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(numbers.data()),
               static_cast<std::streamsize>(numbers.size() * sizeof(double)));
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::vector<double> read_numbers(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("cannot read " + path);
    std::vector<double> numbers(static_cast<std::size_t>(file.tellg()) / sizeof(double));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(double)));
    if (!file || numbers.size() < kOutcomeHeader) throw std::runtime_error(path + " ends early");
    return numbers;
}

}  // namespace bench
