#pragma once
#include <lambdabar/eigensolver/eigenpairs.hpp>

#include <cstdint>

namespace lambdabar::app {

/// One line on stderr that follows the eigensolver, if stderr is a terminal and `quiet` is false; erased at the end.
class ProgressLine {
public:
    explicit ProgressLine(bool quiet);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// To be given to eigsh; empty if nothing is to be shown. This object must outlive it.
    Monitor monitor();

private:
    void show(const Progress& progress);

    bool active_;
    bool shown_ = false;
    double last_ = 0.0;  // seconds
};

/// Seconds since some fixed point.
double seconds_now();

/// Largest resident memory of this process so far, in bytes.
std::int64_t peak_memory();

}  // namespace lambdabar::app
