#pragma once
// Time and memory of one solve, each in its own process: VmHWM belongs to a process, and a contender then cannot profit
// from memory that another one has already touched.
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// Seconds of a steady clock.
double now();

/// Processor seconds of this process, all threads: unlike now(), hardly disturbed by other processes (spinning counts).
double processor_seconds();

/// Median; the mean of the two in the middle for an even count. NaN for none.
double median(std::vector<double> values);

/// Runs `job` in a forked child and returns its numbers. To be called before this process has opened any OpenMP region
/// (libgomp's threads do not survive a fork). Throws std::runtime_error with the message of an exception in the child,
/// or naming the signal that ended it.
/// After `limit` seconds the child is ended and TimeLimit is thrown.
std::vector<double> run_in_child(const std::function<std::vector<double>()>& job,
                                 double limit = std::numeric_limits<double>::infinity());

/// A measured process was ended because it took too long.
struct TimeLimit : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Runs a program found on the path, with `environment` ("NAME=value") added to this process's; its standard output is
/// dropped. Throws TimeLimit, or std::runtime_error with the last line of its standard error if it fails.
void run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment, double limit);

/// Peak resident memory beyond that at construction, in bytes. Construction gives free heap memory back to the
/// system and resets VmHWM (/proc/self/clear_refs); call it after a small solve has loaded code and started threads.
class PeakMemory {
public:
    PeakMemory();
    double bytes() const;

private:
    double before_;
};

/// Starts the program anew where its environment is unfair to somebody: threads of OpenMP that spin long between two
/// regions are in the way of those of OpenBLAS (GOMP_SPINCOUNT), and an OpenBLAS that does not know the processor runs
/// on code for a very old one (OPENBLAS_CORETYPE). What is set already is left alone.
void settle_environment(char** argv);

/// The BLAS library this process has loaded, by its path, and what OpenBLAS runs on; "none" if there is none.
std::string loaded_blas();

/// Sets the number of threads of OpenBLAS if that is the BLAS loaded; other libraries are left alone.
void set_blas_threads(int threads);

}  // namespace bench
