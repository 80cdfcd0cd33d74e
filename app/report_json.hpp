#pragma once
// What the JSON reports of eigsh, eigs and pullback have in common.
#include "commands.hpp"

#include <nlohmann/json.hpp>

#include <sstream>
#include <stdexcept>

namespace lambdabar::app {

using Json = nlohmann::ordered_json;

/// Throws std::invalid_argument: the file's name and the parts, numbers with 12 digits.
template <class... Parts>
[[noreturn]] void refuse(const fs::path& file, const Parts&... parts) {
    std::ostringstream message;
    message.precision(12);
    message << file.string() << ": ";
    (message << ... << parts);
    throw std::invalid_argument(message.str());
}

template <class... Parts>
void require(bool condition, const fs::path& file, const Parts&... parts) {
    if (!condition) refuse(file, parts...);
}

/// Throws for a mass and a matrix of different sizes.
inline void require_equal_rows(const Common& files, Index matrix_rows, Index mass_rows) {
    require(mass_rows == matrix_rows, files.mass, "the mass has ", mass_rows, " rows, the matrix ",
            files.matrix.string(), " has ", matrix_rows);
}

/// NaN has no JSON form: null.
double number(const Json& value);
Eigen::VectorXd numbers(const Json& list);
Json list(const Eigen::VectorXd& v);

/// The report in `file`, which `command` has written. Throws std::invalid_argument with the file's name.
Json parse_report(const fs::path& file, const char* command);

/// The entries with which the report of every command on files begins.
Json report_of_files(const char* command, const Common& files);

/// The same of a solve.
template <ScalarType S>
Json report_of_solve(const char* command, const Common& files, Index n, Index stored_entries, std::uint64_t seed) {
    Json json = report_of_files(command, files);
    json["scalar"] = std::same_as<S, double> ? "real" : "complex";
    json["n"] = n;
    json["stored_entries"] = stored_entries;
    json["seed"] = seed;
    return json;
}

}  // namespace lambdabar::app
