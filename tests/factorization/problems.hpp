#pragma once
// Matrices with known spectra, in the storage a factorization wants, and what a solve may miss.
#include <lambdabar/factorization/factorization.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "support.hpp"

template <>
struct doctest::StringMaker<lambdabar::Inertia> {
    static String convert(const lambdabar::Inertia& i) {
        return (std::to_string(i.negative) + "−, " + std::to_string(i.zero) + " zero, " + std::to_string(i.positive) +
                "+")
            .c_str();
    }
};

namespace lambdabar::test {

/// The lower triangle, compressed column-major.
template <ScalarType S>
Sparse<S> lower_of(const Sparse<S>& M) {
    Sparse<S> lower = M.template triangularView<Eigen::Lower>();
    lower.makeCompressed();
    return lower;
}

/// The lower triangle of M − shift·I.
template <ScalarType S>
Sparse<S> shifted_lower(const Sparse<S>& M, double shift) {
    Sparse<S> identity(M.rows(), M.cols());
    identity.setIdentity();
    return lower_of<S>(Sparse<S>(M - S{shift} * identity));
}

/// −3 … 4 in equal steps, the last four values equal: a spectrum with both signs.
inline Eigen::VectorXd both_signs(Index n) {
    Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, -3.0, 4.0);
    values.tail(4).setConstant(4.0);
    return values;
}

/// What Sylvester says of M − shift·I.
inline Inertia inertia_of(const Eigen::VectorXd& eigenvalues, double shift) {
    return {(eigenvalues.array() < shift).count(), 0, (eigenvalues.array() > shift).count()};
}

/// [0 Gᴴ; G 0] with G bidiagonal, its diagonal about 2: nonsingular, eigenvalues in pairs ±s, no diagonal entry stored.
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

/// M⁻¹ rhs, from and to columns within wider blocks.
template <ScalarType S>
Matrix<S> solution(const Factorization<S>& factor, const Matrix<S>& rhs) {
    Block<S> b = Block<S>::Constant(rhs.rows(), rhs.cols() + 3, S{kNaN});
    Block<S> x = Block<S>::Constant(rhs.rows(), rhs.cols() + 2, S{kNaN});
    b.middleCols(1, rhs.cols()) = rhs;
    factor.solve(b.middleCols(1, rhs.cols()), x.middleCols(2, rhs.cols()));
    return x.rightCols(rhs.cols());
}

/// max_j ‖b_j − M x_j‖ / (‖M‖ ‖x_j‖)
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

/// What a backward stable solve with n unknowns may miss; `growth` of the pivots.
inline double solve_tolerance(Index n, double growth = 1.0) { return 10.0 * growth * static_cast<double>(n) * kEps; }

// ---- laws of every factorization ------------------------------------------------------------------------------------

/// Definite matrices, positive and negative, any number of columns: solved to rounding, the right inertia if any.
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

/// Inertia at shifts through a known spectrum, one analysis for all.
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

/// One factorization and solve on one thread, another on two.
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

/// Zeros on the diagonal: only pivoting gets through.
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

}  // namespace lambdabar::test
