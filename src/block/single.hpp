#pragma once
#include <lambdabar/block/sum.hpp>

#include <string_view>

namespace lambdabar {

struct SingleProjection {
    Vector<double> product;  // Vᵀw of the projected w, summed over all processes
    double norm = 0.0;       // ‖w‖
};

/// w −= V c, then Vᵀw and ‖w‖, for a single real column. Reads m + 1 vectors, writes one: project_and_gram() and
/// norms() in one pass. Throws std::invalid_argument, naming `what`, if the result is not finite.
SingleProjection project_single(BlockRef<double> w, ConstBlockRef<double> V, const Vector<double>& c, const Sum& sum,
                                std::string_view what);

}  // namespace lambdabar
