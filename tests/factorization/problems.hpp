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
Sparse<S> lower_of(const Sparse<S>& M);

/// The lower triangle of M − shift·I.
template <ScalarType S>
Sparse<S> shifted_lower(const Sparse<S>& M, double shift);

/// −3 … 4 in equal steps, the last four values equal: a spectrum with both signs.
Eigen::VectorXd both_signs(Index n);

/// What Sylvester says of M − shift·I.
Inertia inertia_of(const Eigen::VectorXd& eigenvalues, double shift);

/// [0 Gᴴ; G 0] with G bidiagonal, its diagonal about 2: nonsingular, eigenvalues in pairs ±s, no diagonal entry stored.
template <ScalarType S>
Sparse<S> saddle_point(Index half, unsigned seed);

/// M⁻¹ rhs, from and to columns within wider blocks.
template <ScalarType S>
Matrix<S> solution(const Factorization<S>& factor, const Matrix<S>& rhs);

/// max_j ‖b_j − M x_j‖ / (‖M‖ ‖x_j‖)
template <ScalarType S>
double backward_error(const Matrix<S>& M, const Matrix<S>& X, const Matrix<S>& rhs);

/// What a backward stable solve with n unknowns may miss; `growth` of the pivots.
inline double solve_tolerance(Index n, double growth = 1.0) { return 10.0 * growth * static_cast<double>(n) * kEps; }

// ---- laws of every factorization ------------------------------------------------------------------------------------

/// Definite matrices, positive and negative, any number of columns: solved to rounding, the right inertia if any.
template <ScalarType S>
void check_definite(const Factorizer<S>& make);

/// Inertia at shifts through a known spectrum, one analysis for all.
template <ScalarType S>
void check_inertia(const Factorizer<S>& make);

/// One factorization and solve on one thread, another on two.
template <ScalarType S>
void check_threads(const Factorizer<S>& make);

/// Zeros on the diagonal: only pivoting gets through.
template <ScalarType S>
void check_saddle_point(const Factorizer<S>& make);

}  // namespace lambdabar::test
