#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace bench {

namespace {

template <class... Numbers>
std::string format(const char* pattern, Numbers... numbers) {
    char text[64];
    std::snprintf(text, sizeof text, pattern, numbers...);
    return text;
}

/// Characters shown, in UTF-8.
int shown_width(const std::string& text) {
    int width = 0;
    for (const char c : text) width += (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    return width;
}

/// "1,8,20"
std::vector<long> numbers(const std::string& list) {
    std::vector<long> all;
    std::istringstream words(list);
    for (std::string word; std::getline(words, word, ',');) {
        all.push_back(std::stol(word));
        if (all.back() < 1) throw std::invalid_argument("--k needs positive numbers, not " + list);
    }
    if (all.empty()) throw std::invalid_argument("--k needs numbers");
    return all;
}

}  // namespace

Options parse_options(int argc, char** argv, const char* usage) {
    Options options;
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto value = [&] {
            if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
            return words[++i];
        };
        if (words[i] == "--help") {
            std::printf(
                "%s"
                "  --quick        small sizes (also --small)\n"
                "  --repeat N     interleaved repetitions, medians are shown (default %d; 0: choose settings only)\n"
                "  --only NAME    the problems, or kernels, whose name begins with NAME\n"
                "  --k LIST       numbers of pairs, e.g. 1,8,20 (bench_peers)\n"
                "  --peer NAME    the peers whose name begins with NAME (bench_peers)\n"
                "  --factor NAME  the direct solver: ldlt, cholmod, mumps (benches of pencils)\n"
                "  --variants     further settings of lambdabar\n"
                "  --settings N   try the first N settings of each peer only (bench_peers; default: all)\n"
                "  --limit S      seconds for one solve (default %.0f)\n"
                "  --cache DIR    keep references and chosen settings there: a second run only measures\n"
                "  --preconditioner ic  give it to all contenders that can use one (bench_peers)\n"
                "  --python FILE  the interpreter that has primme and scipy (default %s)\n"
                "  --csv FILE, --markdown FILE, --svg FILE    write the table or the chart there too\n",
                usage, options.repeat, options.time_limit, options.python.c_str());
            std::exit(0);
        } else if (words[i] == "--small" || words[i] == "--quick") {
            options.small = true;
        } else if (words[i] == "--variants") {
            options.variants = true;
        } else if (words[i] == "--repeat") {
            options.repeat = std::stoi(value());
            if (options.repeat < 0) throw std::invalid_argument("--repeat must not be negative");
        } else if (words[i] == "--csv") {
            options.csv = value();
        } else if (words[i] == "--markdown") {
            options.markdown = value();
        } else if (words[i] == "--svg") {
            options.svg = value();
        } else if (words[i] == "--k") {
            options.k = numbers(value());
        } else if (words[i] == "--peer") {
            options.peer = value();
        } else if (words[i] == "--cache") {
            options.cache = value();
        } else if (words[i] == "--python") {
            options.python = value();
        } else if (words[i] == "--preconditioner") {
            options.preconditioner = value();
        } else if (words[i] == "--settings") {
            options.settings = std::stoi(value());
        } else if (words[i] == "--limit") {
            options.time_limit = std::stod(value());
        } else if (words[i] == "--factor") {
            options.factor = value();
        } else if (words[i] == "--only") {
            options.only = value();
        } else {
            throw std::invalid_argument("unknown option " + words[i] + "; try --help");
        }
    }
    return options;
}

void Table::print(const std::vector<std::string>& cells) const {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c) {
        const std::string padding(static_cast<std::size_t>(std::max(0, columns_[c].width - shown_width(cells[c]))),
                                  ' ');
        line += (c > 0 ? "  " : "") + (columns_[c].left ? cells[c] + padding : padding + cells[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

void Table::print_header() const {
    std::vector<std::string> titles;
    for (const Column& column : columns_) titles.push_back(column.title);
    print(titles);
}

void Table::add(const std::vector<std::string>& cells) {
    print(cells);
    rows_.push_back(cells);
}

void Table::separate() const { std::printf("\n"); }

void Table::write_csv(const std::string& path) const {
    std::ofstream file(path);
    const auto write = [&](const auto& cells, const auto& text_of) {
        for (std::size_t c = 0; c < cells.size(); ++c) file << (c > 0 ? "," : "") << '"' << text_of(cells[c]) << '"';
        file << '\n';
    };
    write(columns_, [](const Column& column) { return column.title; });
    for (const auto& row : rows_) write(row, [](const std::string& cell) { return cell; });
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

void Table::write_markdown(const std::string& path, bool append) const {
    std::ofstream file(path, append ? std::ios::app : std::ios::out);
    if (append) file << '\n';
    const auto line = [&](const auto& cells, const auto& text_of) {
        file << '|';
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (!columns_[c].absolute) file << ' ' << text_of(cells[c]) << " |";
        }
        file << '\n';
    };
    line(columns_, [](const Column& column) { return column.title; });
    line(columns_, [](const Column& column) { return column.left ? "---" : "---:"; });
    for (const auto& row : rows_) line(row, [](const std::string& cell) { return cell; });
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string fixed(double value, int digits) { return std::isnan(value) ? "-" : format("%.*f", digits, value); }

std::string scientific(double value) { return std::isnan(value) ? "-" : format("%.1e", value); }

}  // namespace bench
