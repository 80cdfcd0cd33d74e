#pragma once
#include <lambdabar/factorization/factorization.hpp>
#include <lambdabar/operator/sparse.hpp>

#include <memory>
#include <optional>
#include <string>

namespace lambdabar {

/// (A − σB)⁻¹ for sparse Hermitian A and B, for one σ after another, with every solve's accuracy controlled.
///
/// The values of A and B are copied. Each factorization is tried out on four random right-hand sides. With D the
/// diagonal scaling after which the rows of DMD, M = A − σB, have largest entry about one (Ruiz, RAL-TR-2001-034), the
/// backward error of a solve is
///     η = ‖D (b − M x)‖ / (‖DMD‖_∞ ‖D⁻¹x‖ + ‖Db‖),
/// the relative size of the perturbation of DMD that explains x (Rigal & Gaches, J. ACM 14, 1967): independent of the
/// units that rows are written in. Above 1e-11, one or two steps of iterative refinement (Skeel, Math. Comp. 35, 1980)
/// go into every solve. A factorization that does not choose pivots and still misses 1e-6, or stops at a zero pivot,
/// is replaced by eigen_lu for this σ.
template <ScalarType S>
class ShiftInvert {
public:
    using Scalar = S;

    /// Analyses the pattern of A − σB; B = nullptr is the identity. `memory_limit` in bytes, 0: what the machine and
    /// this process's control group have available now.
    /// Throws std::runtime_error if the estimate of the factorization exceeds the limit; std::invalid_argument if A
    /// and B differ in size, or the limit is negative.
    explicit ShiftInvert(const SparseHermitian<S>& A, const SparseHermitian<S>* B = nullptr,
                         Factorizer<S> factorizer = eigen_ldlt<S>(), double memory_limit = 0.0);
    ShiftInvert(ShiftInvert&&) noexcept;
    ShiftInvert& operator=(ShiftInvert&&) noexcept;
    ~ShiftInvert();

    Index rows() const;

    /// Factorizes A − σB. False if it is numerically singular: the scaled matrix is within 16 eps of a singular one,
    /// a pivot vanished, or no solve reached the backward error 1e-6. Then there is no factor to solve with.
    /// Throws std::invalid_argument if σ is not finite; std::runtime_error if eigen_lu is needed and does not fit.
    [[nodiscard]] bool factor(double sigma);

    /// X = (A − σB)⁻¹ rhs for n×b blocks. X must not overlap rhs. The same bits for every number of threads.
    /// Throws std::invalid_argument before a successful factor(), and if the sizes do not match.
    void solve(In<S> rhs, Out<S> X) const;

    /// Other values of A and B. The symbolic analysis is kept if the pattern of A − σB is unchanged (true); otherwise
    /// it is redone, and may refuse as the constructor does. There is no factor until the next factor().
    bool update(const SparseHermitian<S>& A, const SparseHermitian<S>* B = nullptr);

    /// Inertia of A − σB; nullopt if the method has none, or it is not to be believed. The pivots are those of
    /// M + E with ‖DED‖ ≈ η‖DMD‖: they have the signs of M's eigenvalues unless an eigenvalue of DMD is that close
    /// to zero. Believed if η ≤ 1e-8 without refinement and η·condition() ≤ 1/100.
    std::optional<Inertia> inertia() const;

    /// η of the last factor(): of the factors alone, and of solve().
    double unrefined_error() const;
    double backward_error() const;
    /// Estimate of ‖DMD‖_∞ ‖(DMD)⁻¹‖ from the same random solves.
    double condition() const;
    /// Steps of iterative refinement in each solve(): 0, 1 or 2.
    int refinement_steps() const;

    double sigma() const;
    /// What the last factor() used, in words: "LDLT (Eigen)", "LDLT (Eigen), 1 refinement step",
    /// "LU (Eigen), instead of LDLT (Eigen)".
    std::string method() const;
    const FactorEstimate& estimate() const;
    /// Memory held once factorized, in bytes: the estimate (twice where eigen_lu stands in), A, B and A − σB.
    double bytes() const;

    /// Numerical factorizations tried (a replacement counts too), symbolic analyses, and columns given to solve();
    /// the four columns that try out a factorization, and refinement, are not counted.
    Index factorizations() const;
    Index analyses() const;
    Index solved_columns() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

extern template class ShiftInvert<double>;
extern template class ShiftInvert<std::complex<double>>;

}  // namespace lambdabar
