#include "factorization/available_memory.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

namespace lambdabar {

namespace {

namespace fs = std::filesystem;
constexpr double kUnknown = std::numeric_limits<double>::infinity();

/// The number in a file that holds one; unknown for "max" and for no file.
double number_in(const fs::path& file) {
    std::ifstream stream(file);
    double value = 0.0;
    return stream >> value ? value : kUnknown;
}

/// The number after `key` in a file of such pairs.
double number_after(const fs::path& file, const std::string& key, double otherwise) {
    std::ifstream stream(file);
    for (std::string word; stream >> word;) {
        double value = 0.0;
        if (word == key && stream >> value) return value;
    }
    return otherwise;
}

/// What one control group leaves.
double left_in(const fs::path& group, const char* limit, const char* usage, const std::string& cache) {
    const double bytes = number_in(group / limit);
    const double used = number_in(group / usage);
    if (bytes == kUnknown || used == kUnknown) return kUnknown;
    return std::max(0.0, bytes - used + number_after(group / "memory.stat", cache, 0.0));
}

/// The paths of this process's control group: in the v2 hierarchy, and under v1's memory controller.
std::pair<std::string, std::string> own_groups() {
    std::pair<std::string, std::string> paths;
    std::ifstream stream("/proc/self/cgroup");
    for (std::string line; std::getline(stream, line);) {
        const auto colon = line.find(':'), second = line.find(':', colon + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = line.substr(colon + 1, second - colon - 1);
        const std::string path = line.substr(std::min(second + 2, line.size()));
        if (controllers.empty()) paths.first = path;
        if (controllers == "memory") paths.second = path;
    }
    return paths;
}

/// The least that a group and its ancestors leave. Inside a container a path may name a group of the host: where it
/// does not exist it is unknown, and the walk arrives at the container's own root.
double left_up_to(const fs::path& root, const std::string& path, const char* limit, const char* usage,
                  const std::string& cache) {
    double left = kUnknown;
    for (fs::path group = path;; group = group.parent_path()) {
        left = std::min(left, left_in(root / group, limit, usage, cache));
        if (group.empty()) return left;
    }
}

}  // namespace

double available_memory() {
    const std::pair<std::string, std::string> groups = own_groups();
    const fs::path root = "/sys/fs/cgroup";
    const double kibibytes = number_after("/proc/meminfo", "MemAvailable:", kUnknown);
    return std::min({1024.0 * kibibytes,
                     left_up_to(root, groups.first, "memory.max", "memory.current", "inactive_file"),
                     left_up_to(root / "memory", groups.second, "memory.limit_in_bytes", "memory.usage_in_bytes",
                                "total_inactive_file")});
}

}  // namespace lambdabar
