#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
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
                "  --small       small sizes, a quick run\n"
                "  --repeat N    interleaved repetitions, medians are shown (default %d)\n"
                "  --only NAME   the problems whose name begins with NAME\n"
                "  --factor NAME the direct solver: ldlt, cholmod, mumps (benches of pencils)\n"
                "  --variants    further settings of lambdabar\n"
                "  --csv FILE    write the table there too\n",
                usage, options.repeat);
            std::exit(0);
        } else if (words[i] == "--small") {
            options.small = true;
        } else if (words[i] == "--variants") {
            options.variants = true;
        } else if (words[i] == "--repeat") {
            options.repeat = std::stoi(value());
            if (options.repeat < 1) throw std::invalid_argument("--repeat must be at least 1");
        } else if (words[i] == "--csv") {
            options.csv = value();
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

std::string fixed(double value, int digits) { return std::isnan(value) ? "-" : format("%.*f", digits, value); }

std::string scientific(double value) { return std::isnan(value) ? "-" : format("%.1e", value); }

}  // namespace bench
