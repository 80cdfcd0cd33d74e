#pragma once
#include <lambdabar/derivative/general_cotangent.hpp>
#include <lambdabar/derivative/pullback.hpp>
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/operator/general_pencil.hpp>

namespace lambdabar {

/// Per-pair cotangents of a real objective φ(λ, X, Y) of general pairs, ‖x_i‖ = 1 and YᴴBX = I:
///     dφ = Re Σ conj(λ̄_i) dλ_i + Re tr(X̄ᴴ dX) + Re tr(Ȳᴴ dY).
/// Any of the three may be empty (zero). φ must not see the phase that x_i and y_i share: Im (x_iᴴx̄_i + y_iᴴȳ_i) = 0.
struct GeneralPairCotangent {
    Eigen::VectorXcd values = {};               // λ̄, k; ∂φ/∂Re λ + i ∂φ/∂Im λ
    Matrix<std::complex<double>> vectors = {};  // X̄, n×k
    Matrix<std::complex<double>> left = {};     // Ȳ, n×k
};

/// Cotangent of P = Σ_{i ∈ group} x_i y_iᴴ, with B = I the spectral projector of a group of eigenvalues: dφ = Re tr(P̄ᴴ
/// dP). P is differentiable where its members are not, at equal eigenvalues inside the group, as long as no eigenvalue
/// outside comes close. P̄ is given through two blocks, their columns in the order of `group`.
struct ProjectorCotangent {
    std::vector<Index> group = {};                                // positions of pairs; empty: all k
    Matrix<std::complex<double>> bar_times_left = {};             // P̄ Y, n×m
    Matrix<std::complex<double>> bar_adjoint_times_vectors = {};  // P̄ᴴ X, n×m
};

struct GeneralPullbackOptions {
    Gauge gauge = Gauge::refuse;
    double gauge_tol = 1e-8;          // on |Im (x_iᴴx̄_i + y_iᴴȳ_i)| / (‖x̄_i‖ + ‖ȳ_i‖‖y_i‖)
    double condition_limit = 1e6;     // pairs of larger condition are too close to an exceptional point
    double tol = 0.0;                 // adjoint residual, relative; 0: what the eigen-residuals support
    Index basis_size = 0;             // of the Krylov space
    Index max_products = 0;           // of the linear solve; 0: generous
    bool accept_unconverged = false;  // return an adjoint that missed its tolerance instead of throwing
    /// Approximations of (A − λB)⁻¹ and its adjoint near the pairs' λ: flexible GMRES instead of a shared Krylov space.
    GeneralSolve<std::complex<double>> preconditioner = {};
    Sum sum = {};
};

struct GeneralPullbackReport {
    Eigen::VectorXd gauge_residuals;     // per pair
    double gauge_residual = 0.0;         // the largest of them
    double condition = 1.0;              // the largest of the pairs the cotangent touches
    Eigen::VectorXd adjoint_residuals;   // relative, one per linear system
    Eigen::VectorXd adjoint_tolerances;  // what was asked of each
    bool converged = true;
    Index products = 0, solves = 0, iterations = 0;
    std::string method = "none";
    double error_estimate = 0.0;  // of ‖Ā‖_F, relative: residuals times conditions over gaps
};

template <ScalarType S>
struct [[nodiscard]] GeneralPullback {
    GeneralCotangent<S> A;                  // Ā
    GeneralCotangent<S> B;                  // B̄; empty for A x = λ x
    Matrix<std::complex<double>> adjoints;  // solutions of the adjoint systems, n×k (projector: n×m); zero where none
    GeneralPullbackReport report;
};

namespace detail {
template <ScalarType S>
GeneralPullback<S> pullback(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                            const GeneralPairCotangent& bar, const GeneralPullbackOptions& options);
template <ScalarType S>
GeneralPullback<S> pullback(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs,
                            const ProjectorCotangent& bar, const GeneralPullbackOptions& options);
}  // namespace detail

/// Reverse mode through eigs() (docs/general.md):
///
///     auto bar = pullback(A, pairs, {.values = 2.0 * pairs.values});     // φ = Σ |λ_i|²
///     auto g   = gradient(A, bar.A);
///
///     Ā = Σ_i (λ̄_i y_i + w_i) x_iᴴ + y_i z_iᴴ
///     (A − λ_i)ᴴ w_i = −(x̄_i − conj(β_i) y_i − m_i x_i),  x_iᴴw_i = 0,    β_i = y_iᴴȳ_i
///     (A − λ_i)  z_i = −(ȳ_i − x_i β_i),                 y_iᴴz_i = 0,    m_i = Re x_iᴴ(x̄_i − conj(β_i) y_i)
///
/// Values need no solve. For a real operator the result is the real part, exactly.
///
/// Throws NotConverged if the pairs or an adjoint did not converge; NotDifferentiable if the cotangent touches a pair
/// whose condition exceeds the limit, a cluster the set cuts, vectors inside a cluster, or values of a cluster that are
/// weighted differently, or if it sees the phase (unless Gauge::project); std::invalid_argument for pairs without left
/// vectors, sizes that do not match, numbers that are not finite.
template <AdjointLinearMap Op>
GeneralPullback<typename Op::Scalar> pullback(const Op& A, const GeneralEigenpairs<typename Op::Scalar>& pairs,
                                              const GeneralPairCotangent& bar,
                                              const GeneralPullbackOptions& options = {}) {
    return detail::pullback<typename Op::Scalar>(detail::general_pencil(A), pairs, bar, options);
}

/// The same for the projector P = X Yᴴ of a group:
///     Ā = W Xᴴ + Y Vᴴ,   (A − λ_i)ᴴw_i = −(I − P)ᴴP̄y_i,   (A − λ_i)v_i = −(I − P)P̄ᴴx_i,   XᴴW = 0, YᴴV = 0.
/// Throws as above; NotDifferentiable also for a group that parts a cluster.
template <AdjointLinearMap Op>
GeneralPullback<typename Op::Scalar> pullback(const Op& A, const GeneralEigenpairs<typename Op::Scalar>& pairs,
                                              const ProjectorCotangent& bar,
                                              const GeneralPullbackOptions& options = {}) {
    return detail::pullback<typename Op::Scalar>(detail::general_pencil(A), pairs, bar, options);
}

/// Pencils A x = λ B x, with the cotangents of both operators.
template <AdjointLinearMap OpA, AdjointLinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> GeneralPullback<typename OpA::Scalar> pullback(
        const OpA& A, const OpB& B, const GeneralEigenpairs<typename OpA::Scalar>& pairs,
        const GeneralPairCotangent& bar, const GeneralPullbackOptions& options = {}) {
        return detail::pullback<typename OpA::Scalar>(detail::general_pencil(A, B), pairs, bar, options);
    }

template <AdjointLinearMap OpA, AdjointLinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> GeneralPullback<typename OpA::Scalar> pullback(
        const OpA& A, const OpB& B, const GeneralEigenpairs<typename OpA::Scalar>& pairs, const ProjectorCotangent& bar,
        const GeneralPullbackOptions& options = {}) {
        return detail::pullback<typename OpA::Scalar>(detail::general_pencil(A, B), pairs, bar, options);
    }

}  // namespace lambdabar
