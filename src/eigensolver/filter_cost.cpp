#include "filter_cost.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kBasisPasses = 5.5;   // targets, two projections, AW, and a restart's share
constexpr double kBlockPasses = 40.0;  // over vectors of the block: norms, scaling, Gram matrices, copies
constexpr double kLeastGain = 4.0, kMostGain = 14.0;
constexpr double kAcceleration = 20.0;

}  // namespace

FilterCost FilterCost::of(double entries_per_row, Index number, Index b, Index m, bool single) {
    const auto size = static_cast<double>(number), width = static_cast<double>(b);
    const auto product = [&](double bytes, double blocks) {
        return entries_per_row * (bytes + 4.0) / width + blocks * bytes;
    };
    const double exact = product(size, 3.0);
    return {.product = single ? product(size / 2.0, 4.0) : exact,
            .step = (kBasisPasses * 0.75 * static_cast<double>(m) + kBlockPasses * width) * size + 2.0 * width * exact};
}

double FilterCost::gain(double growth, Index b) const {
    if (!(product > 0.0)) return kLeastGain;
    return std::clamp(std::sqrt(kAcceleration * step * growth / (product * static_cast<double>(b))), kLeastGain,
                      kMostGain);
}

}  // namespace lambdabar
