#include "picture.hpp"

#include "png.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

using Colour = std::array<std::uint8_t, 3>;

constexpr int kPixels = 120;  // of a heat map, each way
constexpr int kSide = 260;    // of a panel, in SVG units
constexpr int kPitchX = 370;  // from one panel to the next
constexpr int kPitchY = 350;
constexpr int kLeft = 60, kTop = 100;

/// 256 colours through the given stops.
template <std::size_t N>
std::vector<Colour> ramp(const std::array<Colour, N>& stops) {
    std::vector<Colour> palette(256);
    for (std::size_t i = 0; i < 256; ++i) {
        const double t = static_cast<double>(i) / 255.0 * static_cast<double>(N - 1);
        const auto left = std::min(static_cast<std::size_t>(t), N - 2);
        const double w = t - static_cast<double>(left);
        for (std::size_t c = 0; c < 3; ++c) {
            palette[i][c] = static_cast<std::uint8_t>(std::lround((1 - w) * stops[left][c] + w * stops[left + 1][c]));
        }
    }
    return palette;
}

const std::vector<Colour>& palette_of(const Panel& panel) {
    static const auto one_sided = ramp<7>(
        {{{68, 1, 84}, {67, 62, 133}, {48, 103, 141}, {31, 146, 140}, {53, 183, 121}, {145, 213, 66}, {253, 231, 37}}});
    static const auto two_sided = ramp<9>({{{5, 48, 97},
                                            {43, 120, 180},
                                            {120, 180, 214},
                                            {209, 229, 240},
                                            {247, 247, 247},
                                            {253, 219, 199},
                                            {239, 150, 115},
                                            {201, 60, 65},
                                            {103, 0, 31}}});
    return panel.two_sided ? two_sided : one_sided;
}

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    std::string result = text.data();
    if (result.front() == '-') result.replace(0, 1, "\u2212");
    return result;
}

std::string text(double x, double y, const std::string& content, const std::string& attributes = "") {
    std::ostringstream out;
    out << "<text x=\"" << x << "\" y=\"" << y << "\" " << attributes << ">" << content << "</text>\n";
    return out.str();
}

std::string image(double x, double y, double width, double height, const std::string& png) {
    std::ostringstream out;
    out << "<image x=\"" << x << "\" y=\"" << y << "\" width=\"" << width << "\" height=\"" << height
        << "\" preserveAspectRatio=\"none\" href=\"data:image/png;base64," << png << "\"/>\n<rect x=\"" << x
        << "\" y=\"" << y << "\" width=\"" << width << "\" height=\"" << height
        << "\" fill=\"none\" stroke=\"#444\"/>\n";
    return out.str();
}

std::string draw(const Panel& panel, double left, double top) {
    std::vector<double> values;
    for (int row = 0; row < kPixels; ++row) {
        for (int column = 0; column < kPixels; ++column) {
            values.push_back(panel.field((column + 0.5) / kPixels, 1 - (row + 0.5) / kPixels));
        }
    }
    double low = *std::min_element(values.begin(), values.end()),
           high = *std::max_element(values.begin(), values.end());
    if (panel.two_sided) high = std::max(high, -low), low = -high;
    if (std::abs(low) < 1e-3 * high) low = 0;
    if (!(high > low)) high = low + 1;
    const auto index = [&](double value) {
        return static_cast<std::uint8_t>(std::lround(std::clamp((value - low) / (high - low), 0.0, 1.0) * 255.0));
    };
    std::vector<std::uint8_t> pixels, bar;
    for (const double value : values) pixels.push_back(index(value));
    for (int i = 255; i >= 0; --i) bar.push_back(static_cast<std::uint8_t>(i));
    const auto& palette = palette_of(panel);

    std::string svg = text(left + kSide / 2.0, top - 30, panel.title, "class=\"title\"") +
                      text(left + kSide / 2.0, top - 11, panel.caption, "class=\"caption\"") +
                      image(left, top, kSide, kSide, png_base64(kPixels, kPixels, pixels, palette));
    for (const double t : {0.0, 0.5, 1.0}) {
        svg += text(left + t * kSide, top + kSide + 17, number(t), "text-anchor=\"middle\"") +
               text(left - 7, top + (1 - t) * kSide + 4, number(t), "text-anchor=\"end\"");
    }
    svg += text(left + 0.75 * kSide, top + kSide + 17, "x", "class=\"axis\"") +
           text(left - 12, top + 0.25 * kSide + 4, "y", "class=\"axis\"");
    const double bar_left = left + kSide + 12;
    svg += image(bar_left, top, 12, kSide, png_base64(1, 256, bar, palette));
    for (const double t : {0.0, 0.5, 1.0}) {
        svg += text(bar_left + 17, top + (1 - t) * kSide + 4, number(low + t * (high - low)));
    }
    return svg;
}

}  // namespace

void write_picture(const std::string& path, const std::string& title, const std::vector<Panel>& panels) {
    const int rows = (static_cast<int>(panels.size()) + 2) / 3, width = 3 * kPitchX + 20,
              height = kTop + rows * kPitchY - 30;
    std::ostringstream svg;
    svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height << "\" width=\""
        << width << "\" height=\"" << height << "\">\n<style>text{font:12px sans-serif;fill:#222}"
        << ".title{font-size:15px;font-weight:bold;text-anchor:middle}.caption{fill:#555;text-anchor:middle}"
        << ".axis{font-style:italic;text-anchor:middle}.head{font-size:19px;text-anchor:middle}</style>\n"
        << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        << text(width / 2.0, 34, title, "class=\"head\"");
    for (std::size_t i = 0; i < panels.size(); ++i) {
        svg << draw(panels[i], kLeft + kPitchX * static_cast<double>(i % 3),
                    kTop + kPitchY * static_cast<double>(i / 3));
    }
    svg << "</svg>\n";
    std::ofstream file(path, std::ios::binary);
    file << svg.str();
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path);
}
