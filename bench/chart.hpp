#pragma once
// One chart of a comparison: a row for each case, a mark for each contender, on a logarithmic scale.
#include <string>
#include <vector>

namespace bench {

struct ChartMark {
    std::string family;  // one colour and shape each
    double value;        // positive; 1 is the line in the middle
    bool right;          // a wrong answer is drawn hollow
};

struct ChartRow {
    std::string name;
    std::vector<ChartMark> marks;
};

/// Throws std::runtime_error if `path` cannot be written.
void write_chart(const std::string& path, const std::string& axis, const std::vector<ChartRow>& rows);

}  // namespace bench
