#include "app/command_line.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

const std::string kHeader = "%%MatrixMarket matrix coordinate ";

/// Status 2, one sentence on stderr that has `part`, nothing on stdout.
void check_refused(const CommandLine& line, const std::string& arguments, const std::string& part, int status = 2) {
    CAPTURE(arguments);
    const CommandResult result = line.run(arguments);
    CAPTURE(result.err);
    CHECK(result.status == status);
    CHECK(result.out == "");
    CHECK(one_sentence(result.err));
    CHECK(contains(result.err, part));
}

}  // namespace

TEST_CASE("app: --help and --version succeed on stdout") {
    const CommandLine line;
    const CommandResult version = line.run("--version");
    CHECK(version.status == 0);
    CHECK(version.out.rfind("lambdabar ", 0) == 0);
    const CommandResult help = line.run("--help");
    CHECK(help.status == 0);
    CHECK(help.err == "");
    for (const char* command : {"eigsh", "pullback", "eigmin", "eigmax", "check"}) CHECK(contains(help.out, command));
    CHECK(contains(line.run("pullback --help").out, "--density-bar"));
}

TEST_CASE("app: wrong usage is status 2 and one sentence") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({5}));
    check_refused(line, "", "subcommand");
    check_refused(line, "frobnicate A.mtx", "");
    check_refused(line, "eigsh", "matrix is required");
    check_refused(line, "eigsh A.mtx", "--out is required");
    check_refused(line, "eigsh A.mtx --out x --which middle", "--which");
    check_refused(line, "eigsh A.mtx --out x -k three", "-k");
    check_refused(line, "eigsh A.mtx --out x --frobnicate", "--frobnicate");
    check_refused(line, "eigsh A.mtx --out x -k 0", "k = 0 must lie between 1 and n");
    check_refused(line, "eigsh A.mtx --out x -k 5", "k = 5 must lie between 1 and n");
    check_refused(line, "eigsh A.mtx --out x --tol nan", "tol");
    check_refused(line, "eigsh A.mtx --out x --tol -1", "tol = -1");
    CHECK(line.names() == std::vector<std::string>{"A.mtx"});
}

TEST_CASE("app: hostile and damaged matrix files are status 2, naming file and line") {
    const CommandLine line;
    const auto refused = [&](const std::string& text, const std::string& part) {
        line.write("bad.mtx", text);
        check_refused(line, "eigsh bad.mtx --out x", part);
        check_refused(line, "eigmin bad.mtx", "bad.mtx");
    };
    check_refused(line, "eigsh nowhere.mtx --out x", "nowhere.mtx");
    refused("", "bad.mtx");
    refused("hello\n", "bad.mtx");
    refused(kHeader + "real symmetric\n1000000000 1000000000 1000000000000000000\n1 1 1\n", "line 2");
    refused(kHeader + "real symmetric\n-3 3 1\n1 1 1\n", "line 2");
    refused(kHeader + "real symmetric\n3 3 2\n1 1 1\n9 1 1\n", "line 4");
    refused(kHeader + "real symmetric\n3 3 2\n1 1 1\n2 1 nan\n", "line 4");
    refused(kHeader + "real symmetric\n3 3 3\n1 1 1\n", "bad.mtx");
    refused(kHeader + "real general\n2 3 1\n1 1 1\n", "2×3, not square");
    CHECK(line.names() == std::vector<std::string>{"bad.mtx"});
}

TEST_CASE("app: data that are not Hermitian are refused by what they are, whatever the header says") {
    const CommandLine line;
    const auto refused = [&](const std::string& text, const std::string& part) {
        line.write("bad.mtx", kHeader + text);
        check_refused(line, "eigsh bad.mtx --out x", part);
    };
    refused("real general\n3 3 2\n1 2 1\n2 1 2\n", "the matrix is not symmetric: entry (");
    refused("real skew-symmetric\n3 3 1\n2 1 1\n", "not symmetric");
    refused("complex symmetric\n3 3 2\n1 1 1 1\n2 1 1 1\n", "complex symmetric, not Hermitian");
    refused("complex general\n3 3 2\n1 2 0 1\n2 1 0 1\n", "complex symmetric, not Hermitian");
    refused("complex general\n3 3 2\n1 2 1 1\n2 1 1 2\n", "not Hermitian: entry (");
    // One triangle under the header general is a triangular matrix.
    refused("real general\n3 3 3\n1 1 2\n2 1 5\n2 2 1\n", "entry (1, 0) is 5 and entry (0, 1) is not stored");
}

TEST_CASE("app: complex symmetric data that are real, and diagonal general data, are Hermitian") {
    const CommandLine line;
    line.write("real.mtx", kHeader + "complex symmetric\n3 3 3\n1 1 1 0\n2 1 1 0\n3 3 5 0\n");
    line.write("diagonal.mtx", kHeader + "real general\n3 3 3\n1 1 3\n2 2 -2\n3 3 4\n");
    CHECK(std::abs(std::stod(line.run("eigmax real.mtx").out) - 5.0) <= 100.0 * kEps);
    CHECK(std::abs(std::stod(line.run("eigmin diagonal.mtx").out) + 2.0) <= 100.0 * kEps);
}

TEST_CASE("app: outputs that cannot be written are refused before any work, and nothing is left behind") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({30}));
    check_refused(line, "eigsh A.mtx --out missing/x", "missing/x.values.mtx");
    check_refused(line, "eigmin A.mtx --gradient missing/g.mtx", "missing/g.mtx");
    CHECK(line.names() == std::vector<std::string>{"A.mtx"});

    // One of three targets is a directory: the other two must not appear.
    fs::create_directory(line.file("run.json"));
    check_refused(line, "eigsh A.mtx --out run", "it is a directory");
    CHECK(line.names() == std::vector<std::string>{"A.mtx", "run.json"});

    // One of three is write-protected: the old contents of all stay.
    line.write("old.values.mtx", "old values");
    line.write("old.json", "old report");
    fs::permissions(line.file("old.json"), fs::perms::owner_read);
    check_refused(line, "eigsh A.mtx --out old", "write-protected");
    CHECK(line.read("old.values.mtx") == "old values");
    CHECK(line.names() == std::vector<std::string>{"A.mtx", "old.json", "old.values.mtx", "run.json"});

    if (geteuid() == 0) return;  // root writes anywhere
    fs::create_directory(line.file("closed"));
    fs::permissions(line.file("closed"), fs::perms::owner_read | fs::perms::owner_exec);
    check_refused(line, "eigsh A.mtx --out closed/x", "closed/x.values.mtx");
    fs::permissions(line.file("closed"), fs::perms::owner_all);
}

TEST_CASE("app: a run replaces the files of the last one, and leaves no temporaries") {
    const CommandLine line;
    line.write_matrix<double>("A.mtx", laplacian({30}));
    CHECK(line.run("eigsh A.mtx -k 2 --out run").status == 0);
    CHECK(line.run("eigsh A.mtx -k 3 --out run").status == 0);
    CHECK(read_dense<double>(line.file("run.vectors.mtx")).cols() == 3);
    CHECK(line.json("run.json")["k"] == 3);
    CHECK(line.names() == std::vector<std::string>{"A.mtx", "run.json", "run.values.mtx", "run.vectors.mtx"});
}
