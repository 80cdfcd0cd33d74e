#pragma once
// Plain text tables, the same as CSV on request, and the options all comparison programs share.
#include "measure.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace bench {

struct Options {
    bool small = false;                   // sizes for a quick run
    int repeat = 3;                       // interleaved repetitions; medians are printed; 0: choose settings only
    std::string csv = {};                 // also write the table there
    std::string only = {};                // run the problems whose name begins so
    std::string factor = {};              // the direct solver
    bool variants = false;                // further settings of lambdabar beside the default one
    std::string markdown = {}, svg = {};  // also write the table, or a chart, there
    std::vector<long> k = {1, 8, 20};     // numbers of pairs
    std::string peer = {};                // run the peers whose name begins so
    std::string cache = {};               // a folder for references and chosen settings
    std::string python = "python3";       // the interpreter that has primme and scipy
    std::string preconditioner = {};      // give it to all contenders: ic
    double time_limit = 60.0;             // seconds for one solve
    int settings = 0;                     // of each peer that are tried; 0: all
};

/// Throws std::invalid_argument naming an option that is not known or lacks its value; `--help` prints `usage` and
/// exits.
Options parse_options(int argc, char** argv, const char* usage);

/// The main() of a comparison: run(options), its errors as one line on stderr and exit status 1.
template <class Run>
int bench_main(int argc, char** argv, const std::string& name, const Run& run, const std::string& more_usage = "") {
    settle_environment(argv);
    try {
        run(parse_options(argc, argv, ("Usage: " + name + " [options]\n" + more_usage).c_str()));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
        return 1;
    }
    return 0;
}

/// Cells are text; rows are printed as soon as they are added when the widths of the columns are given beforehand.
class Table {
public:
    struct Column {
        std::string title;
        int width;
        bool left = false;
        bool absolute = false;  // a figure of this machine: not in the Markdown, which is for documents
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    void print_header() const;
    /// Prints and keeps a row.
    void add(const std::vector<std::string>& cells);
    /// An empty line on paper, nothing in the CSV.
    void separate() const;
    /// Both throw std::runtime_error if `path` cannot be written.
    void write_csv(const std::string& path) const;
    void write_markdown(const std::string& path, bool append = false) const;

private:
    void print(const std::vector<std::string>& cells) const;

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// `value` in printf's %.*f; "-" for NaN.
std::string fixed(double value, int digits);
/// In %.1e; "-" for NaN.
std::string scientific(double value);

}  // namespace bench
