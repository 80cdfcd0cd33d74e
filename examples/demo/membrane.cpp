#include "membrane.hpp"

#include <stdexcept>
#include <string>
#include <vector>

using lambdabar::Index;

namespace {

/// Row of the node at (i, j)·h, counted from the corner of the square; −1 for nodes on the edge, which do not move.
Index row_of_node(Index m, Index i, Index j) { return i < 1 || i > m || j < 1 || j > m ? -1 : (i - 1) * m + (j - 1); }

/// Calls visit(a, b) for the four bonds of the cell whose lower corner is the node (i, j).
template <class Visit>
void for_each_bond(Index m, Index i, Index j, const Visit& visit) {
    const Index sw = row_of_node(m, i, j), nw = row_of_node(m, i, j + 1);
    const Index se = row_of_node(m, i + 1, j), ne = row_of_node(m, i + 1, j + 1);
    visit(sw, se);
    visit(nw, ne);
    visit(sw, nw);
    visit(se, ne);
}

Eigen::SparseMatrix<double> assemble(Index m, const Eigen::VectorXd& stiffness) {
    if (stiffness.size() != (m + 1) * (m + 1)) {
        throw std::invalid_argument("Membrane: " + std::to_string(stiffness.size()) + " stiffnesses for " +
                                    std::to_string((m + 1) * (m + 1)) + " cells");
    }
    std::vector<Eigen::Triplet<double>> entries;
    entries.reserve(static_cast<std::size_t>(12 * stiffness.size()));
    const double per_bond = 0.5 * static_cast<double>((m + 1) * (m + 1));  // ½ h⁻²
    const auto add = [&](Index row, Index column, double value) {
        entries.emplace_back(static_cast<int>(row), static_cast<int>(column), value);
    };
    for (Index i = 0; i <= m; ++i) {
        for (Index j = 0; j <= m; ++j) {
            const double bond = per_bond * stiffness(i * (m + 1) + j);
            for_each_bond(m, i, j, [&](Index a, Index b) {
                if (a >= 0) add(a, a, bond);
                if (b >= 0) add(b, b, bond);
                if (a >= 0 && b >= 0) {
                    add(a, b, -bond);
                    add(b, a, -bond);
                }
            });
        }
    }
    Eigen::SparseMatrix<double> A(m * m, m * m);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

}  // namespace

Membrane::Membrane(Index m, const Eigen::VectorXd& stiffness) : m_(m), matrix_(assemble(m, stiffness)) {}

void Membrane::vjp(lambdabar::In<double> V, lambdabar::In<double> W, lambdabar::GradientRef g) const {
    const double per_bond = 0.5 * static_cast<double>((m_ + 1) * (m_ + 1));
    const auto at = [](lambdabar::In<double> X, Index row, Index column) { return row < 0 ? 0.0 : X(row, column); };
    for (Index i = 0; i <= m_; ++i) {
        for (Index j = 0; j <= m_; ++j) {
            double sum = 0;
            for_each_bond(m_, i, j, [&](Index a, Index b) {
                for (Index c = 0; c < V.cols(); ++c) sum += (at(V, a, c) - at(V, b, c)) * (at(W, a, c) - at(W, b, c));
            });
            g(i * (m_ + 1) + j) += per_bond * sum;
        }
    }
}
