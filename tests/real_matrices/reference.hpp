#pragma once
// Published matrices and the reference values that come with them, from the folder LAMBDABAR_TEST_DATA. None of these
// files belongs to the project: without the folder the tests say so and return.
#include "app/command_line.hpp"

#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace lambdabar::test {

/// One Hermitian standard problem, A x = λ x.
struct Problem {
    std::string name;
    fs::path file;
    Index n = 0;
    std::vector<double> lowest, highest;  // ascending, the ends of the spectrum
    double norm = 0.0;                    // ‖A‖
    double condition = 0.0;               // ‖A‖ over the smallest |λ| listed that is not zero
};

class ReferenceData {
public:
    /// Prints the reason and returns nothing if the folder is not known.
    static std::optional<ReferenceData> find() {
        const char* folder = std::getenv("LAMBDABAR_TEST_DATA");
        if (folder == nullptr) {
            MESSAGE("skipped: LAMBDABAR_TEST_DATA is not set");
            return std::nullopt;
        }
        return ReferenceData(folder);
    }

    fs::path file(const std::string& name) const { return folder_ / (name + ".mtx"); }

    /// Everything known of the problems, by name.
    const nlohmann::json& problems() const { return json_.at("problems"); }

    Problem problem(const std::string& name) const {
        const nlohmann::json& entry = json_.at("problems").at(name);
        Problem problem{.name = name,
                        .file = file(entry.at("files").at(0)),
                        .n = entry.at("n"),
                        .lowest = entry.at("lowest"),
                        .highest = entry.at("highest")};
        problem.norm = std::max(std::abs(problem.lowest.front()), std::abs(problem.highest.back()));
        const double zero = static_cast<double>(problem.n) * kEps * problem.norm;
        double smallest = problem.norm;
        for (const double value : problem.lowest) {
            if (std::abs(value) > zero) smallest = std::min(smallest, std::abs(value));
        }
        problem.condition = problem.norm / smallest;
        return problem;
    }

    /// All of them, a reference without one standard problem being a mistake.
    std::vector<Problem> standard_problems() const {
        std::vector<Problem> problems;
        for (const auto& [name, entry] : json_.at("problems").items()) {
            if (entry.at("type") == "standard" && entry.at("files").size() == 1) problems.push_back(problem(name));
        }
        REQUIRE(!problems.empty());
        return problems;
    }

private:
    explicit ReferenceData(const char* folder) : folder_(folder) {
        std::ifstream stream(folder_ / "reference.json");
        REQUIRE_MESSAGE(stream.good(), "LAMBDABAR_TEST_DATA has no reference.json");
        json_ = nlohmann::json::parse(stream);
    }

    fs::path folder_;
    nlohmann::json json_;
};

/// What `lambdabar eigsh` found, next to the reference.
struct Found {
    int status = -1;
    std::string sentence;  // stderr
    nlohmann::json report = nlohmann::json::object();
    double error = kInfinity;     // max |λ_i − reference_i| / ‖A‖, by position: copies count
    double residual = kInfinity;  // max ‖A x_i − λ_i x_i‖ / ‖A‖, computed here

    std::vector<Index> clusters() const {
        std::vector<Index> counts;
        for (const auto& cluster : report.at("clusters")) counts.push_back(cluster.at("count"));
        return counts;
    }
};

template <ScalarType S>
double largest_residual(const CommandLine& line, const fs::path& file, const std::string& prefix) {
    const Sparse<S> A = read_sparse<S>(file);
    const Matrix<double> values = read_dense<double>(line.file(prefix + ".values.mtx"));
    const Matrix<S> X = read_dense<S>(line.file(prefix + ".vectors.mtx"));
    return (A * X - X * values.col(0).template cast<S>().asDiagonal()).colwise().norm().maxCoeff();
}

inline Found find_pairs(const CommandLine& line, const Problem& problem, Which which, Index k,
                        const std::string& more = "") {
    const bool low = which == Which::smallest;
    const CommandResult result = line.run("eigsh '" + problem.file.string() + "' -k " + std::to_string(k) +
                                          " --which " + (low ? "smallest" : "largest") + " --out found " + more);
    Found found{.status = result.status, .sentence = result.err};
    if (result.status != 0 && result.status != 3) return found;
    found.report = line.json("found.json");
    const std::vector<double>& reference = low ? problem.lowest : problem.highest;
    const auto wanted = static_cast<std::size_t>(k), first = low ? 0 : reference.size() - wanted;
    REQUIRE(reference.size() >= wanted);
    found.error = 0.0;
    for (std::size_t i = 0; i < wanted; ++i)
        found.error = std::max(found.error,
                               std::abs(found.report["values"][i].get<double>() - reference[first + i]) / problem.norm);
    const bool complex = read_matrix_market_header(problem.file).field == MatrixMarketField::complex;
    found.residual = (complex ? largest_residual<Complex>(line, problem.file, "found")
                              : largest_residual<double>(line, problem.file, "found")) /
                     problem.norm;
    return found;
}

/// Sizes of the groups of ascending reference values whose neighbours are at most `distance` apart.
inline std::vector<Index> groups(const std::vector<double>& values, double distance) {
    std::vector<Index> counts;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0 && values[i] - values[i - 1] <= distance) {
            ++counts.back();
        } else {
            counts.push_back(1);
        }
    }
    return counts;
}

}  // namespace lambdabar::test
