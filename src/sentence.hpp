#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace lambdabar {

/// The parts written after one another, numbers with this many digits: the text of an exception.
template <int Digits = 12, class... Parts>
std::string sentence(const Parts&... parts) {
    std::ostringstream message;
    message.precision(Digits);
    (message << ... << parts);
    return message.str();
}

/// Throws std::invalid_argument with that text.
template <int Digits = 12, class... Parts>
[[noreturn]] void refuse_input(const Parts&... parts) {
    throw std::invalid_argument(sentence<Digits>(parts...));
}

}  // namespace lambdabar
