// The remainder of a Chebyshev filter, in single precision, against its eigenvalues.
#include "operator/single_recurrence.hpp"

#include <doctest/doctest.h>
#include <omp.h>

#include "sparse_matrices.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

const FilterInterval kInterval{-1.0, 0.8, 10.5};
constexpr Index kDegree = 12;

/// The Chebyshev polynomial on kInterval, one at its lowest value.
double filter_value(double x) {
    const auto value = [](double y) {
        const double t = (2.0 * y - kInterval.cut - kInterval.upper) / (kInterval.upper - kInterval.cut);
        const double d = kDegree;
        return std::abs(t) <= 1.0 ? std::cos(d * std::acos(t)) : std::cosh(d * std::acosh(std::abs(t)));  // d is even
    };
    return value(x) / value(kInterval.lowest);
}

/// (p(λ_i) − p(A))(A − λ_i)⁻¹ R_i, by the eigenpairs of A; no eigenvalue may be a λ_i.
template <ScalarType S>
Matrix<S> expected(const ReferenceEigenpairs<S>& reference, const Matrix<S>& R, const Eigen::VectorXd& lambda) {
    Matrix<S> G = reference.vectors.adjoint() * R;
    for (Index j = 0; j < G.cols(); ++j) {
        for (Index i = 0; i < G.rows(); ++i) {
            const double mu = reference.values(i);
            G(i, j) *= (filter_value(lambda(j)) - filter_value(mu)) / (mu - lambda(j));
        }
    }
    return reference.vectors * G;
}

/// An eigenvalue of most of them in [cut, upper], a few below, times `unit`.
template <ScalarType S>
Matrix<S> matrix_for_filter(double unit) {
    Eigen::VectorXd spectrum = Eigen::VectorXd::LinSpaced(37, 0.9, 10.4);
    spectrum.head(3) = numbers({-0.95, -0.5, 0.1});
    return dense(sparse_with_spectrum<S>(unit * spectrum, 3));
}

}  // namespace

TEST_CASE_TEMPLATE("SingleRecurrence: G = (p(λ) − p(A))(A − λ)⁻¹R to single precision, for every storage and width", S,
                   double, Complex) {
    const Matrix<S> A = matrix_for_filter<S>(1.0);
    const auto lower = stored(A, Triangle::lower);
    const auto rows = stored<Eigen::RowMajor>(A, Triangle::both);
    const auto columns = stored(A, Triangle::both);
    const SparseHermitian<S> from_lower(lower), from_rows(rows), from_columns(columns);
    for (const SparseHermitian<S>* op : {&from_lower, &from_rows, &from_columns}) {
        for (const double sign : {1.0, -1.0}) {
            // sign·A is filtered, whose eigenvalues have to be those of the interval.
            const SparseHermitian<S> negative(Sparse<S>((S(sign) * A).sparseView()));
            const SparseHermitian<S>& used = sign > 0 ? *op : negative;
            auto single = SingleRecurrence<S>::make(used, sign);
            REQUIRE(single);
            CountedOperator<S> counted(used, sign);
            const auto reference = reference_eigh<S>(A);
            for (const Index b : {1, 2, 3, 4, 5, 8, 9, 17}) {
                CAPTURE(b);
                Matrix<S> R = random_matrix<S>(A.rows(), b, 5);
                Eigen::VectorXd lambda = Eigen::VectorXd::LinSpaced(b, -0.9, 0.05), size(b);
                for (Index j = 0; j < b; ++j) {
                    R.col(j) *= S(std::pow(10.0, -static_cast<double>(j)));  // precision is relative to each column
                    size(j) = R.col(j).norm();
                }
                const Block<S> block = R;
                Block<S> G(A.rows(), b);
                const Index before = counted.products();
                REQUIRE(single->apply(counted, block, size, lambda, kDegree, kInterval, G));
                CHECK(counted.products() - before == (kDegree - 1) * b);
                const Matrix<S> exact = expected(reference, R, lambda);
                for (Index j = 0; j < b; ++j) CHECK((G.col(j) - exact.col(j)).norm() <= 3e-6 * exact.col(j).norm());
            }
        }
    }
}

TEST_CASE_TEMPLATE("SingleRecurrence: matrices and residuals beyond the range of single precision", S, double,
                   Complex) {
    for (const double unit : {1e-120, 1e120}) {
        const Matrix<S> A = matrix_for_filter<S>(unit);
        const SparseHermitian<S> op(Sparse<S>(A.sparseView()));
        auto single = SingleRecurrence<S>::make(op, 1.0);
        REQUIRE(single);
        CountedOperator<S> counted(op, 1.0);
        const Block<S> R = 1e-90 * random_matrix<S>(A.rows(), 2, 6);
        Block<S> G(A.rows(), 2);
        const Eigen::VectorXd lambda = numbers({-0.9, 0.05});
        REQUIRE(single->apply(counted, R, norms<S>(R), unit * lambda, kDegree,
                              {unit * kInterval.lowest, unit * kInterval.cut, unit * kInterval.upper}, G));
        const Matrix<S> exact = expected<S>(reference_eigh<S>(Matrix<S>(A / unit)), Matrix<S>(R), lambda) / unit;
        CHECK((G - exact).norm() <= 3e-6 * exact.norm());
    }
}

TEST_CASE("SingleRecurrence: a polynomial too large for single precision is said to be one") {
    const SparseHermitian<double> op(Sparse<double>(matrix_for_filter<double>(1.0).sparseView()));
    auto single = SingleRecurrence<double>::make(op, 1.0);
    CountedOperator<double> counted(op, 1.0);
    const Block<double> R = Block<double>::Ones(op.rows(), 1);
    Block<double> G(op.rows(), 1);
    CHECK_FALSE(single->apply(counted, R, numbers({6.0}), numbers({0.7}), 200, {0.79, 0.8, 10.5}, G));
}

TEST_CASE("SingleRecurrence: rows of very different lengths are left to double precision") {
    const Index n = 2000;
    Sparse<double> ragged(n, n);
    for (Index i = 0; i < n; ++i) {
        ragged.insert(i, i) = 2.0;
        if (i == 0) {
            for (Index j = 1; j < n; ++j) ragged.insert(j, 0) = 1.0;
        } else {
            ragged.insert(0, i) = 1.0;
        }
    }
    ragged.makeCompressed();
    CHECK_FALSE(SingleRecurrence<double>::make(SparseHermitian<double>(ragged), 1.0));
    CHECK(SingleRecurrence<double>::make(SparseHermitian<double>(laplacian({50, 50})), 1.0));
}

TEST_CASE_TEMPLATE("SingleRecurrence: 1 and 2 threads give the same bits", S, double, Complex) {
    const auto L = laplacian<S>({90, 91});
    const SparseHermitian<S> op(L);
    const Block<S> R = random_matrix<S>(L.rows(), 3, 8);
    const auto run = [&] {
        auto single = SingleRecurrence<S>::make(op, 1.0);
        CountedOperator<S> counted(op, 1.0);
        Block<S> G(L.rows(), 3);
        REQUIRE(single->apply(counted, R, norms<S>(R), numbers({0.001, 0.002, 0.003}), 20, {0.001, 0.1, 8.0}, G));
        return G;
    };
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    const Block<S> one = run();
    omp_set_num_threads(2);
    const Block<S> two = run();
    omp_set_num_threads(threads);
    CHECK((one.array() == two.array()).all());
}
