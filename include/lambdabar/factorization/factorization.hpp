#pragma once
// Sparse direct solvers behind one interface: analyse a pattern once, factorize many matrices on it, solve blocks.
#include <lambdabar/types.hpp>

#include <Eigen/SparseCore>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lambdabar {

/// Numbers of negative, zero and positive eigenvalues. By Sylvester's law those of M = L D Lᴴ are those of D, and
/// for M = A − σB with B positive semidefinite, `negative` counts the eigenvalues of A x = λ B x below σ.
struct Inertia {
    Index negative = 0, zero = 0, positive = 0;
    friend bool operator==(const Inertia&, const Inertia&) = default;
};

/// What a factorization will take.
struct FactorEstimate {
    double entries = 0.0;  // scalars in the factor
    double bytes = 0.0;    // at the peak, the factor included
};

/// A sparse direct solver for Hermitian matrices M (n×n), given by their lower triangle, compressed column-major
/// with sorted columns. Not to be used by two threads at a time.
template <ScalarType S>
class Factorization {
public:
    virtual ~Factorization() = default;

    /// What is used, e.g. "LDLT (Eigen)"; may change with the matrix.
    virtual std::string name() const = 0;

    /// True if pivots are chosen for size, so that a backward error at rounding can be expected of every nonsingular
    /// matrix. Without it, a factorization of an indefinite matrix can lose all accuracy, or stop at a zero pivot.
    virtual bool pivots() const = 0;

    /// Symbolic analysis of the pattern of M. The size of the factor comes from the elimination tree: nothing of that
    /// size is allocated. Throws std::runtime_error if the method's index type cannot hold the factor.
    virtual FactorEstimate analyze(const Eigen::SparseMatrix<S>& lower) = 0;

    /// Numerical factorization of a matrix with the analysed pattern. False: a pivot vanished, so M is numerically
    /// singular (or, without pivoting, one of its leading blocks is); then solve() must not be called.
    virtual bool factorize(const Eigen::SparseMatrix<S>& lower) = 0;

    /// x = M⁻¹ rhs for n×b blocks, b ≥ 0; x may be rhs. The same bits for every number of OpenMP threads.
    virtual void solve(In<S> rhs, Out<S> x) const = 0;

    /// Inertia of the factorized matrix as the computed pivots show it; nullopt if the method has none.
    virtual std::optional<Inertia> inertia() const = 0;
};

/// Makes a solver.
template <ScalarType S>
using Factorizer = std::function<std::unique_ptr<Factorization<S>>()>;

/// M = Pᵀ L D Lᴴ P, Eigen's SimplicialLDLT in minimum degree order, D diagonal and not pivoted: always accurate for
/// definite M, and for indefinite M unless a leading block is close to singular. Has the inertia.
template <ScalarType S>
Factorizer<S> eigen_ldlt();

/// Eigen's SparseLU with threshold pivoting (0.1) in minimum degree order: for any nonsingular M. No inertia; about
/// twice the entries of LDLT, estimated without the fill that off-diagonal pivots add.
template <ScalarType S>
Factorizer<S> eigen_lu();

}  // namespace lambdabar
