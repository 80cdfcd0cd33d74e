#include "parameter_set.hpp"

#include "sentence.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace lambdabar {

ParameterSet complete(const ParameterSet& set, const Eigen::VectorXd& p) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const Index size = p.size();
    const auto refuse = [](const auto&... parts) {
        throw std::invalid_argument(sentence("maximize_eigmin: ", parts...));
    };
    if (size < 1 || !p.allFinite()) refuse("p has ", size, " entries", p.allFinite() ? "" : ", not all finite");
    if ((set.lower.size() != 0 && set.lower.size() != size) || (set.upper.size() != 0 && set.upper.size() != size))
        refuse("the bounds have ", set.lower.size(), " and ", set.upper.size(), " entries for ", size, " parameters");
    if (set.lower.hasNaN() || set.upper.hasNaN()) refuse("a bound is not a number");
    ParameterSet full = set;
    if (set.lower.size() == 0) full.lower = Eigen::VectorXd::Constant(size, -kInfinity);
    if (set.upper.size() == 0) full.upper = Eigen::VectorXd::Constant(size, kInfinity);
    const double slack = 1e-9 * std::max(1.0, p.cwiseAbs().maxCoeff());
    for (Index l = 0; l < size; ++l) {
        if (!(full.lower(l) < full.upper(l)))
            refuse("the bounds ", full.lower(l), " … ", full.upper(l), " of parameter ", l, " leave no room");
        if (p(l) < full.lower(l) - slack || p(l) > full.upper(l) + slack)
            refuse("p_", l, " = ", p(l), " lies outside of its bounds ", full.lower(l), " … ", full.upper(l));
    }
    if (!std::isnan(set.total)) {
        if (!(full.lower.sum() < set.total && set.total < full.upper.sum()))
            refuse("no p within the bounds has the sum ", set.total);
        if (std::abs(p.sum() - set.total) > slack * static_cast<double>(size))
            refuse("Σ p = ", p.sum(), " is not the total ", set.total);
    }
    return full;
}

double largest(const Eigen::VectorXd& g, const ParameterSet& set) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    double sum = 0.0;
    if (std::isnan(set.total)) {
        for (Index l = 0; l < g.size(); ++l) {
            if (g(l) != 0.0) sum += g(l) * (g(l) > 0.0 ? set.upper(l) : set.lower(l));
        }
        return sum;
    }
    // A linear program with one equation: all at their lower bounds, then what is left to the largest slopes first.
    // Parameters without a lower bound start at the least slope's price: only equal slopes are then bounded.
    if (!set.lower.allFinite()) return g.maxCoeff() == g.minCoeff() ? g(0) * set.total : kInfinity;
    double left = set.total - set.lower.sum();
    sum = g.dot(set.lower);
    std::vector<Index> order(static_cast<std::size_t>(g.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index i, Index j) { return g(i) > g(j); });
    for (const Index l : order) {
        const double taken = std::min(left, set.upper(l) - set.lower(l));
        sum += taken * g(l);
        left -= taken;
        if (left <= 0.0) break;
    }
    return sum;
}

Eigen::VectorXd into_the_set(Eigen::VectorXd p, const ParameterSet& set) {
    p = p.cwiseMax(set.lower).cwiseMin(set.upper);
    if (std::isnan(set.total)) return p;
    for (int i = 0; i < 3; ++i) {
        const double excess = p.sum() - set.total;
        Eigen::VectorXd room = excess > 0.0 ? p - set.lower : set.upper - p;
        if (!room.allFinite()) room = room.array().isFinite().select(room, std::abs(excess) + p.cwiseAbs().maxCoeff());
        if (excess == 0.0 || room.sum() <= 0.0) break;
        p -= excess / room.sum() * room;
    }
    return p;
}

}  // namespace lambdabar
