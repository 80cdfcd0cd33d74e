#include "report_json.hpp"

#include <fstream>

namespace lambdabar::app {

double number(const Json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Eigen::VectorXd numbers(const Json& list) {
    Eigen::VectorXd all(static_cast<Index>(list.size()));
    Index i = 0;
    for (const Json& value : list) all(i++) = number(value);
    return all;
}

Json list(const Eigen::VectorXd& v) { return Json(std::vector<double>(v.begin(), v.end())); }

Json parse_report(const fs::path& file, const char* command) {
    std::ifstream stream(file);
    require(stream.good(), file, "cannot be read");
    try {
        return Json::parse(stream);
    } catch (const Json::exception& error) {
        refuse(file, "is not the report of an ", command, " run: ", error.what());
    }
}

Json report_of_files(const char* command, const Common& files) {
    return {{"command", command},
            {"version", LAMBDABAR_VERSION},
            {"matrix", files.matrix.string()},
            {"mass", files.mass.empty() ? Json(nullptr) : Json(files.mass.string())}};
}

}  // namespace lambdabar::app
