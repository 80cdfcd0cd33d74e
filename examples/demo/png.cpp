#include "png.hpp"

#include <algorithm>
#include <string_view>

namespace {

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xffU);
    return bytes;
}

/// CRC-32 of RFC 2083, appendix 15, bit by bit.
std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffffU;
    for (const char byte : bytes) {
        crc ^= static_cast<std::uint8_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

std::string chunk(const std::string& type, const std::string& data) {
    return big_endian(static_cast<std::uint32_t>(data.size())) + type + data + big_endian(crc32(type + data));
}

/// A zlib stream (RFC 1950) of stored blocks (RFC 1951).
std::string stored(const std::string& data) {
    std::string stream = "\x78\x01";
    for (std::size_t begin = 0; begin < data.size(); begin += 0xffff) {
        const std::string block = data.substr(begin, 0xffff);
        const auto size = static_cast<std::uint32_t>(block.size());
        stream += begin + block.size() == data.size() ? '\1' : '\0';
        for (const std::uint32_t number : {size, ~size}) {
            stream += static_cast<char>(number & 0xffU);
            stream += static_cast<char>((number >> 8) & 0xffU);
        }
        stream += block;
    }
    std::uint32_t a = 1, b = 0;  // Adler-32
    for (const char byte : data) {
        a = (a + static_cast<std::uint8_t>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    return stream + big_endian((b << 16) | a);
}

std::string base64(const std::string& bytes) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = (group << 8) | (j < count ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j) text += j <= count ? digits[(group >> (18 - 6 * j)) & 63U] : '=';
    }
    return text;
}

}  // namespace

std::string png_base64(int width, int height, const std::vector<std::uint8_t>& pixels,
                       const std::vector<std::array<std::uint8_t, 3>>& palette) {
    std::string header = big_endian(static_cast<std::uint32_t>(width)) + big_endian(static_cast<std::uint32_t>(height));
    header += std::string("\x08\x03\x00\x00\x00", 5);  // 8 bits, palette, no interlace
    std::string colours, rows;
    for (const auto& colour : palette) colours.append(colour.begin(), colour.end());
    for (int row = 0; row < height; ++row) {
        rows += '\0';  // no filter
        const auto* first = pixels.data() + static_cast<std::ptrdiff_t>(row) * width;
        rows.append(first, first + width);
    }
    return base64(std::string("\x89PNG\r\n\x1a\n") + chunk("IHDR", header) + chunk("PLTE", colours) +
                  chunk("IDAT", stored(rows)) + chunk("IEND", ""));
}
