#pragma once
#include <string>
#include <vector>

namespace lambdabar {

/// One tested law: what was measured, what was allowed, and in words what failed and where.
struct Law {
    std::string name;
    double measured = 0.0;   // relative error
    double tolerance = 0.0;  // largest relative error that passes
    bool passed = false;
    std::string detail = {};  // one clause with the numbers behind it; may be empty if passed
};

}  // namespace lambdabar
