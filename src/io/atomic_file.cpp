#include <lambdabar/io/atomic_file.hpp>

#include <cerrno>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace lambdabar {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const fs::path& target, const std::string& reason) {
    throw std::runtime_error("cannot write '" + target.string() + "': " + reason);
}

std::string message(int error) { return std::generic_category().message(error); }

fs::path follow_links(const fs::path& target) {
    constexpr int link_limit = 40;  // as Linux
    fs::path path = target;
    std::error_code error;
    for (int links = 0; fs::is_symlink(path, error); ++links) {
        if (links == link_limit) refuse(target, "too many levels of symbolic links");
        path = path.parent_path() / fs::read_symlink(path, error);
        if (error) refuse(target, error.message());
    }
    return path;
}

fs::path random_name() {
    static constexpr char digits[] = "0123456789abcdef";
    std::random_device source;
    std::string name = ".lambdabar-";
    for (int word = 0; word < 2; ++word) {
        auto bits = static_cast<std::uint32_t>(source());
        for (int digit = 0; digit < 8; ++digit, bits >>= 4) name += digits[bits & 15U];
    }
    return name + ".tmp";
}

}  // namespace

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)), file_path_(follow_links(target_)) {
    if (!file_path_.has_filename()) refuse(target_, "the path names no file");
    std::error_code error;
    const fs::file_status status = fs::status(file_path_, error);
    if (status.type() == fs::file_type::directory) refuse(target_, "it is a directory");
    if (fs::exists(status) && status.type() != fs::file_type::regular)
        refuse(target_, "it exists and is not a regular file");
    constexpr fs::perms any_write = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
    const bool replaces = fs::exists(status);
    if (replaces && (status.permissions() & any_write) == fs::perms::none)
        refuse(target_, "it exists and is write-protected");

    constexpr int attempts = 16;  // a collision of two 64-bit names is not chance
    for (int attempt = 0; attempt < attempts && file_ == nullptr; ++attempt) {
        temporary_ = file_path_.parent_path() / random_name();
        file_ = std::fopen(temporary_.c_str(), "wbx");
        if (file_ == nullptr && errno != EEXIST) break;
    }
    if (file_ == nullptr) {
        const int reason = errno;
        const fs::path directory = file_path_.has_parent_path() ? file_path_.parent_path() : fs::path(".");
        refuse(target_, "no file can be created in '" + directory.string() + "': " + message(reason));
    }
    constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
    std::setvbuf(file_, nullptr, _IOFBF, buffer_bytes);
    if (replaces) fs::permissions(temporary_, status.permissions(), error);  // best effort: the contents matter more
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::write(std::string_view text) {
    require_open();
    if (!text.empty() && std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail("writing failed", errno);
}

void AtomicFile::commit() {
    require_open();
    const bool flushed = std::fflush(file_) == 0;
    const int flush_error = errno;
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;  // a full disk may show only here
    if (!flushed || !closed) fail("writing failed", flushed ? errno : flush_error);
    std::error_code error;
    fs::rename(temporary_, file_path_, error);
    if (error) fail("replacing it failed", error.value());
    temporary_.clear();
}

void AtomicFile::fail(const char* action, int error) {
    discard();
    refuse(target_, std::string(action) + ": " + message(error));
}

void AtomicFile::discard() noexcept {
    if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
    if (!temporary_.empty()) {
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
        temporary_.clear();
    }
}

void AtomicFile::require_open() const {
    if (file_ == nullptr) throw std::logic_error("'" + target_.string() + "' was already committed or has failed");
}

}  // namespace lambdabar
