#pragma once
// What a repeated run of the suite need not find again: references and the settings chosen for each peer. A folder
// given by the caller; without one, nothing is kept.
#include "compare.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>

namespace bench {

class SuiteMemory {
public:
    /// Reads the settings kept in `folder`; "": keeps nothing.
    explicit SuiteMemory(const std::string& folder);

    /// The reference kept for that problem, with at least k values; else the one that `find` returns, which is kept.
    Reference reference(const std::string& problem, Index k, const std::function<Reference()>& find) const;

    /// The setting chosen for a family ("-": none reaches the goal); nothing if it was not tried.
    std::optional<std::string> setting(const std::string& key, const std::string& family) const;
    void keep_setting(const std::string& key, const std::string& family, const std::string& name);

private:
    std::filesystem::path folder_;
    std::map<std::pair<std::string, std::string>, std::string> settings_;
};

}  // namespace bench
