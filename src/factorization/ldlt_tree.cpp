#include "factorization/ldlt_tree.hpp"

#include <algorithm>

namespace lambdabar {

namespace {

constexpr double kPieces = 16.0;      // of the entries, about
constexpr double kLeastPiece = 1e5;   // entries: fewer are not worth a task
constexpr double kColumnWork = 10.0;  // of a column itself, in entries

std::size_t at(int i) { return static_cast<std::size_t>(i); }

double entries_of(const LdltPattern& L, int first, int last) {
    return static_cast<double>(L.start[last] - L.start[first]) + kColumnWork * (last - first);
}

/// First columns of the panels (native::LdltPanel), and n.
std::vector<int> panels_of(const LdltPattern& L) {
    std::vector<int> first;
    const int n = static_cast<int>(L.n);
    for (int k = 0; k < n; ++k) {
        // In a Cholesky factor column k − 1 without its first row c is part of column c: all of it, if as long.
        const bool joins = k > 0 && k - first.back() < native::kPanelColumns && L.start[k] - L.start[k - 1] > L.skip &&
                           L.row[L.start[k - 1] + L.skip] == k &&
                           L.start[k] - L.start[k - 1] == L.start[k + 1] - L.start[k] + 1;
        if (!joins) first.push_back(k);
    }
    first.push_back(n);
    return first;
}

/// The panel above each panel in the elimination tree, −1 for a root.
std::vector<int> parents_of(const LdltPattern& L, const std::vector<int>& first) {
    std::vector<int> panel_of(at(static_cast<int>(L.n))), parent(first.size() - 1, -1);
    for (std::size_t p = 0; p + 1 < first.size(); ++p) {
        std::fill(panel_of.begin() + first[p], panel_of.begin() + first[p + 1], static_cast<int>(p));
    }
    for (std::size_t p = 0; p + 1 < first.size(); ++p) {
        const int last = first[p + 1] - 1, below = L.start[last] + L.skip;
        if (below < L.start[last + 1]) parent[p] = panel_of[at(L.row[below])];
    }
    return parent;
}

}  // namespace

LdltTree::LdltTree(const LdltPattern& pattern) {
    cut(pattern, panels_of(pattern));
    place_rows(pattern);
    measure();
}

/// Panels into tasks: chains of panels with much below them, and bundles of the subtrees that are light enough.
void LdltTree::cut(const LdltPattern& L, const std::vector<int>& first) {
    const std::vector<int> parent = parents_of(L, first);
    const std::size_t count = parent.size();
    std::vector<double> weight(count);  // of the subtree
    std::vector<int> heavy_children(count, 0), task(count, -1);
    for (std::size_t p = 0; p < count; ++p) weight[p] += entries_of(L, first[p], first[p + 1]);
    for (std::size_t p = 0; p < count; ++p) {
        entries_ += entries_of(L, first[p], first[p + 1]);
        if (parent[p] >= 0) weight[at(parent[p])] += weight[p];
    }
    const double most = std::max(entries_ / kPieces, kLeastPiece);
    for (std::size_t p = 0; p < count; ++p) {
        if (parent[p] >= 0 && weight[p] > most) ++heavy_children[at(parent[p])];
    }
    struct Bundle {
        int task = -1;
        double weight = 0.0;
    };
    std::vector<Bundle> open(1);  // below no task, then below each task
    const auto new_task = [&](int above) {
        tasks_.emplace_back().parent = above;
        open.emplace_back();
        return static_cast<int>(tasks_.size()) - 1;
    };
    for (std::size_t p = count; p-- > 0;) {
        const int q = parent[p], above = q >= 0 ? task[at(q)] : -1;
        const bool heavy = weight[p] > most, below_heavy = q < 0 || weight[at(q)] > most;
        if (heavy) {
            task[p] = q >= 0 && heavy_children[at(q)] == 1 ? above : new_task(above);
        } else if (!below_heavy) {
            task[p] = above;
        } else {
            Bundle* bundle = &open[at(above + 1)];
            if (bundle->task < 0 || bundle->weight + weight[p] > most) {
                const int fresh = new_task(above);
                bundle = &open[at(above + 1)];
                *bundle = {fresh, 0.0};
            }
            task[p] = bundle->task;
            bundle->weight += weight[p];
        }
    }
    for (std::size_t p = 0; p < count; ++p) {
        const int last = first[p + 1] - 1;
        tasks_[at(task[p])].panels.push_back({.column = first[p],
                                              .columns = first[p + 1] - first[p],
                                              .place = 0,
                                              .below = L.start[last + 1] - L.start[last] - L.skip,
                                              .rows = 0});
    }
}

/// Gives every task its rows, and rewrites the rows below its panels in them. Tasks come after their parents, so the
/// last ones are first, and what they reach is known to their parents.
void LdltTree::place_rows(const LdltPattern& L) {
    const auto n = static_cast<std::size_t>(L.n);
    std::vector<int> owner(n), place(n), seen(n, -1);
    std::vector<std::vector<int>> reached(tasks_.size());  // rows of L beyond the task's own
    native::Size total = 0;
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
        for (const native::LdltPanel& panel : tasks_[t].panels) {
            std::fill_n(owner.begin() + panel.column, panel.columns, static_cast<int>(t));
            total += panel.below;
        }
    }
    panel_rows_.resize(static_cast<std::size_t>(total));
    native::Size next = 0;
    for (std::size_t t = tasks_.size(); t-- > 0;) {
        LdltTask& task = tasks_[t];
        std::vector<int>& beyond = reached[t];
        const auto reach = [&](int row) {
            if (owner[at(row)] == static_cast<int>(t) || seen[at(row)] == static_cast<int>(t)) return;
            seen[at(row)] = static_cast<int>(t);
            beyond.push_back(row);
        };
        for (const int child : task.children) {
            for (const int row : reached[at(child)]) reach(row);
        }
        for (const native::LdltPanel& panel : task.panels) {
            const int* rows = L.row + L.start[panel.column + panel.columns - 1] + L.skip;
            std::for_each(rows, rows + panel.below, reach);
        }
        std::sort(beyond.begin(), beyond.end());
        for (native::LdltPanel& panel : task.panels) {
            panel.place = static_cast<int>(task.own_rows());
            for (int j = 0; j < panel.columns; ++j) {
                place[at(panel.column + j)] = panel.place + j;
                task.matrix_row.push_back(L.matrix_row[panel.column + j]);
            }
        }
        for (std::size_t i = 0; i < beyond.size(); ++i) {
            place[at(beyond[i])] = static_cast<int>(task.own_rows()) + static_cast<int>(i);
        }
        for (native::LdltPanel& panel : task.panels) {
            const int* rows = L.row + L.start[panel.column + panel.columns - 1] + L.skip;
            panel.rows = next;
            for (int e = 0; e < panel.below; ++e) panel_rows_[static_cast<std::size_t>(next++)] = place[at(rows[e])];
        }
        for (const int child : task.children) {
            for (const int row : reached[at(child)]) tasks_[at(child)].in_parent.push_back(place[at(row)]);
            reached[at(child)] = {};
        }
        if (task.parent >= 0) {
            std::vector<int>& siblings = tasks_[at(task.parent)].children;
            siblings.insert(siblings.begin(), static_cast<int>(t));
        }
    }
}

void LdltTree::measure() {
    std::vector<int> generations(tasks_.size(), 0);
    std::vector<double> path(tasks_.size(), 0.0);  // the heaviest from a leaf to this task
    double longest = 0.0;
    for (std::size_t t = tasks_.size(); t-- > 0;) {
        for (const int child : tasks_[t].children) {
            generations[t] = std::max(generations[t], generations[at(child)] + 1);
            path[t] = std::max(path[t], path[at(child)]);
        }
        for (const native::LdltPanel& panel : tasks_[t].panels) {
            path[t] += panel.columns * (panel.below + kColumnWork + 0.5 * panel.columns);
        }
        longest = std::max(longest, path[t]);
        upward_.push_back(static_cast<int>(t));
    }
    std::stable_sort(upward_.begin(), upward_.end(),
                     [&](int s, int t) { return generations[at(s)] < generations[at(t)]; });
    for (LdltTask& task : tasks_) {
        task.first_row = rows_;
        rows_ += task.rows();
    }
    if (longest > 0.0) parallelism_ = std::max(1.0, entries_ / longest);
}

}  // namespace lambdabar
