#include "factorization/problems.hpp"

namespace lambdabar::test {

template <ScalarType S>
Sparse<S> lower_of(const Sparse<S>& M) {
    Sparse<S> lower = M.template triangularView<Eigen::Lower>();
    lower.makeCompressed();
    return lower;
}

template <ScalarType S>
Sparse<S> shifted_lower(const Sparse<S>& M, double shift) {
    Sparse<S> identity(M.rows(), M.cols());
    identity.setIdentity();
    return lower_of<S>(Sparse<S>(M - S{shift} * identity));
}

Eigen::VectorXd both_signs(Index n) {
    Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, -3.0, 4.0);
    values.tail(4).setConstant(4.0);
    return values;
}

Inertia inertia_of(const Eigen::VectorXd& eigenvalues, double shift) {
    return {(eigenvalues.array() < shift).count(), 0, (eigenvalues.array() > shift).count()};
}

template <ScalarType S>
Sparse<S> saddle_point(Index half, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<Eigen::Triplet<S>> entries;
    for (Index i = 0; i < half; ++i) {
        const auto put = [&](Index r, Index c, S value) {
            entries.emplace_back(static_cast<int>(r), static_cast<int>(c), value);
            entries.emplace_back(static_cast<int>(c), static_cast<int>(r), Eigen::numext::conj(value));
        };
        const S g = random_normal<S>(random);
        put(half + i, i, S{2.0} + S{0.1} * g);
        if (i + 1 < half) put(half + i, i + 1, random_normal<S>(random) * S{0.5});
    }
    Sparse<S> M(2 * half, 2 * half);
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

template <ScalarType S>
Matrix<S> solution(const Factorization<S>& factor, const Matrix<S>& rhs) {
    Block<S> b = Block<S>::Constant(rhs.rows(), rhs.cols() + 3, S{kNaN});
    Block<S> x = Block<S>::Constant(rhs.rows(), rhs.cols() + 2, S{kNaN});
    b.middleCols(1, rhs.cols()) = rhs;
    factor.solve(b.middleCols(1, rhs.cols()), x.middleCols(2, rhs.cols()));
    return x.rightCols(rhs.cols());
}

template <ScalarType S>
double backward_error(const Matrix<S>& M, const Matrix<S>& X, const Matrix<S>& rhs) {
    const double norm = M.norm();
    double error = 0.0;
    for (Index j = 0; j < X.cols(); ++j) {
        const double own = (rhs.col(j) - M * X.col(j)).norm() / (norm * X.col(j).norm());
        if (!(own <= error)) error = own;  // NaN is kept
    }
    return error;
}

template <ScalarType S>
void check_definite(const Factorizer<S>& make) {
    const Index n = 150;
    const Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, 0.5, 40.0);
    const Sparse<S> A = sparse_with_spectrum<S>(values, 31);
    const auto factor = make();
    CAPTURE(factor->name());
    factor->analyze(lower_of(A));
    REQUIRE(factor->factorize(lower_of(A)));
    for (const Index columns : {1, 2, 3, 4, 7, 13}) {
        CAPTURE(columns);
        const Matrix<S> rhs = random_matrix<S>(n, columns, 32);
        CHECK(backward_error<S>(dense(A), solution<S>(*factor, rhs), rhs) <= solve_tolerance(n));
    }
    if (factor->inertia()) CHECK(*factor->inertia() == Inertia{0, 0, n});
    const Sparse<S> minus = lower_of<S>(Sparse<S>(-A));  // same pattern, same analysis
    REQUIRE(factor->factorize(minus));
    if (factor->inertia()) CHECK(*factor->inertia() == Inertia{n, 0, 0});
    const Matrix<S> rhs = random_matrix<S>(n, 3, 33);
    CHECK(backward_error<S>(-dense(A), solution<S>(*factor, rhs), rhs) <= solve_tolerance(n));
}

template <ScalarType S>
void check_inertia(const Factorizer<S>& make) {
    const Eigen::VectorXd values = both_signs(120);
    const Sparse<S> A = sparse_with_spectrum<S>(values, 41);
    const auto factor = make();
    CAPTURE(factor->name());
    factor->analyze(lower_of(A));
    for (const double shift : {-3.5, -2.01, 0.02, 1.234, 3.2, 3.99, 4.5}) {
        CAPTURE(shift);
        REQUIRE(factor->factorize(shifted_lower(A, shift)));
        REQUIRE(factor->inertia().has_value());
        CHECK(*factor->inertia() == inertia_of(values, shift));
    }
}

template <ScalarType S>
void check_threads(const Factorizer<S>& make) {
    const Sparse<S> A = sparse_with_spectrum<S>(Eigen::VectorXd::LinSpaced(3000, 1.0, 9.0), 51);
    const Matrix<S> rhs = random_matrix<S>(A.rows(), 11, 52);
    std::vector<Matrix<S>> solutions;
    const int before = omp_get_max_threads();
    for (const int threads : {1, 2}) {
        omp_set_num_threads(threads);
        const auto factor = make();
        factor->analyze(lower_of(A));
        CHECK(factor->factorize(lower_of(A)));
        solutions.push_back(solution<S>(*factor, rhs));
    }
    omp_set_num_threads(before);
    CHECK(solutions[0].allFinite());
    CHECK(solutions[0] == solutions[1]);
}

template <ScalarType S>
void check_saddle_point(const Factorizer<S>& make) {
    const Sparse<S> M = saddle_point<S>(40, 61);
    const auto factor = make();
    CAPTURE(factor->name());
    REQUIRE(factor->pivots());
    factor->analyze(lower_of(M));
    REQUIRE(factor->factorize(lower_of(M)));
    const Matrix<S> rhs = random_matrix<S>(M.rows(), 3, 62);
    CHECK(backward_error<S>(dense(M), solution<S>(*factor, rhs), rhs) <= solve_tolerance(M.rows(), 11.0));
    if (factor->inertia()) CHECK(*factor->inertia() == Inertia{40, 0, 40});
}

#define LAMBDABAR_INSTANTIATE(S)                                                                     \
    template Sparse<S> lower_of<S>(const Sparse<S>& M);                                              \
    template Sparse<S> shifted_lower<S>(const Sparse<S>& M, double shift);                           \
    template Sparse<S> saddle_point<S>(Index half, unsigned seed);                                   \
    template Matrix<S> solution<S>(const Factorization<S>& factor, const Matrix<S>& rhs);            \
    template double backward_error<S>(const Matrix<S>& M, const Matrix<S>& X, const Matrix<S>& rhs); \
    template void check_definite<S>(const Factorizer<S>& make);                                      \
    template void check_inertia<S>(const Factorizer<S>& make);                                       \
    template void check_threads<S>(const Factorizer<S>& make);                                       \
    template void check_saddle_point<S>(const Factorizer<S>& make);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
