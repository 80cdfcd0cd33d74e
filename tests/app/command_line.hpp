#pragma once
// Runs the executable LAMBDABAR_APP as a shell would, in a directory of its own.
#include "io/temporary_directory.hpp"
#include "support.hpp"

#include <lambdabar/io/matrix_market.hpp>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lambdabar::test {

namespace fs = std::filesystem;

struct CommandResult {
    int status = -1;
    std::string out, err;
};

/// A directory with matrices, in which commands run.
class CommandLine {
public:
    fs::path file(const std::string& name) const { return directory_.path() / name; }
    fs::path write(const std::string& name, const std::string& text) const { return directory_.write(name, text); }
    std::string read(const std::string& name) const { return directory_.read(name); }
    std::vector<std::string> names() const { return directory_.names(); }
    nlohmann::json json(const std::string& name) const { return nlohmann::json::parse(read(name)); }

    /// `lambdabar arguments…`, run there: names of files need no path. stdout and stderr are no terminals.
    CommandResult run(const std::string& arguments) const {
        const std::string out = scratch_.path() / "out", err = scratch_.path() / "err";
        const std::string command = "cd '" + directory_.path().string() + "' && '" LAMBDABAR_APP "' " + arguments +
                                    " >'" + out + "' 2>'" + err + "' </dev/null";
        const int status = std::system(command.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, scratch_.read("out"), scratch_.read("err")};
    }

    /// The same with stdout and stderr on a terminal; what it shows there.
    std::string run_on_terminal(const std::vector<std::string>& arguments) const {
        int terminal = -1;
        const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
        if (child == 0) {
            std::vector<char*> words{const_cast<char*>(LAMBDABAR_APP)};
            for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            if (chdir(directory_.path().c_str()) == 0) execv(LAMBDABAR_APP, words.data());
            _exit(127);
        }
        std::string shown;
        char buffer[4096];
        for (ssize_t count = 0; child > 0 && (count = ::read(terminal, buffer, sizeof buffer)) > 0;)
            shown.append(buffer, static_cast<std::size_t>(count));  // ends with an error when the child is gone
        if (child > 0) waitpid(child, nullptr, 0);
        close(terminal);
        return shown;
    }

    /// Writes the lower triangle under the header symmetric or hermitian, or all of it under general.
    template <ScalarType S>
    void write_matrix(const std::string& name, const Sparse<S>& M, bool general = false) const {
        if (general) {
            write_matrix_market(file(name), M);
        } else {
            write_matrix_market(file(name), Sparse<S>(M.template triangularView<Eigen::Lower>()),
                                MatrixMarketSymmetry::hermitian);
        }
    }

private:
    TemporaryDirectory directory_, scratch_;
};

/// One line that begins with the program's name.
inline bool one_sentence(const std::string& text) {
    return text.rfind("lambdabar: ", 0) == 0 && text.size() > 20 && text.find('\n') == text.size() - 1;
}

/// 1, 2, 2, 3, then 5 … : a doublet inside the four lowest.
inline Eigen::VectorXd doublet_spectrum(Index n) {
    Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(n, 5.0, 9.0);
    spectrum.head(4) = numbers({1.0, 2.0, 2.0, 3.0});
    return spectrum;
}

}  // namespace lambdabar::test
