#include "chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>

namespace bench {

namespace {

constexpr double kLeft = 230.0, kPlot = 620.0, kRight = 250.0, kTop = 30.0, kRow = 20.0;
constexpr const char* kColours[] = {"#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
                                    "#56b4e9", "#7b3294", "#8c510a", "#1b7837", "#b2182b", "#4d4d4d"};
constexpr const char* kShapes[] = {"M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0", "M-4,-4h8v8h-8z", "M0,-5l5,8h-10z"};

template <class... Numbers>
std::string text(const char* pattern, Numbers... numbers) {
    char buffer[512];
    std::snprintf(buffer, sizeof buffer, pattern, numbers...);
    return buffer;
}

class Style {
public:
    /// A mark at (x, y) in the colour and shape of its family, given in the order of first use.
    std::string mark(const std::string& family, double x, double y, bool right) {
        const auto known = number_.insert({family, number_.size()}).first->second;
        const char* colour = kColours[known % std::size(kColours)];
        return text("<path d='%s' transform='translate(%.1f,%.1f)' fill='%s' stroke='%s' stroke-width='1.4'/>\n",
                    kShapes[known % std::size(kShapes)], x, y, right ? colour : "white", colour);
    }
    const std::map<std::string, std::size_t>& families() const { return number_; }

private:
    std::map<std::string, std::size_t> number_;
};

std::string words(double x, double y, const char* anchor, const std::string& what) {
    return text("<text x='%.1f' y='%.1f' text-anchor='%s'>", x, y, anchor) + what + "</text>\n";
}

}  // namespace

void write_chart(const std::string& path, const std::string& axis, const std::vector<ChartRow>& rows) {
    double low = 0.5, high = 2.0;
    for (const ChartRow& row : rows) {
        for (const ChartMark& mark : row.marks) {
            if (!(mark.value > 0.0) || std::isinf(mark.value)) continue;
            low = std::min(low, mark.value);
            high = std::max(high, mark.value);
        }
    }
    const double from = std::floor(std::log2(low)), to = std::ceil(std::log2(high));
    const auto place = [&](double value) { return kLeft + kPlot * (std::log2(value) - from) / (to - from); };
    const double bottom = kTop + kRow * static_cast<double>(rows.size());
    std::string body;
    for (double power = from; power <= to; power += 1.0) {
        const double x = place(std::exp2(power));
        body += text("<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='%s'/>\n", x, kTop - 6.0, x, bottom,
                     power == 0.0 ? "#000" : "#ddd");
        body += words(x, kTop - 10.0, "middle", text(power < 0.0 ? "1/%.0f" : "%.0f", std::exp2(std::abs(power))));
    }
    Style style;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const double y = kTop + kRow * (static_cast<double>(r) + 0.5);
        body += words(kLeft - 10.0, y + 4.0, "end", rows[r].name);
        for (const ChartMark& mark : rows[r].marks) {
            if (mark.value > 0.0 && !std::isinf(mark.value))
                body += style.mark(mark.family, place(mark.value), y, mark.right);
        }
    }
    body += words(kLeft + kPlot / 2.0, bottom + 18.0, "middle", axis + " (hollow: a wrong answer)");
    for (const auto& [family, number] : style.families()) {
        const double y = kTop + 16.0 * (static_cast<double>(number) + 0.5);
        body +=
            style.mark(family, kLeft + kPlot + 24.0, y, true) + words(kLeft + kPlot + 36.0, y + 4.0, "start", family);
    }
    const double legend = kTop + 16.0 * static_cast<double>(style.families().size() + 1);
    std::ofstream file(path);
    file << text(
                "<svg xmlns='http://www.w3.org/2000/svg' width='%.0f' height='%.0f' font-family='sans-serif' "
                "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
                kLeft + kPlot + kRight, std::max(bottom + 30.0, legend))
         << body << "</svg>\n";
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace bench
