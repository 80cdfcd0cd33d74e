#include "matrix_market_lines.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace lambdabar::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;  // also the limit of one line

bool is_comment(std::string_view line) {
    const std::string_view token = take_token(line);
    return !token.empty() && token.front() == '%';
}

}  // namespace

MatrixMarketLines::MatrixMarketLines(const fs::path& path)
    : path_(path.string()), buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes)) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) fail_file("there is no such file");
    if (status.type() == fs::file_type::directory) fail_file("this is a directory, not a Matrix Market file");
    if (status.type() == fs::file_type::none) fail_file("the file cannot be examined: ", error.message());
    if (status.type() != fs::file_type::regular) fail_file("this is not a regular file");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (file_ == nullptr) fail_file("the file cannot be opened: ", std::generic_category().message(errno));
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // buffer_ is the buffer
    bytes_ = static_cast<std::int64_t>(fs::file_size(path, error));
    if (error) fail_file("the size of the file cannot be found: ", error.message());
    begin_ = end_ = buffer_.get();
}

bool MatrixMarketLines::next(std::string_view& line) {
    std::size_t searched = 0;
    while (true) {
        const std::size_t unread = static_cast<std::size_t>(end_ - begin_);
        const void* found = std::memchr(begin_ + searched, '\n', unread - searched);
        if (found != nullptr) {
            const char* line_end = static_cast<const char*>(found);
            line = std::string_view(begin_, static_cast<std::size_t>(line_end - begin_));
            begin_ = line_end + 1;
            ++line_number_;
            return true;
        }
        searched = unread;
        if (unread == buffer_bytes) {
            ++line_number_;
            if (!is_comment(std::string_view(begin_, unread))) fail("the line is longer than ", buffer_bytes, " bytes");
            skip_long_comment();
            line = "%";
            return true;
        }
        if (refill()) continue;
        if (unread == 0) return false;
        ++line_number_;
        line = std::string_view(begin_, unread);
        begin_ = end_;
        return true;
    }
}

bool MatrixMarketLines::next_content(std::string_view& line) {
    while (next(line)) {
        std::string_view rest = line;
        const std::string_view token = take_token(rest);
        if (!token.empty() && token.front() != '%') return true;
    }
    return false;
}

/// Moves the unread part to the front of the buffer and reads on behind it; false at the end of the file.
bool MatrixMarketLines::refill() {
    const std::size_t unread = static_cast<std::size_t>(end_ - begin_);
    std::memmove(buffer_.get(), begin_, unread);
    const std::size_t got = std::fread(buffer_.get() + unread, 1, buffer_bytes - unread, file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0)
        throw std::runtime_error("'" + path_ + "': reading failed: " + std::generic_category().message(errno));
    begin_ = buffer_.get();
    end_ = begin_ + unread + got;
    return got > 0;
}

void MatrixMarketLines::skip_long_comment() {
    do {
        const char* line_end = std::find(begin_, end_, '\n');
        begin_ = line_end == end_ ? end_ : line_end + 1;
        if (line_end != end_) return;
    } while (refill());
}

NumberStatus parse_integer(std::string_view token, std::int64_t& value) {
    if (token.size() > 1 && token[0] == '+' && token[1] != '-') token.remove_prefix(1);
    const char* last = token.data() + token.size();
    const auto [end, error] = std::from_chars(token.data(), last, value);
    if (end != last || error == std::errc::invalid_argument) return NumberStatus::not_a_number;
    return error == std::errc() ? NumberStatus::ok : NumberStatus::out_of_range;
}

NumberStatus parse_real(std::string_view token, double& value) {
    if (token.size() > 1 && token[0] == '+' && token[1] != '-') token.remove_prefix(1);
    const char* last = token.data() + token.size();
    std::from_chars_result parsed = std::from_chars(token.data(), last, value);
    std::string copy;  // for the rare ways only
    if (parsed.ptr != last && (*parsed.ptr == 'd' || *parsed.ptr == 'D')) {
        copy = token;
        copy[static_cast<std::size_t>(parsed.ptr - token.data())] = 'e';
        last = copy.data() + copy.size();
        parsed = std::from_chars(copy.data(), last, value);
    }
    if (parsed.ptr != last || parsed.ec == std::errc::invalid_argument) return NumberStatus::not_a_number;
    if (parsed.ec == std::errc::result_out_of_range) {  // from_chars does not say which way: strtod does
        value = std::strtod((copy.empty() ? std::string(token) : copy).c_str(), nullptr);
        return std::abs(value) < 1.0 ? NumberStatus::ok : NumberStatus::out_of_range;
    }
    return std::isfinite(value) ? NumberStatus::ok : NumberStatus::not_a_number;
}

std::string quoted(std::string_view token) {
    constexpr std::size_t limit = 32;
    std::string text = "'";
    for (const char c : token.substr(0, limit)) text += c >= ' ' && c <= '~' ? c : '?';
    return text + (token.size() > limit ? "...'" : "'");
}

}  // namespace lambdabar::detail
