#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lambdabar::app {

/// A group of files of which either all appear or none: each is written whole beside its target under another name,
/// and only when all are there are they renamed. Targets that cannot be written are refused at announce(), before
/// anything is computed.
class OutputFiles {
public:
    using Writer = std::function<void(const std::filesystem::path&)>;

    OutputFiles() = default;
    OutputFiles(const OutputFiles&) = delete;
    OutputFiles& operator=(const OutputFiles&) = delete;
    ~OutputFiles();

    /// Throws std::runtime_error, naming target and reason, if `target` cannot be written.
    static void announce(const std::filesystem::path& target);

    void stage(const std::filesystem::path& target, const Writer& write);
    void stage_text(const std::filesystem::path& target, const std::string& text);
    void commit();

private:
    struct Staged {
        std::filesystem::path temporary, target;
    };
    std::vector<Staged> staged_;
};

/// "runs/a" and ".json" to "runs/a.json".
inline std::filesystem::path with_suffix(std::filesystem::path prefix, const char* suffix) { return prefix += suffix; }

}  // namespace lambdabar::app
