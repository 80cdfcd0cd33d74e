#pragma once
// A line chart as a self-contained SVG file, and its numbers as CSV.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Line {
    std::string name, colour;
    std::vector<double> values;  // one per iteration
    bool dashed = false;
};

/// Columns: iteration, then the lines. Throws std::runtime_error if the file cannot be written.
inline void write_csv(const std::string& path, const std::vector<Line>& lines) {
    std::ofstream file(path);
    file.precision(12);
    file << "iteration";
    for (const Line& line : lines) file << "," << line.name;
    for (std::size_t i = 0; i < lines.front().values.size(); ++i) {
        file << "\n" << i;
        for (const Line& line : lines) file << "," << line.values[i];
    }
    file << "\n";
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path);
}

inline void write_line_plot(const std::string& path, const std::string& title, const std::string& y_axis,
                            const std::vector<Line>& lines) {
    const double width = 760, height = 460, left = 90, right = 20, top = 50, bottom = 110;
    double low = lines.front().values.front(), high = low;
    std::size_t count = 2;
    for (const Line& line : lines) {
        count = std::max(count, line.values.size());
        for (const double v : line.values) low = std::min(low, v), high = std::max(high, v);
    }
    const double margin = 0.05 * (high - low);
    low -= margin, high += margin;
    const auto x = [&](double i) { return left + i / static_cast<double>(count - 1) * (width - left - right); };
    const auto y = [&](double v) { return top + (high - v) / (high - low) * (height - top - bottom); };
    std::ostringstream svg;
    svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height
        << "\">\n<style>text{font:13px sans-serif;fill:#222}</style>\n<rect width=\"100%\" height=\"100%\" "
        << "fill=\"white\"/>\n<text x=\"" << width / 2 << "\" y=\"28\" text-anchor=\"middle\" style=\"font-size:16px\">"
        << title << "</text>\n<rect x=\"" << left << "\" y=\"" << top << "\" width=\"" << width - left - right
        << "\" height=\"" << height - top - bottom << "\" fill=\"none\" stroke=\"#888\"/>\n";
    for (int i = 0; i <= 4; ++i) {
        const double v = low + (high - low) * i / 4.0, k = static_cast<double>(count - 1) * i / 4.0;
        std::ostringstream number;
        number.precision(3);
        number << v;
        svg << "<text x=\"" << left - 8 << "\" y=\"" << y(v) + 4 << "\" text-anchor=\"end\">" << number.str()
            << "</text>\n<text x=\"" << x(k) << "\" y=\"" << height - bottom + 20 << "\" text-anchor=\"middle\">"
            << static_cast<int>(k + 0.5) << "</text>\n";
    }
    svg << "<text x=\"" << width / 2 << "\" y=\"" << height - bottom + 40
        << "\" text-anchor=\"middle\">iteration</text>\n<text transform=\"translate(24 " << (top + height - bottom) / 2
        << ") rotate(-90)\" text-anchor=\"middle\">" << y_axis << "</text>\n";
    for (std::size_t l = 0; l < lines.size(); ++l) {
        const Line& line = lines[l];
        const std::string style = "fill=\"none\" stroke=\"" + line.colour + "\" stroke-width=\"1.8\"" +
                                  (line.dashed ? " stroke-dasharray=\"5 4\"" : "");
        svg << "<polyline " << style << " points=\"";
        for (std::size_t i = 0; i < line.values.size(); ++i)
            svg << x(static_cast<double>(i)) << "," << y(line.values[i]) << " ";
        const double key_x = left + static_cast<double>(l % 2) * 330.0;
        const double key_y = height - 46.0 + 22.0 * static_cast<double>(l / 2);
        svg << "\"/>\n<path " << style << " d=\"M" << key_x << " " << key_y << "h34\"/>\n<text x=\"" << key_x + 42
            << "\" y=\"" << key_y + 4 << "\">" << line.name << "</text>\n";
    }
    svg << "</svg>\n";
    std::ofstream file(path, std::ios::binary);
    file << svg.str();
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path);
}
