#pragma once

#include <lambdabar/io/matrix_market.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lambdabar::detail {

/// The lines of a regular file in chunks of 1 MiB, with the line number at hand for messages.
/// A line is a view into the buffer, valid until the next one is asked for.
class MatrixMarketLines {
public:
    /// Throws std::invalid_argument when `path` is missing, not a regular file or cannot be opened.
    explicit MatrixMarketLines(const std::filesystem::path& path);

    /// The next line without its line end; false at the end of the file.
    bool next(std::string_view& line);

    /// The next line that is neither blank nor a comment.
    bool next_content(std::string_view& line);

    std::int64_t bytes() const { return bytes_; }

    /// Throws std::invalid_argument: file, number of the last line read, and `parts` in a row.
    template <class... Parts>
    [[noreturn]] void fail(const Parts&... parts) const {
        std::ostringstream text;
        text << '\'' << path_ << "', line " << line_number_ << ": ";
        (text << ... << parts);
        throw std::invalid_argument(text.str());
    }

    /// The same without a line.
    template <class... Parts>
    [[noreturn]] void fail_file(const Parts&... parts) const {
        std::ostringstream text;
        text << '\'' << path_ << "': ";
        (text << ... << parts);
        throw std::invalid_argument(text.str());
    }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    bool refill();
    void skip_long_comment();

    std::string path_;
    std::unique_ptr<std::FILE, Close> file_;
    std::int64_t bytes_ = 0;
    std::int64_t line_number_ = 0;
    std::unique_ptr<char[]> buffer_;
    const char* begin_ = nullptr;  // unread part of the buffer
    const char* end_ = nullptr;
};

/// Cuts the first token (between blanks, tabs, carriage returns) off `rest`; empty when there is none.
inline std::string_view take_token(std::string_view& rest) {
    constexpr auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    std::size_t first = 0;
    while (first < rest.size() && is_blank(rest[first])) ++first;
    std::size_t last = first;
    while (last < rest.size() && !is_blank(rest[last])) ++last;
    const std::string_view token = rest.substr(first, last - first);
    rest.remove_prefix(last);
    return token;
}

inline bool is_blank(std::string_view line) { return take_token(line).empty(); }

enum class NumberStatus { ok, not_a_number, out_of_range };

/// The whole of `token` as an integer, a leading '+' allowed.
NumberStatus parse_integer(std::string_view token, std::int64_t& value);

/// The whole of `token` as a finite double, a leading '+' and the exponent letters e, E, d, D allowed.
/// out_of_range: too large; too small is rounded. "nan" and "inf" are not numbers.
NumberStatus parse_real(std::string_view token, double& value);

/// `token` for a message: in quotes, at most 32 characters, what cannot be printed as '?'.
std::string quoted(std::string_view token);

/// Banner and size line; leaves `lines` before the first entry. Every check that needs no entry is made here.
MatrixMarketHeader parse_header(MatrixMarketLines& lines);

}  // namespace lambdabar::detail
