#include "single.hpp"

#include "real_view.hpp"
#include "single_native.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace lambdabar {

SingleProjection project_single(BlockRef<double> w, ConstBlockRef<double> V, const Vector<double>& c, const Sum& sum,
                                std::string_view what) {
    const Index n = V.rows(), m = V.cols(), parts = native::partitions(n);
    Matrix<double> partial(m + 1, parts);
    native::project_single(n, real_data(V), real_stride(V), m, c.data(), real_data<double>(w), real_stride(w),
                           partial.data());
    Vector<double> total = Vector<double>::Zero(m + 1);
    for (Index p = 0; p < parts; ++p) total += partial.col(p);  // in their fixed order
    sum(total.data(), total.size());
    if (!total.allFinite()) throw std::invalid_argument(std::string(what) + " is not finite");
    return {total.head(m), std::sqrt(total(m))};
}

}  // namespace lambdabar
