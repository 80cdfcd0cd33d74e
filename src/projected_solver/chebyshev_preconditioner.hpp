#pragma once
#include "operator/single_recurrence.hpp"

#include <lambdabar/operator/sparse.hpp>

#include <optional>

namespace lambdabar {

/// The part [begin, end] of the spectrum that a projected solve has to do with, all λ_i below it. Approximate.
struct RestOfSpectrum {
    double begin, end;
};

/// Z_i ≈ (A − λ_i)⁻¹ R_i, up to a positive factor: q_i(A) R_i with
///
///     q_i(μ) = (1 − p(μ)/p(λ_i))/(μ − λ_i),    p the Chebyshev polynomial of degree d on [cut, end],
///
/// which is what d steps of Chebyshev's semi-iteration (Golub & Varga, Numer. Math. 3, 1961) make of R_i: a polynomial
/// preconditioner for conjugate gradients (Saad, SIAM J. Sci. Stat. Comput. 6, 1985). q_i is positive where |p| <
/// p(λ_i): on the interval, and between it and λ_i. d is even: well beyond `end` q_i is negative, which shows. The cut
/// lies where p(λ_i) is kDamping times the maximum of |p| beyond it: below it conjugate gradients meet the low end of
/// the spectrum as it is, and are as fast as its discrete eigenvalues let them be, which a polynomial for the whole of
/// [begin, end] is not.
///
/// The recurrence runs in single precision where the rows of A allow: a preconditioner need not be exact.
///
/// A step of conjugate gradients passes 22 times over a column, one of the recurrence four times, without inner
/// products: with 1.3 to 1.9 times the products the solve takes 0.5 to 0.8 of the time, where products are cheap.
template <ScalarType S>
class ChebyshevPreconditioner {
public:
    /// For columns whose residuals are to fall by the factor `excess`. None if plain conjugate gradients would be
    /// faster: few steps to go, or many entries in a row of A for the width of the block.
    static std::optional<ChebyshevPreconditioner> make(CountedOperator<S>& counted, const SparseHermitian<S>& A,
                                                       double sign, const RestOfSpectrum& rest,
                                                       const Eigen::VectorXd& lambda, double excess);

    /// R and Z are n×b blocks, with a λ_i for each column. degree() − 1 products, each in one pass over A, R and two
    /// blocks more.
    void apply(In<S> R, const Eigen::VectorXd& lambda, Out<S> Z);

    Index degree() const { return degree_; }

private:
    ChebyshevPreconditioner(CountedOperator<S>& counted, const SparseHermitian<S>& A, double sign,
                            std::optional<SingleRecurrence<S>> single, const FilterInterval& interval, Index degree);
    void apply_in_double(In<S> R, const Eigen::VectorXd& lambda, Out<S> Z);

    CountedOperator<S>& counted_;
    const SparseHermitian<S>& A_;
    std::optional<SingleRecurrence<S>> single_;
    FilterInterval interval_;
    double sign_;
    double size_ = 0.0;  // of the first residuals
    Index degree_;
    Block<S> before_;
};

}  // namespace lambdabar
