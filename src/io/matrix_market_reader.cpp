#include "matrix_market_assemble.hpp"
#include "matrix_market_lines.hpp"

#include <algorithm>

namespace lambdabar {

namespace {

using detail::is_complex;
using detail::is_finite;
using detail::MatrixMarketLines;
using detail::max_int;
using detail::mirrored;
using detail::NumberStatus;
using detail::quoted;
using detail::Sparse;
using detail::take_token;
using detail::Triplets;

/// Reads an index counted from 1 and returns it counted from 0.
int read_index(const MatrixMarketLines& lines, std::string_view& line, const char* what, std::int64_t bound) {
    const std::string_view token = take_token(line);
    if (token.empty()) lines.fail("the ", what, " index is missing");
    std::int64_t value = 0;
    const NumberStatus status = detail::parse_integer(token, value);
    if (status == NumberStatus::not_a_number) lines.fail("the ", what, " index is ", quoted(token), ", not an integer");
    if (status == NumberStatus::out_of_range || value < 1 || value > bound)
        lines.fail("the ", what, " index is ", quoted(token), ", outside 1 to ", bound);
    return static_cast<int>(value - 1);
}

double read_number(const MatrixMarketLines& lines, std::string_view& line, MatrixMarketField field) {
    const std::string_view token = take_token(line);
    if (token.empty()) lines.fail("the value is missing or lacks its imaginary part");
    double value = 0.0;
    if (field == MatrixMarketField::integer) {
        std::int64_t integer = 0;
        const NumberStatus status = detail::parse_integer(token, integer);
        if (status == NumberStatus::not_a_number)
            lines.fail("the value is ", quoted(token), ", not an integer as the banner says");
        value = static_cast<double>(integer);
        constexpr double bound = 9223372036854775808.0;  // 2^63, beyond which the cast back is undefined
        if (status == NumberStatus::out_of_range || value >= bound || static_cast<std::int64_t>(value) != integer)
            lines.fail("the value is ", quoted(token), ", an integer that no double holds exactly");
        return value;
    }
    const NumberStatus status = detail::parse_real(token, value);
    if (status == NumberStatus::not_a_number) lines.fail("the value is ", quoted(token), ", not a finite number");
    if (status == NumberStatus::out_of_range) lines.fail("the value is ", quoted(token), ", too large for a double");
    return value;
}

template <ScalarType Scalar>
Scalar read_value(const MatrixMarketLines& lines, std::string_view& line, MatrixMarketField field) {
    if (field == MatrixMarketField::pattern) return Scalar(1.0);
    const double real = read_number(lines, line, field);
    if constexpr (is_complex<Scalar>)
        return field == MatrixMarketField::complex ? Scalar(real, read_number(lines, line, field)) : Scalar(real);
    else
        return real;
}

template <ScalarType Scalar>
void require_storage(const MatrixMarketLines& lines, MatrixMarketSymmetry symmetry, int row, int col, Scalar value) {
    if (symmetry == MatrixMarketSymmetry::general || row > col) return;
    if (row < col)
        lines.fail("the entry (", row + 1, ", ", col + 1, ") lies above the diagonal, but this file stores only the ",
                   "lower triangle");
    if (symmetry == MatrixMarketSymmetry::skew_symmetric)
        lines.fail("the entry (", row + 1, ", ", col + 1, ") lies on the diagonal, which a skew-symmetric file does ",
                   "not store");
    if (symmetry == MatrixMarketSymmetry::hermitian && std::imag(value) != 0.0)
        lines.fail("the diagonal entry (", row + 1, ", ", col + 1, ") of a Hermitian matrix has the imaginary part ",
                   std::imag(value));
}

/// Calls sink(row, col, value) for every entry in the file.
template <ScalarType Scalar, class Sink>
void read_entries(MatrixMarketLines& lines, const MatrixMarketHeader& header, Sink&& sink) {
    const bool coordinate = header.format == MatrixMarketFormat::coordinate;
    const bool general = header.symmetry == MatrixMarketSymmetry::general;
    const int below = header.symmetry == MatrixMarketSymmetry::skew_symmetric ? 1 : 0;
    int row = general ? 0 : below;  // of the next entry, array format
    int col = 0;
    std::string_view line;
    for (std::int64_t entry = 0; entry < header.entries; ++entry) {
        if (!lines.next_content(line)) lines.fail("the file ends after ", entry, " of ", header.entries, " entries");
        if (coordinate) {
            row = read_index(lines, line, "row", header.rows);
            col = read_index(lines, line, "column", header.cols);
        }
        const Scalar value = read_value<Scalar>(lines, line, header.field);
        if (const std::string_view surplus = take_token(line); !surplus.empty())
            lines.fail("the entry is followed by ", quoted(surplus), " on its line");
        require_storage(lines, header.symmetry, row, col, value);
        sink(row, col, value);
        if (!coordinate && ++row == header.rows) {
            ++col;
            row = general ? 0 : col + below;
        }
    }
    if (lines.next_content(line))
        lines.fail("the line ", quoted(line), " follows the last of ", header.entries, " entries");
}

template <ScalarType Scalar>
void require_scalar(const MatrixMarketLines& lines, const MatrixMarketHeader& header) {
    if (!is_complex<Scalar> && header.field == MatrixMarketField::complex)
        lines.fail_file("the file holds complex values and cannot be read as double; use std::complex<double>");
}

}  // namespace

template <ScalarType Scalar>
Eigen::SparseMatrix<Scalar, Eigen::ColMajor, int> read_sparse(const std::filesystem::path& path,
                                                              SymmetricStorage storage) {
    MatrixMarketLines lines(path);
    const MatrixMarketHeader header = detail::parse_header(lines);
    require_scalar<Scalar>(lines, header);
    if (header.entries > max_int) lines.fail_file("the file has ", header.entries, " entries, more than ", max_int);
    constexpr std::int64_t free_columns = std::int64_t{1} << 24;  // 64 MiB of column starts
    if (header.cols > std::max(free_columns, lines.bytes()))
        lines.fail_file("the header declares ", header.cols, " columns, but the file has only ", lines.bytes(),
                        " bytes");
    Triplets<Scalar> entries(header.entries);
    read_entries<Scalar>(lines, header, [&](int row, int col, Scalar value) { entries.append(row, col, value); });
    return detail::assemble(lines, header, entries, storage);
}

template <ScalarType Scalar>
Matrix<Scalar> read_dense(const std::filesystem::path& path) {
    MatrixMarketLines lines(path);
    const MatrixMarketHeader header = detail::parse_header(lines);
    require_scalar<Scalar>(lines, header);
    constexpr std::int64_t free_elements = std::int64_t{1} << 24;  // 128 MiB of doubles
    constexpr std::int64_t elements_per_byte = 16;                 // above: about one element in a hundred is stored
    const std::int64_t limit = std::max(free_elements, elements_per_byte * lines.bytes());
    if (header.format == MatrixMarketFormat::coordinate && header.rows > limit / header.cols)
        lines.fail_file("the coordinate file of ", lines.bytes(), " bytes declares ", header.rows, " x ", header.cols,
                        " elements, too sparse for a dense matrix; use read_sparse");
    const bool pattern = header.field == MatrixMarketField::pattern;
    Matrix<Scalar> X = Matrix<Scalar>::Zero(header.rows, header.cols);
    read_entries<Scalar>(lines, header, [&](int row, int col, Scalar value) {
        Scalar& element = X(row, col);
        element = pattern || element == Scalar(0.0) ? value : element + value;  // 0 + (-0) would lose the sign
        if (!is_finite(element))
            lines.fail("the repeated entries (", row + 1, ", ", col + 1, ") sum to more than a double holds");
        if (header.symmetry != MatrixMarketSymmetry::general && row != col)
            X(col, row) = mirrored(element, header.symmetry);
    });
    return X;
}

template Sparse<double> read_sparse<double>(const std::filesystem::path&, SymmetricStorage);
template Sparse<std::complex<double>> read_sparse<std::complex<double>>(const std::filesystem::path&, SymmetricStorage);
template Matrix<double> read_dense<double>(const std::filesystem::path&);
template Matrix<std::complex<double>> read_dense<std::complex<double>>(const std::filesystem::path&);

}  // namespace lambdabar
