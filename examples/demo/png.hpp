#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// An image of at most 256 colours as a PNG file (RFC 2083), uncompressed, in base64: what an <image> of an SVG takes.
/// `pixels` runs over rows from the top; every pixel is an index into `palette`.
std::string png_base64(int width, int height, const std::vector<std::uint8_t>& pixels,
                       const std::vector<std::array<std::uint8_t, 3>>& palette);
