#include "suite_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace bench {

namespace {

constexpr const char* kTrials = "trials.txt";

}  // namespace

SuiteMemory::SuiteMemory(const std::string& folder) : folder_(folder) {
    if (folder.empty()) return;
    std::filesystem::create_directories(folder_);
    std::ifstream file(folder_ / kTrials);
    for (std::string key, name, figures, reason; std::getline(file, key) && std::getline(file, name) &&
                                                 std::getline(file, figures) && std::getline(file, reason);) {
        char* rest = nullptr;
        const double seconds = std::strtod(figures.c_str(), &rest);
        trials_[{key, name}] = {seconds, reason, static_cast<Index>(std::strtol(rest, nullptr, 10))};
    }
}

Reference SuiteMemory::reference(const std::string& problem, Index k, const std::function<Reference()>& find) const {
    if (folder_.empty()) return find();
    std::string name = problem + ".reference";
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ' ' || c == '/'; }, '_');
    Reference reference;
    {
        std::ifstream file(folder_ / name);
        Index count = 0;
        if (std::getline(file, reference.source) && file >> reference.norm >> reference.error >> count && count >= k) {
            reference.values.resize(count);
            for (double& value : reference.values) file >> value;
            if (file) return reference;
        }
    }
    reference = find();
    std::ofstream file(folder_ / name);
    file.precision(17);
    file << reference.source << '\n' << reference.norm << ' ' << reference.error << ' ' << reference.values.size();
    for (const double value : reference.values) file << ' ' << value;
    file << '\n';
    return reference;
}

std::optional<SuiteMemory::Trial> SuiteMemory::trial(const std::string& key, const std::string& contender) const {
    const auto place = trials_.find({key, contender});
    if (place == trials_.end()) return std::nullopt;
    return place->second;
}

void SuiteMemory::keep_trial(const std::string& key, const std::string& contender, const Trial& trial) {
    trials_[{key, contender}] = trial;
    if (folder_.empty()) return;
    std::ofstream file(folder_ / kTrials, std::ios::app);
    file << key << '\n' << contender << '\n' << trial.seconds << ' ' << trial.wrong << '\n' << trial.reason << '\n';
}

}  // namespace bench
