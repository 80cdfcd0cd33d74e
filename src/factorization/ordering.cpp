#include "factorization/ordering.hpp"

#include <Eigen/OrderingMethods>

#include <cstddef>
#include <utility>
#include <vector>

namespace lambdabar {

namespace {

/// A vector indexed by the row numbers of the pattern.
struct Integers : std::vector<int> {
    Integers(Index n, int value) : std::vector<int>(static_cast<std::size_t>(n), value) {}
    int& operator[](Index i) { return std::vector<int>::operator[](static_cast<std::size_t>(i)); }
    int operator[](Index i) const { return std::vector<int>::operator[](static_cast<std::size_t>(i)); }
};

/// Neighbours of every row in the new order, diagonal left out.
struct Graph {
    std::vector<std::size_t> start;
    std::vector<int> neighbour;

    Graph(Index n, const int* column_start, const int* inner, const int* place)
        : start(static_cast<std::size_t>(n) + 1, 0) {
        const auto edges = [&](auto&& visit) {
            for (Index c = 0; c < n; ++c) {
                for (int e = column_start[c]; e < column_start[c + 1]; ++e) {
                    if (inner[e] == c) continue;
                    visit(place[inner[e]], place[c]);
                    visit(place[c], place[inner[e]]);
                }
            }
        };
        edges([&](int from, int) { ++start[static_cast<std::size_t>(from) + 1]; });
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) start[i + 1] += start[i];
        neighbour.resize(start.back());
        std::vector<std::size_t> next(start.begin(), start.end() - 1);
        edges([&](int from, int to) { neighbour[next[static_cast<std::size_t>(from)]++] = to; });
    }

    template <class Visit>
    void for_each(Index i, Visit&& visit) const {
        for (std::size_t e = start[static_cast<std::size_t>(i)]; e < start[static_cast<std::size_t>(i) + 1]; ++e)
            visit(neighbour[e]);
    }
};

/// parent(j) = min {i > j : L_ij ≠ 0}, −1 for a root (Liu, ACM Trans. Math. Softw. 12, 1986).
Integers elimination_tree(const Graph& graph, Index n) {
    Integers parent(n, -1), ancestor(n, -1);
    for (Index k = 0; k < n; ++k) {
        graph.for_each(k, [&](int i) {
            while (i != -1 && i < k) {
                const int next = std::exchange(ancestor[i], static_cast<int>(k));
                if (next == -1) parent[i] = static_cast<int>(k);
                i = next;
            }
        });
    }
    return parent;
}

/// The nodes of the forest, children before parents, every subtree in one run.
Integers postorder(const Integers& parent, Index n) {
    Integers first_child(n, -1), sibling(n, -1), order(n, 0);
    for (Index j = n - 1; j >= 0; --j) {
        if (parent[j] == -1) continue;
        sibling[j] = std::exchange(first_child[parent[j]], static_cast<int>(j));
    }
    Index k = 0;
    std::vector<int> stack;
    for (Index root = 0; root < n; ++root) {
        if (parent[root] != -1) continue;
        stack.push_back(static_cast<int>(root));
        while (!stack.empty()) {
            const int j = stack.back();
            const int child = first_child[j];
            if (child == -1) {
                stack.pop_back();
                order[k++] = j;
            } else {
                first_child[j] = sibling[child];
                stack.push_back(child);
            }
        }
    }
    return order;
}

/// Root of j's tree in the forest of merged sets, with path compression.
int find_root(Integers& ancestor, int j) {
    int root = j;
    while (root != ancestor[root]) root = ancestor[root];
    while (j != root) j = std::exchange(ancestor[j], root);
    return root;
}

}  // namespace

// Row i of L is the subtree of the elimination tree spanned by i and the j < i with M_ij ≠ 0. Column j is in as many
// rows as subtrees contain it: +1 at each leaf of a subtree, −1 at the common ancestor of two consecutive leaves,
// summed up the tree.
double cholesky_entries(Index n, const int* start, const int* inner, const int* place) {
    const Graph graph(n, start, inner, place);
    const Integers parent = elimination_tree(graph, n);
    const Integers post = postorder(parent, n);

    Integers first(n, -1);  // place in the postorder of the first descendant
    std::vector<Index> count(static_cast<std::size_t>(n), 0);
    const auto at = [&](Index j) -> Index& { return count[static_cast<std::size_t>(j)]; };
    for (Index k = 0; k < n; ++k) {
        int j = post[k];
        at(j) = first[j] == -1 ? 1 : 0;
        for (; j != -1 && first[j] == -1; j = parent[j]) first[j] = static_cast<int>(k);
    }

    Integers latest_first(n, -1), previous_leaf(n, -1), ancestor(n, 0);
    for (Index i = 0; i < n; ++i) ancestor[i] = static_cast<int>(i);
    for (Index k = 0; k < n; ++k) {
        const int j = post[k];
        if (parent[j] != -1) --at(parent[j]);
        graph.for_each(j, [&](int i) {
            const bool leaf = i > j && first[j] > latest_first[i];
            if (!leaf) return;
            latest_first[i] = first[j];
            const int previous = std::exchange(previous_leaf[i], j);
            ++at(j);
            if (previous != -1) --at(find_root(ancestor, previous));
        });
        if (parent[j] != -1) ancestor[j] = parent[j];
    }

    double entries = 0.0;
    for (Index j = 0; j < n; ++j) {
        if (parent[j] != -1) at(parent[j]) += at(j);
        entries += static_cast<double>(at(j));
    }
    return entries;
}

template <ScalarType S>
Permutation minimum_degree(const Eigen::SparseMatrix<S>& lower) {
    Permutation inverse;
    Eigen::AMDOrdering<int>()(lower.template selfadjointView<Eigen::Lower>(), inverse);
    return inverse.inverse();
}

template Permutation minimum_degree<double>(const Eigen::SparseMatrix<double>&);
template Permutation minimum_degree<std::complex<double>>(const Eigen::SparseMatrix<std::complex<double>>&);

}  // namespace lambdabar
