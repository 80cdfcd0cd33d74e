#include "output_files.hpp"

#include <lambdabar/io/atomic_file.hpp>

#include <random>
#include <stdexcept>
#include <system_error>

namespace lambdabar::app {

namespace fs = std::filesystem;

namespace {

/// Where a rename must go: the file behind symbolic links.
fs::path behind_links(const fs::path& target) {
    std::error_code error;
    return fs::is_symlink(target, error) ? fs::weakly_canonical(target) : target;
}

fs::path temporary_beside(const fs::path& target) {
    std::random_device random;
    fs::path name = target.parent_path() / ".lambdabar-";
    name += std::to_string(random()) + "-" + std::to_string(random()) + ".tmp";
    return name;
}

}  // namespace

OutputFiles::~OutputFiles() {
    for (const Staged& file : staged_) {
        std::error_code ignored;
        fs::remove(file.temporary, ignored);
    }
}

void OutputFiles::announce(const fs::path& target) {
    const AtomicFile probe(target);  // opened beside the target, and removed again
}

void OutputFiles::stage(const fs::path& target, const Writer& write) {
    announce(target);
    const fs::path file = behind_links(target);
    staged_.push_back({temporary_beside(file), file});
    write(staged_.back().temporary);
    std::error_code error;
    const fs::file_status replaced = fs::status(file, error);
    if (fs::exists(replaced)) fs::permissions(staged_.back().temporary, replaced.permissions(), error);
}

void OutputFiles::stage_text(const fs::path& target, const std::string& text) {
    stage(target, [&](const fs::path& temporary) {
        AtomicFile file(temporary);
        file.write(text);
        file.commit();
    });
}

void OutputFiles::commit() {
    for (const Staged& file : staged_) {
        std::error_code error;
        fs::rename(file.temporary, file.target, error);
        if (error) throw std::runtime_error("cannot write '" + file.target.string() + "': " + error.message());
    }
    staged_.clear();
}

}  // namespace lambdabar::app
