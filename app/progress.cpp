#include "progress.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>

namespace lambdabar::app {

namespace {
constexpr double kInterval = 0.1;  // seconds between updates
}

ProgressLine::ProgressLine(bool quiet) : active_(!quiet && isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
    if (shown_) std::fputs("\r\033[K", stderr);
}

Monitor ProgressLine::monitor() {
    if (!active_) return {};
    return [this](const Progress& progress) {
        if (const double now = seconds_now(); now - last_ >= kInterval) {
            last_ = now;
            show(progress);
        }
        return true;
    };
}

void ProgressLine::show(const Progress& progress) {
    double worst = std::nan("");
    for (const double r : progress.residuals) worst = std::isnan(worst) || r > worst ? r : worst;
    std::fprintf(stderr, "\rstep %ld  products %ld  converged %ld of %ld  worst tested residual %.1e\033[K",
                 static_cast<long>(progress.iteration), static_cast<long>(progress.products),
                 static_cast<long>(progress.converged), static_cast<long>(progress.wanted), worst);
    std::fflush(stderr);
    shown_ = true;
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return std::int64_t{1024} * usage.ru_maxrss;  // Linux counts KiB
}

}  // namespace lambdabar::app
