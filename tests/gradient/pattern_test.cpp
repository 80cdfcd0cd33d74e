// Ā on the stored entries of a sparse matrix.
#include <lambdabar/gradient/gradient.hpp>

#include <doctest/doctest.h>
#include <omp.h>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 30, kRank = 3;

/// A sparse Hermitian matrix, some of its diagonal entries not stored.
template <ScalarType S>
Matrix<S> sparse_hermitian(unsigned seed) {
    std::mt19937_64 random(seed);
    std::bernoulli_distribution present(0.2);
    Matrix<S> A = random_hermitian<S>(kN, seed);
    for (Index i = 0; i < kN; ++i) {
        for (Index j = 0; j <= i; ++j) {
            if (!present(random)) A(i, j) = A(j, i) = S{0};
        }
    }
    return A;
}

/// A stored by a triangle or both, in either order, with any index type.
template <class Storage>
Storage stored(const Matrix<typename Storage::Scalar>& A, Triangle triangle) {
    Storage M(A.rows(), A.cols());
    std::vector<Eigen::Triplet<typename Storage::Scalar>> entries;
    for (Index r = 0; r < A.rows(); ++r) {
        for (Index c = 0; c < A.cols(); ++c) {
            const bool wanted = triangle == Triangle::both || (triangle == Triangle::lower ? r >= c : r <= c);
            if (wanted && A(r, c) != 0.0) entries.emplace_back(static_cast<int>(r), static_cast<int>(c), A(r, c));
        }
    }
    M.setFromTriplets(entries.begin(), entries.end());
    return M;
}

template <ScalarType S>
Cotangent<S> random_cotangent(Index n, Index rank, unsigned seed) {
    return {random_matrix<S>(n, rank, seed), random_matrix<S>(n, rank, seed + 1)};
}

template <class Storage>
void check_pattern(unsigned seed) {
    using S = typename Storage::Scalar;
    const Matrix<S> A = sparse_hermitian<S>(seed);
    const auto bar = random_cotangent<S>(kN, kRank, seed + 1);
    const Matrix<S> A_bar = dense(bar);
    const double tolerance = 10.0 * kEps * static_cast<double>(kRank) * A_bar.cwiseAbs().maxCoeff();
    for (const Triangle triangle : {Triangle::lower, Triangle::upper, Triangle::both}) {
        const Storage M = stored<Storage>(A, triangle);
        const SparseHermitian<S> view(M);
        REQUIRE(view.triangle() == triangle);
        const Vector<S> full = gradient(view, bar, Convention::full), lower = gradient(view, bar, Convention::lower);
        REQUIRE(full.size() == M.nonZeros());
        REQUIRE(lower.size() == M.nonZeros());

        // A Hermitian direction on the pattern, and what its stored entries say of dφ.
        Matrix<S> dA = random_hermitian<S>(kN, seed + 3);
        for (Index i = 0; i < dA.size(); ++i) {
            if (A(i) == 0.0) dA(i) = S{0};
        }
        double by_full = 0.0, by_lower = 0.0;
        Index e = 0;
        for (Index o = 0; o < M.outerSize(); ++o) {
            for (typename Storage::InnerIterator it(M, o); it; ++it, ++e) {
                const Index r = it.row(), c = it.col();
                const S wanted = A_bar(r, c);
                CHECK(std::abs(full(e) - wanted) <= tolerance);
                if (r == c) {
                    CHECK(std::abs(lower(e) - std::real(wanted)) <= tolerance);
                    CHECK(std::imag(full(e)) == 0.0);
                    CHECK(std::imag(lower(e)) == 0.0);
                } else if (triangle == Triangle::both && r < c) {
                    CHECK(lower(e) == S{0});
                } else {
                    CHECK(std::abs(lower(e) - 2.0 * wanted) <= 2.0 * tolerance);
                }
                by_full += std::real(Eigen::numext::conj(full(e)) * dA(r, c));
                by_lower += std::real(Eigen::numext::conj(lower(e)) * dA(r, c));
            }
        }
        const double wanted = inner(A_bar, dA),
                     error = tolerance * dA.norm() * std::sqrt(static_cast<double>(M.nonZeros()));
        CHECK(std::abs(by_lower - wanted) <= error);
        if (triangle == Triangle::both) CHECK(std::abs(by_full - wanted) <= error);

        // Unasked: the convention under which the stored entries carry dφ.
        const Vector<S> unasked = gradient(view, bar);
        CHECK((unasked.array() == (triangle == Triangle::both ? full : lower).array()).all());
    }
}

}  // namespace

TEST_CASE_TEMPLATE("gradient: the pattern's entries are those of Ā, in the order of the value array", S, double,
                   Complex) {
    check_pattern<Eigen::SparseMatrix<S, Eigen::ColMajor>>(401);
    check_pattern<Eigen::SparseMatrix<S, Eigen::RowMajor>>(411);
    check_pattern<Eigen::SparseMatrix<S, Eigen::ColMajor, long>>(421);
}

TEST_CASE_TEMPLATE("gradient: one and two threads give the same bits on a pattern", S, double, Complex) {
    const Sparse<S> M = laplacian<S>({60, 70});
    const SparseHermitian<S> A(M);
    const auto bar = random_cotangent<S>(A.rows(), 4, 431);
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const Vector<S> one = gradient(A, bar);
    omp_set_num_threads(2);
    const Vector<S> two = gradient(A, bar);
    omp_set_num_threads(threads);
    CHECK((one.array() == two.array()).all());
}

TEST_CASE("gradient: a cotangent of another size is refused with both sizes") {
    const Sparse<double> M = laplacian({5, 5});
    const SparseHermitian<double> A(M);
    const auto bar = random_cotangent<double>(24, 2, 441);
    const std::string message = message_of<std::invalid_argument>([&] { (void)gradient(A, bar); });
    CHECK(contains(message, "24 rows"));
    CHECK(contains(message, "25"));
}
