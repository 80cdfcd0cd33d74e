#include <lambdabar/crossing/track_modes.hpp>

#include "sentence.hpp"

#include <limits>
#include <stdexcept>

namespace lambdabar {

// Shortest augmenting paths with potentials u, v (Kuhn 1955, Munkres 1957; the O(k³) form of Jonker and Volgenant,
// Computing 38, 1987): u_i + v_j ≤ cost_ij throughout, with equality on assigned pairs.
std::vector<Index> optimal_assignment(const Eigen::MatrixXd& gain) {
    const Index k = gain.rows();
    if (gain.cols() != k || !gain.allFinite()) {
        throw std::invalid_argument(sentence("optimal_assignment: the gain is ", k, "×", gain.cols(),
                                             gain.allFinite() ? "" : " and not finite", ", it must be square"));
    }
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto at = [](Index i) { return static_cast<std::size_t>(i); };
    // Row and column 0 are artificial: row_of[0] is the row being placed.
    std::vector<double> u(at(k + 1), 0.0), v(at(k + 1), 0.0);
    std::vector<Index> row_of(at(k + 1), 0), came_from(at(k + 1), 0);
    for (Index row = 1; row <= k; ++row) {
        row_of[0] = row;
        Index column = 0;
        std::vector<double> distance(at(k + 1), kInfinity);
        std::vector<bool> done(at(k + 1), false);
        while (row_of[at(column)] != 0) {
            done[at(column)] = true;
            const Index i = row_of[at(column)];
            Index nearest = 0;
            double step = kInfinity;
            for (Index j = 1; j <= k; ++j) {
                if (done[at(j)]) continue;
                const double reduced = -gain(i - 1, j - 1) - u[at(i)] - v[at(j)];
                if (reduced < distance[at(j)]) {
                    distance[at(j)] = reduced;
                    came_from[at(j)] = column;
                }
                if (distance[at(j)] < step) {
                    step = distance[at(j)];
                    nearest = j;
                }
            }
            for (Index j = 0; j <= k; ++j) {
                if (done[at(j)]) {
                    u[at(row_of[at(j)])] += step;
                    v[at(j)] -= step;
                } else {
                    distance[at(j)] -= step;
                }
            }
            column = nearest;
        }
        while (column != 0) {
            const Index before = came_from[at(column)];
            row_of[at(column)] = row_of[at(before)];
            column = before;
        }
    }
    std::vector<Index> column_of(at(k), 0);
    for (Index j = 1; j <= k; ++j) column_of[at(row_of[at(j)] - 1)] = j - 1;
    return column_of;
}

}  // namespace lambdabar
