#pragma once
// Which columns of a sparse L can be solved with side by side.
#include "block/triangular_native.hpp"

#include <lambdabar/types.hpp>

#include <vector>

namespace lambdabar {

/// L by compressed columns with ascending rows, its unit diagonal not stored (skip = 0) or in the first place of each
/// column and ignored (skip = 1); row j of the factor is row matrix_row[j] of the matrix.
struct LdltPattern {
    Index n;
    const int* start;
    const int* row;
    const int* matrix_row;
    int skip = 0;
};

/// A piece of the elimination tree. Column j of L touches rows of j's ancestors only, so pieces of which none lies
/// above the other do not touch each other's columns: each works in rows of its own, [its columns, what they reach
/// beyond], and hands the latter on to the piece above (the forward sweep) or takes them from there (the backward
/// sweep).
struct LdltTask {
    int parent = -1;                        // the task above, or −1
    std::vector<int> children;              // ascending
    std::vector<native::LdltPanel> panels;  // of its columns, ascending; places count within the task
    std::vector<int> matrix_row;            // of its columns: its first rows
    std::vector<int> in_parent;             // of its further rows: places in the parent's
    Index first_row = 0;                    // where its rows stand among those of all tasks

    Index own_rows() const { return static_cast<Index>(matrix_row.size()); }
    Index rows() const { return own_rows() + static_cast<Index>(in_parent.size()); }
};

/// The elimination tree of L cut into tasks of about a sixteenth of its entries, or less above them. It depends on the
/// pattern of L only: sums over a task's children are ordered, so results do not depend on the number of threads.
/// parent(j) = min {i > j : L_ij ≠ 0}; Liu, SIAM J. Matrix Anal. Appl. 11, 1990.
class LdltTree {
public:
    LdltTree() = default;
    explicit LdltTree(const LdltPattern& pattern);

    const std::vector<LdltTask>& tasks() const { return tasks_; }
    /// All tasks, those with the fewest generations below them first.
    const std::vector<int>& upward() const { return upward_; }
    Index rows() const { return rows_; }  // of all tasks
    double entries() const { return entries_; }
    const int* panel_rows() const { return panel_rows_.data(); }
    /// All entries beside those on the heaviest path from a leaf to a root: more threads than this have nothing to do.
    double parallelism() const { return parallelism_; }
    /// What the tree of a factor with so many entries may take, in bytes: a row number for every second entry at most,
    /// as panels of two and more columns share them.
    static double bytes(double n, double entries) {
        return 0.5 * entries * sizeof(int) + n * (sizeof(native::LdltPanel) + 2 * sizeof(int));
    }

private:
    void cut(const LdltPattern& pattern, const std::vector<int>& first);
    void place_rows(const LdltPattern& pattern);
    void measure();

    std::vector<LdltTask> tasks_;
    std::vector<int> upward_;
    std::vector<int> panel_rows_;  // places of the rows below each panel
    Index rows_ = 0;
    double entries_ = 0.0, parallelism_ = 1.0;
};

}  // namespace lambdabar
