// Solves with L D Lᴴ by pieces of the elimination tree.
#include "factorization/ldlt_solve.hpp"

#include <Eigen/SparseCholesky>

#include "factorization/problems.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

template <ScalarType S>
using Ldlt = Eigen::SimplicialLDLT<Sparse<S>, Eigen::Lower>;

/// L by columns, as Eigen computes it, with its tree.
template <ScalarType S>
struct Factors {
    explicit Factors(const Sparse<S>& A)
        : ldlt(A),
          L(ldlt.matrixL().nestedExpression()),
          D(ldlt.vectorD().real()),
          tree({.n = A.rows(),
                .start = L.outerIndexPtr(),
                .row = L.innerIndexPtr(),
                .matrix_row = ldlt.permutationPinv().indices().data()}) {}

    Matrix<S> solve(const Matrix<S>& rhs) const {
        const Block<S> R = rhs;
        Block<S> X(R.rows(), R.cols());
        solve_ldlt<S>(
            {.start = L.outerIndexPtr(), .value = L.valuePtr(), .diagonal = D, .tree = tree, .least_shared = 0.0}, R,
            X);
        return X;
    }

    Ldlt<S> ldlt;
    Sparse<S> L;
    Eigen::VectorXd D;
    LdltTree tree;
};

/// D A Dᴴ with phases on D, A a Laplacian plus the identity: as well-conditioned as A, and complex off its diagonal.
template <ScalarType S>
Sparse<S> grid(const std::vector<Index>& points) {
    Sparse<S> A = laplacian<S>(points);
    if constexpr (!std::same_as<S, double>) {
        for (Index c = 0; c < A.outerSize(); ++c) {
            for (typename Sparse<S>::InnerIterator entry(A, c); entry; ++entry)
                entry.valueRef() *= std::polar(1.0, 0.1 * static_cast<double>(entry.row() - entry.col()));
        }
    }
    Sparse<S> one(A.rows(), A.rows());
    one.setIdentity();
    return A + one;
}

/// Copies of A on the diagonal.
template <ScalarType S>
Sparse<S> forest(const Sparse<S>& A, Index copies) {
    std::vector<Eigen::Triplet<S>> entries;
    for (Index i = 0; i < copies; ++i) {
        for (Index c = 0; c < A.outerSize(); ++c) {
            for (typename Sparse<S>::InnerIterator e(A, c); e; ++e)
                entries.emplace_back(i * A.rows() + e.row(), i * A.rows() + e.col(), e.value());
        }
    }
    Sparse<S> M(copies * A.rows(), copies * A.rows());
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

/// Every column has one task, below that of its parent or in it, and every entry of L leads into rows of its task.
template <ScalarType S>
void check_tree(const Factors<S>& factors) {
    const LdltTree& tree = factors.tree;
    const auto& tasks = tree.tasks();
    std::vector<int> owner(static_cast<std::size_t>(factors.L.cols()), -1);
    Index rows = 0;
    for (std::size_t t = 0; t < tasks.size(); ++t) {
        CHECK(tasks[t].first_row == rows);
        rows += tasks[t].rows();
        for (const auto& panel : tasks[t].panels) {
            for (int c = panel.column; c < panel.column + panel.columns; ++c) {
                REQUIRE(owner[static_cast<std::size_t>(c)] == -1);
                owner[static_cast<std::size_t>(c)] = static_cast<int>(t);
            }
            for (int e = 0; e < panel.below; ++e) {
                const int place = tree.panel_rows()[panel.rows + e];
                REQUIRE(place >= panel.place + panel.columns);
                REQUIRE(place < tasks[t].rows());
            }
        }
        for (const int child : tasks[t].children) CHECK(tasks[static_cast<std::size_t>(child)].parent == int(t));
    }
    CHECK(tree.rows() == rows);
    CHECK(std::count(owner.begin(), owner.end(), -1) == 0);
    std::vector<bool> done(tasks.size(), false);
    for (const int t : tree.upward()) {
        for (const int child : tasks[static_cast<std::size_t>(t)].children)
            CHECK(done[static_cast<std::size_t>(child)]);
        done[static_cast<std::size_t>(t)] = true;
    }
    CHECK(std::count(done.begin(), done.end(), false) == 0);
}

template <ScalarType S>
void check_solves(const Sparse<S>& A, std::size_t least_tasks) {
    const Factors<S> factors(A);
    CHECK(factors.tree.tasks().size() >= least_tasks);
    check_tree(factors);
    const Matrix<S> rhs = random_matrix<S>(A.rows(), 35, 5);
    const int before = omp_get_max_threads();
    for (const Index columns : {1, 2, 3, 7, 8, 9, 10, 11, 16, 17, 35}) {
        CAPTURE(columns);
        std::vector<Matrix<S>> X;
        for (const int threads : {1, 2, 3}) {
            omp_set_num_threads(threads);
            X.push_back(factors.solve(rhs.leftCols(columns)));
            CHECK(X.front() == X.back());
        }
        omp_set_num_threads(before);
        const Matrix<S> reference = factors.ldlt.solve(rhs.leftCols(columns));
        CHECK((X.front() - reference).norm() <= 1e-13 * reference.norm());
        if (columns > 1) CHECK(X.front().col(0) == factors.solve(rhs.leftCols(1)).col(0));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("the tree of a grid has branches, and solves with them are the same for all threads", S, double,
                   Complex) {
    check_solves<S>(grid<S>({20, 19, 18}), 8);
}

TEST_CASE_TEMPLATE("a forest: several roots, the trees below them small or not", S, double, Complex) {
    check_solves<S>(forest<S>(grid<S>({12, 11, 10}), 5), 5);
    check_solves<S>(forest<S>(grid<S>({3, 2}), 50), 1);
}

TEST_CASE("trees without branches: one row, a chain, an arrow, a diagonal") {
    check_solves<double>(grid<double>({1}), 1);
    check_solves<double>(grid<double>({300}), 1);
    Sparse<double> arrow(400, 400);
    arrow.setIdentity();
    for (Index i = 0; i < 399; ++i) arrow.coeffRef(399, i) = arrow.coeffRef(i, 399) = 0.01;
    check_solves<double>(arrow, 1);
    Sparse<double> diagonal(100, 100);
    diagonal.setIdentity();
    check_solves<double>(diagonal, 1);
}
