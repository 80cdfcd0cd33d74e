// The C++ reference that the other tests lean on, tied to an independent implementation: the numbers below were
// printed once by a numpy program that states the same formulas, for matrices given by closed formulas.
#include <doctest/doctest.h>

#include "derivative/oracle.hpp"
#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

struct Printed {
    Complex entry_00, entry_10, entry_42, last;
    double norm;
};

template <ScalarType S>
void check_printed(const Matrix<S>& A_bar, const Printed& printed, Index last) {
    // 16 digits were printed, of formulas evaluated in double precision on matrices of norm and gap of order one.
    const double tolerance = 1e-13 * printed.norm;
    CHECK(std::abs(Complex(A_bar(0, 0)) - printed.entry_00) <= tolerance);
    CHECK(std::abs(Complex(A_bar(1, 0)) - printed.entry_10) <= tolerance);
    CHECK(std::abs(Complex(A_bar(4, 2)) - printed.entry_42) <= tolerance);
    CHECK(std::abs(Complex(A_bar(last, last)) - printed.last) <= tolerance);
    CHECK(std::abs(A_bar.norm() - printed.norm) <= tolerance);
    CHECK((A_bar - A_bar.adjoint()).norm() <= tolerance);
}

/// a_ij = cos ij + i sin(i² − j²) and h_ij = cos(i + j) + i sin(i − j), counted from 0; the real parts for S = double.
template <ScalarType S>
S entry(double real, double imaginary) {
    if constexpr (std::same_as<S, double>) {
        (void)imaginary;
        return real;
    } else {
        return {real, imaginary};
    }
}
template <ScalarType S>
Matrix<S> formula_A(Index n) {
    Matrix<S> A(n, n);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
            A(i, j) = entry<S>(std::cos(static_cast<double>(i * j)), std::sin(static_cast<double>(i * i - j * j)));
        }
    }
    return A;
}
template <ScalarType S>
Matrix<S> formula_H(Index n) {
    Matrix<S> H(n, n);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < n; ++j) {
            H(i, j) = entry<S>(std::cos(static_cast<double>(i + j)), std::sin(static_cast<double>(i - j)));
        }
    }
    return H;
}

constexpr oracle::Exponential kExp{};
double difference(double a, double b) { return kExp.difference(a, b); }

}  // namespace

TEST_CASE_TEMPLATE("oracle: reproduces the printed values for simple eigenvalues", S, double, Complex) {
    constexpr bool real = std::same_as<S, double>;
    const Printed pairs = real ? Printed{-1.222936569036387e-01, -2.650961499191244e-01, 4.689893177425124e-01,
                                         -6.766616258461022e-02, 3.274435076628675e+00}
                               : Printed{1.135269800255837e-01,
                                         {1.351910785175728e-03, -2.450604812563308e-01},
                                         {1.497493436001320e-01, -9.249931581738660e-02},
                                         2.874403612444557e-01,
                                         1.608770292102925e+00};
    const Printed spectral = real ? Printed{-4.180881253584348e+00, 1.479555289289706e+00, -3.389881375095907e+00,
                                            -2.152948091156874e+00, 1.983621018411077e+01}
                                  : Printed{-9.425665013983870e+00,
                                            {5.150567512199101e+00, -1.614169707836515e+00},
                                            {-5.620246945054166e+00, -1.392924717353105e+01},
                                            -4.366467989655818e+00,
                                            6.979644409493268e+01};
    const Matrix<S> H = formula_H<S>(7);
    const auto d = oracle::decompose<S>(formula_A<S>(7), 3, Which::smallest);
    // λ̄_i = 1/i; φ = … + Σ (x_iᴴ H x_i)², X̄_i = 4 (x_iᴴ H x_i) H x_i
    const Matrix<S> X = d.vectors(), HX = H * X;
    Matrix<S> X_bar(7, 3);
    for (Index i = 0; i < 3; ++i) X_bar.col(i) = 4.0 * std::real(X.col(i).dot(HX.col(i))) * HX.col(i);
    check_printed<S>(oracle::pullback_pairs<S>(d, numbers({1.0, 1.0 / 2.0, 1.0 / 3.0}), X_bar, 1e-9), pairs, 6);
    check_printed<S>(oracle::pullback_spectral<S>(d, kExp, difference, H), spectral, 6);
}

TEST_CASE("oracle: reproduces the printed values for a doublet") {
    // A = U diag(1, 2, 2, 3, 3) U with the reflection U = I − 2 v vᵀ/vᵀv, v = (1, 2, 3, 4, 5).
    const Vector<double> v = numbers({1, 2, 3, 4, 5});
    const Matrix<double> U = Matrix<double>::Identity(5, 5) - 2.0 * v * v.transpose() / v.squaredNorm();
    const Matrix<double> A = U * numbers({1, 2, 2, 3, 3}).asDiagonal() * U, H = formula_H<double>(5);
    const auto d = oracle::decompose<double>(A, 3, Which::smallest);
    // φ = … + Σ_g tr(P_g H P_g H) over the groups {1} and {2, 3}; X̄_g = 4 H P_g H X_g
    const Matrix<double> X = d.vectors();
    const Matrix<double> P1 = X.leftCols(1) * X.leftCols(1).adjoint(), P2 = X.rightCols(2) * X.rightCols(2).adjoint();
    Matrix<double> X_bar(5, 3);
    X_bar << 4.0 * H * P1 * H * X.leftCols(1), 4.0 * H * P2 * H * X.rightCols(2);
    check_printed<double>(oracle::pullback_pairs<double>(d, numbers({1.0, 0.5, 0.5}), X_bar, 1e-9),
                          {2.177569695817990e+00, -1.607504561188145e+00, 2.570849255849487e-01, 2.600349385930773e-01,
                           6.174758267274891e+00},
                          3);
    check_printed<double>(oracle::pullback_spectral<double>(d, kExp, difference, H),
                          {-4.324436333585188e-01, -1.417922488668077e-01, -1.446452260144150e-01,
                           -2.031608451035910e-01, 7.904113736570740e-01},
                          3);
}
