#pragma once
// What a repeated run of the suite need not find again: references, and how each setting of each peer did when it was
// tried. A folder given by the caller; without one, nothing is kept.
#include "compare.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>

namespace bench {

class SuiteMemory {
public:
    /// Reads the trials kept in `folder`; "": keeps nothing.
    explicit SuiteMemory(const std::string& folder);

    /// The reference kept for that problem, with at least k values; else the one that `find` returns, which is kept.
    Reference reference(const std::string& problem, Index k, const std::function<Reference()>& find) const;

    /// What one run of a contender gave: seconds and the number of wrong values, or NaN and the reason. Nothing if it
    /// was not tried.
    struct Trial {
        double seconds;
        std::string reason;
        Index wrong = 0;
    };
    std::optional<Trial> trial(const std::string& key, const std::string& contender) const;
    void keep_trial(const std::string& key, const std::string& contender, const Trial& trial);

private:
    std::filesystem::path folder_;
    std::map<std::pair<std::string, std::string>, Trial> trials_;
};

}  // namespace bench
