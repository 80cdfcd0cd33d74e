#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

/// A line "name:  123 kB" of /proc/self/status, in bytes.
double status_bytes(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":")) return 1024.0 * std::stod(line.substr(name.size() + 1));
    }
    throw std::runtime_error("/proc/self/status has no line " + name);
}

void write_all(int file, const void* data, std::size_t size) {
    const char* bytes = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = write(file, bytes, size);
        if (written <= 0) _exit(3);
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
}

/// All that comes through `file`, or nothing more after `limit` seconds: then `late` is set.
std::string read_all(int file, double limit, bool& late) {
    std::string text;
    char buffer[4096];
    const double end = now() + limit;
    for (;;) {
        const double left = end - now();
        pollfd wait{file, POLLIN, 0};
        late =
            left <= 0.0 || poll(&wait, 1, std::isinf(left) ? -1 : static_cast<int>(std::min(left, 1e6) * 1e3) + 1) == 0;
        if (late) return text;
        const ssize_t count = read(file, buffer, sizeof buffer);
        if (count <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(count));
    }
}

[[noreturn]] void throw_late(double limit) {
    char text[64];
    std::snprintf(text, sizeof text, "cut off after %.0f s", limit);
    throw TimeLimit(text);
}

/// What the child sends: 'R' and its numbers, or 'E' and a message.
[[noreturn]] void child(int file, const std::function<std::vector<double>()>& job) {
    try {
        const std::vector<double> numbers = job();
        write_all(file, "R", 1);
        write_all(file, numbers.data(), numbers.size() * sizeof(double));
    } catch (const std::exception& error) {
        write_all(file, "E", 1);
        write_all(file, error.what(), std::strlen(error.what()));
    }
    _exit(0);
}

}  // namespace

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double median(std::vector<double> values) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

std::vector<double> run_in_child(const std::function<std::vector<double>()>& job, double limit) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe() failed");
    std::fflush(nullptr);  // or the child would print the buffers again
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("fork() failed");
    if (pid == 0) {
        close(ends[0]);
        child(ends[1], job);
    }
    close(ends[1]);
    bool late = false;
    const std::string answer = read_all(ends[0], limit, late);
    close(ends[0]);
    if (late) kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (late) throw_late(limit);
    if (WIFSIGNALED(status))
        throw std::runtime_error("a measured process was ended by signal " + std::to_string(WTERMSIG(status)));
    if (answer.empty()) throw std::runtime_error("a measured process sent nothing");
    if (answer[0] == 'E') throw std::runtime_error(answer.substr(1));
    std::vector<double> numbers((answer.size() - 1) / sizeof(double));
    std::memcpy(numbers.data(), answer.data() + 1, numbers.size() * sizeof(double));
    return numbers;
}

void run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment, double limit) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe() failed");
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("fork() failed");
    if (pid == 0) {
        setpgid(0, 0);  // a launcher's own children end with it
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, 0);
        dup2(nothing, 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        for (const std::string& setting : environment) putenv(const_cast<char*>(setting.c_str()));
        std::vector<char*> words;
        for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        execvp(words[0], words.data());
        _exit(127);
    }
    close(ends[1]);
    bool late = false;
    std::string message = read_all(ends[0], limit, late);
    close(ends[0]);
    if (late) kill(-pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (late) throw_late(limit);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) throw std::runtime_error("there is no program " + command[0]);
    message = message.substr(0, message.find('\n'));
    throw std::runtime_error(message.empty() ? command[0] + " failed" : message);
}

PeakMemory::PeakMemory() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5\n";
    before_ = status_bytes("VmRSS");
}

double PeakMemory::bytes() const { return status_bytes("VmHWM") - before_; }

namespace {

/// What OpenBLAS runs on: "Haswell"; empty if another BLAS is loaded.
std::string openblas_core() {
    void* symbol = dlsym(RTLD_DEFAULT, "openblas_get_corename");
    return symbol == nullptr ? "" : reinterpret_cast<const char* (*)()>(symbol)();
}

bool processor_has(const std::string& feature) {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("flags")) return (line + ' ').find(' ' + feature + ' ') != std::string::npos;
    }
    return false;
}

}  // namespace

void settle_environment(char** argv) {
    bool changed = false;
    const auto set = [&](const char* name, const char* value) { changed = setenv(name, value, 1) == 0 || changed; };
    if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr)
        set("GOMP_SPINCOUNT", "10000");
    if (std::getenv("OPENBLAS_CORETYPE") == nullptr && openblas_core() == "Prescott") {
        if (processor_has("avx512f")) {
            set("OPENBLAS_CORETYPE", "SkylakeX");
        } else if (processor_has("avx2")) {
            set("OPENBLAS_CORETYPE", "Haswell");
        }
    }
    if (changed) execv("/proc/self/exe", argv);  // where that fails, things stay as they are
}

std::string loaded_blas() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        const std::size_t path = line.find('/');
        if (path != std::string::npos && line.find("blas", path) != std::string::npos) {
            const std::string core = openblas_core();
            return line.substr(path) + (core.empty() ? "" : " (" + core + ")");
        }
    }
    return "none";
}

void set_blas_threads(int threads) {
    if (void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))
        reinterpret_cast<void (*)(int)>(symbol)(threads);
}

}  // namespace bench
