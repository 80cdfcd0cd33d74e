#pragma once
#include <sstream>
#include <string>

namespace lambdabar {

/// The parts written after one another, numbers with 12 digits: the text of an exception.
template <class... Parts>
std::string sentence(const Parts&... parts) {
    std::ostringstream message;
    message.precision(12);
    (message << ... << parts);
    return message.str();
}

}  // namespace lambdabar
