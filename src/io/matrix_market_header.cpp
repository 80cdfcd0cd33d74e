#include "matrix_market_lines.hpp"

#include <algorithm>
#include <limits>

namespace lambdabar {

namespace detail {

namespace {

constexpr std::int64_t max_size = std::numeric_limits<int>::max();

std::string lower_case(std::string_view token) {
    std::string text(token);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

template <class Enum>
struct Word {
    const char* text;
    Enum value;
};

constexpr Word<MatrixMarketFormat> format_words[] = {
    {"coordinate", MatrixMarketFormat::coordinate},
    {"array", MatrixMarketFormat::array},
};
constexpr Word<MatrixMarketField> field_words[] = {
    {"real", MatrixMarketField::real},
    {"complex", MatrixMarketField::complex},
    {"integer", MatrixMarketField::integer},
    {"pattern", MatrixMarketField::pattern},
};
constexpr Word<MatrixMarketSymmetry> symmetry_words[] = {
    {"general", MatrixMarketSymmetry::general},
    {"symmetric", MatrixMarketSymmetry::symmetric},
    {"hermitian", MatrixMarketSymmetry::hermitian},
    {"skew-symmetric", MatrixMarketSymmetry::skew_symmetric},
};

template <class Words>
auto parse_word(const MatrixMarketLines& lines, std::string_view& line, const char* what, const Words& words) {
    const std::string_view token = take_token(line);
    const std::string text = lower_case(token);
    std::string choices;
    for (const auto& word : words) {
        if (text == word.text) return word.value;
        choices += (choices.empty() ? "" : ", ") + std::string(word.text);
    }
    lines.fail("the ", what, " in the banner is ", quoted(token), ", not one of ", choices);
}

/// %%MatrixMarket matrix FORMAT FIELD SYMMETRY
MatrixMarketHeader parse_banner(MatrixMarketLines& lines) {
    std::string_view line;
    if (!lines.next(line)) lines.fail_file("the file is empty");
    if (const std::string_view token = take_token(line); lower_case(token) != "%%matrixmarket")
        lines.fail("the file starts with ", quoted(token), " instead of '%%MatrixMarket'");
    if (const std::string_view token = take_token(line); lower_case(token) != "matrix")
        lines.fail("the object in the banner is ", quoted(token), ", only 'matrix' is known");
    MatrixMarketHeader header;
    header.format = parse_word(lines, line, "format", format_words);
    header.field = parse_word(lines, line, "field", field_words);
    header.symmetry = parse_word(lines, line, "symmetry", symmetry_words);
    if (!is_blank(line)) lines.fail("the banner goes on with ", quoted(take_token(line)), " after the symmetry");

    const bool pattern = header.field == MatrixMarketField::pattern;
    const bool hermitian = header.symmetry == MatrixMarketSymmetry::hermitian;
    if (pattern && header.format == MatrixMarketFormat::array)
        lines.fail("the banner joins 'array' with 'pattern', which leaves nothing to store");
    if (hermitian && header.field != MatrixMarketField::complex)
        lines.fail("the banner joins 'hermitian' with a field that is not complex; write 'symmetric'");
    if (pattern && header.symmetry == MatrixMarketSymmetry::skew_symmetric)
        lines.fail("the banner joins 'pattern' with 'skew-symmetric', but a pattern has no signs");
    return header;
}

std::int64_t parse_size(const MatrixMarketLines& lines, std::string_view& line, const char* what, std::int64_t least) {
    const std::string_view token = take_token(line);
    if (token.empty()) lines.fail("the size line lacks the number of ", what);
    std::int64_t value = 0;
    const NumberStatus status = parse_integer(token, value);
    if (status == NumberStatus::not_a_number)
        lines.fail("the number of ", what, " is ", quoted(token), ", not an integer");
    if (status == NumberStatus::ok && value < least)
        lines.fail("the number of ", what, " is ", value, ", less than ", least);
    if (status == NumberStatus::out_of_range && token.front() == '-')
        lines.fail("the number of ", what, " is ", quoted(token), ", less than ", least);
    if (status == NumberStatus::out_of_range)
        lines.fail("the number of ", what, " is ", quoted(token), ", too large for any matrix");
    return value;
}

std::int64_t array_entries(const MatrixMarketHeader& header) {
    const std::int64_t n = header.rows;
    switch (header.symmetry) {
        case MatrixMarketSymmetry::general:
            return n * header.cols;
        case MatrixMarketSymmetry::skew_symmetric:
            return n * (n - 1) / 2;
        default:
            return n * (n + 1) / 2;
    }
}

/// The shortest line an entry can take, its line end counted.
std::int64_t least_entry_bytes(const MatrixMarketHeader& header) {
    const std::int64_t indices = header.format == MatrixMarketFormat::coordinate ? 2 : 0;
    const std::int64_t values = header.field == MatrixMarketField::pattern   ? 0
                                : header.field == MatrixMarketField::complex ? 2
                                                                             : 1;
    return 2 * (indices + values);  // a digit and a separator each
}

}  // namespace

MatrixMarketHeader parse_header(MatrixMarketLines& lines) {
    MatrixMarketHeader header = parse_banner(lines);
    std::string_view line;
    if (!lines.next_content(line)) lines.fail("the file ends before the size line");
    header.rows = parse_size(lines, line, "rows", 1);
    header.cols = parse_size(lines, line, "columns", 1);
    if (std::max(header.rows, header.cols) > max_size)
        lines.fail("the matrix is ", header.rows, " x ", header.cols, ", but indices end at ", max_size);
    const bool coordinate = header.format == MatrixMarketFormat::coordinate;
    if (header.symmetry != MatrixMarketSymmetry::general && header.rows != header.cols)
        lines.fail("the matrix is ", header.rows, " x ", header.cols,
                   ", but the symmetry in the banner needs a square");
    header.entries = coordinate ? parse_size(lines, line, "entries", 0) : array_entries(header);
    if (!is_blank(line))
        lines.fail("the size line goes on with ", quoted(take_token(line)), " after ", coordinate ? 3 : 2, " numbers");
    if (const std::int64_t bound = lines.bytes() / least_entry_bytes(header); header.entries > bound)
        lines.fail(coordinate ? "the header declares " : "the sizes ask for ", header.entries, " entries, but the ",
                   lines.bytes(), " bytes of the file hold at most ", bound);
    return header;
}

}  // namespace detail

MatrixMarketHeader read_matrix_market_header(const std::filesystem::path& path) {
    detail::MatrixMarketLines lines(path);
    return detail::parse_header(lines);
}

}  // namespace lambdabar
