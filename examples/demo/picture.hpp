#pragma once
#include <functional>
#include <string>
#include <vector>

/// One heat map over the unit square.
struct Panel {
    std::string title;
    std::string caption;
    std::function<double(double x, double y)> field;
    bool two_sided = false;  // colours centred at zero
};

/// Writes the panels, three in a row, each with axes and a colour bar, as one self-contained SVG file.
/// Throws std::runtime_error if the file cannot be written.
void write_picture(const std::string& path, const std::string& title, const std::vector<Panel>& panels);
