#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

namespace lambdabar {

/// A text file that appears whole or not at all.
///
/// The text goes to a temporary file (`.lambdabar-<random>.tmp`) in the directory of the target, and commit()
/// renames it over the target, which POSIX makes atomic: a reader sees the old contents or the new ones. Without
/// commit(), and after any failure, the destructor removes the temporary and an existing target stays untouched.
/// The data are not forced to the disk (no fsync). A symbolic link is followed, its target is replaced; an existing
/// target keeps its permissions.
///
///     AtomicFile file("report.json");
///     file.write(text);
///     file.commit();
///
/// Every member throws std::runtime_error, one sentence naming the target and the reason, when the operating system
/// refuses; the constructor also when the target is a directory or a device, or is write-protected.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends `text`, through a buffer of 1 MiB. Throws std::logic_error after commit() or after a failure.
    void write(std::string_view text);

    /// Flushes, closes and renames; to be called once, last. Throws std::logic_error when called again.
    void commit();

private:
    [[noreturn]] void fail(const char* action, int error);
    void discard() noexcept;
    void require_open() const;

    std::filesystem::path target_;     // as the caller named it, for messages
    std::filesystem::path file_path_;  // target_ with symbolic links followed
    std::filesystem::path temporary_;
    std::FILE* file_ = nullptr;  // null once committed or discarded
};

}  // namespace lambdabar
