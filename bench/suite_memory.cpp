#include "suite_memory.hpp"

#include <algorithm>
#include <fstream>

namespace bench {

namespace {

constexpr const char* kSettings = "settings.txt";

}  // namespace

SuiteMemory::SuiteMemory(const std::string& folder) : folder_(folder) {
    if (folder.empty()) return;
    std::filesystem::create_directories(folder_);
    std::ifstream file(folder_ / kSettings);
    for (std::string key, family, name;
         std::getline(file, key) && std::getline(file, family) && std::getline(file, name);)
        settings_[{key, family}] = name;
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

std::optional<std::string> SuiteMemory::setting(const std::string& key, const std::string& family) const {
    const auto place = settings_.find({key, family});
    if (place == settings_.end()) return std::nullopt;
    return place->second;
}

void SuiteMemory::keep_setting(const std::string& key, const std::string& family, const std::string& name) {
    const auto known = setting(key, family);
    settings_[{key, family}] = name;
    if (folder_.empty() || known == name) return;
    std::ofstream file(folder_ / kSettings, std::ios::app);
    file << key << '\n' << family << '\n' << name << '\n';
}

}  // namespace bench
