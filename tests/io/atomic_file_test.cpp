#include <doctest/doctest.h>

#include <lambdabar/io/atomic_file.hpp>

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "temporary_directory.hpp"

using lambdabar::AtomicFile;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

namespace {

/// For its life no file of this process may grow beyond `bytes`: a full disk that needs no disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    void (*handler_)(int);
    rlimit before_{};
};

}  // namespace

TEST_CASE("atomic file: nothing is visible before commit, everything after it") {
    const TemporaryDirectory folder;
    const fs::path path = folder.write("a.json", "old");
    AtomicFile file(path);
    file.write("new ");
    file.write(std::string(3U << 20, 'x'));
    CHECK(folder.read("a.json") == "old");
    file.commit();
    CHECK(folder.read("a.json") == "new " + std::string(3U << 20, 'x'));
    CHECK(folder.names() == Names{"a.json"});
    CHECK_THROWS_AS(file.write("more"), std::logic_error);
    CHECK_THROWS_AS(file.commit(), std::logic_error);
}

TEST_CASE("atomic file: without commit the target stays as it was and the temporary goes") {
    const TemporaryDirectory folder;
    const fs::path path = folder.write("a.json", "old");
    {
        AtomicFile file(path);
        file.write("half");
        CHECK(folder.names().size() == 2);
        AtomicFile other(folder.path() / "b.json");
        CHECK(folder.names().size() == 3);
    }
    CHECK(folder.read("a.json") == "old");
    CHECK(folder.names() == Names{"a.json"});
}

TEST_CASE("atomic file: a full disk is an error that leaves the target as it was") {
    const TemporaryDirectory folder;
    const fs::path path = folder.write("a.json", "old");
    std::string at_write;
    std::string at_commit;
    {
        const FileSizeLimit limit(1U << 16);
        try {
            AtomicFile file(path);
            file.write(std::string(4U << 20, 'x'));
        } catch (const std::runtime_error& error) {
            at_write = error.what();
        }
        try {
            AtomicFile file(path);
            file.write(std::string(1U << 17, 'x'));  // stays in the buffer
            file.commit();
        } catch (const std::runtime_error& error) {
            at_commit = error.what();
        }
    }
    CHECK(at_write == "cannot write '" + path.string() + "': writing failed: File too large");
    CHECK(at_commit == at_write);
    CHECK(folder.read("a.json") == "old");
    CHECK(folder.names() == Names{"a.json"});
}

TEST_CASE("atomic file: a target that cannot be written is refused at once") {
    const TemporaryDirectory folder;
    CHECK_THROWS_WITH_AS(AtomicFile{folder.path()}, doctest::Contains("it is a directory"), std::runtime_error);
    CHECK_THROWS_WITH_AS(AtomicFile{folder.path() / ""}, doctest::Contains("names no file"), std::runtime_error);
    CHECK_THROWS_WITH_AS(AtomicFile{folder.path() / "none" / "a.json"}, doctest::Contains("No such file or directory"),
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(AtomicFile{"/dev/null"}, doctest::Contains("not a regular file"), std::runtime_error);
    CHECK_THROWS_AS(AtomicFile{""}, std::runtime_error);
    const fs::path path = folder.write("a.json", "old");
    fs::permissions(path, fs::perms::owner_read);
    CHECK_THROWS_WITH_AS(AtomicFile{path}, doctest::Contains("write-protected"), std::runtime_error);
    CHECK_THROWS_AS(AtomicFile{path / "b.json"}, std::runtime_error);
    CHECK(folder.names() == Names{"a.json"});
}

TEST_CASE("atomic file: a target that vanishes under a directory leaves no temporary") {
    const TemporaryDirectory folder;
    AtomicFile file(folder.path() / "a.json");
    file.write("text");
    fs::create_directory(folder.path() / "a.json");  // rename must fail
    CHECK_THROWS_WITH_AS(file.commit(), doctest::Contains("replacing it failed"), std::runtime_error);
    CHECK(folder.names() == Names{"a.json"});
}

TEST_CASE("atomic file: a symbolic link is followed and permissions are kept") {
    const TemporaryDirectory folder;
    fs::create_directory(folder.path() / "real");
    const fs::path real = folder.write("real/a.json", "old");
    const fs::path link = folder.path() / "link.json";
    fs::create_symlink("real/a.json", link);
    fs::permissions(real, fs::perms::owner_read | fs::perms::owner_write);
    AtomicFile file(link);
    file.write("new");
    file.commit();
    CHECK(fs::is_symlink(link));
    CHECK(folder.read("real/a.json") == "new");
    CHECK(fs::status(real).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

    const fs::path loop = folder.path() / "loop";
    fs::create_symlink("loop", loop);
    CHECK_THROWS_WITH_AS(AtomicFile{loop}, doctest::Contains("symbolic links"), std::runtime_error);
}
