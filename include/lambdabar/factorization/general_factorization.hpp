#pragma once
#include <lambdabar/operator/sparse_general.hpp>

#include <complex>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

namespace lambdabar {

/// M⁻¹ and M⁻ᴴ on n×b blocks. Empty: none.
template <ScalarType T>
struct GeneralSolve {
    std::function<void(In<T> R, Out<T> X)> solve = {};
    std::function<void(In<T> R, Out<T> X)> solve_adjoint = {};
    explicit operator bool() const { return static_cast<bool>(solve) && static_cast<bool>(solve_adjoint); }
};

/// A sparse LU factorization of M = A − σB without any symmetry, in the scalar T; for real A and B and complex σ, T is
/// complex. Eigen's SparseLU with threshold pivoting (0.1), in minimum degree order of the pattern of M + Mᴴ.
///
/// Each factorization is tried out on four random right-hand sides. If its backward error ‖b − M x‖/(‖M‖_∞‖x‖ + ‖b‖) is
/// above 1e-11, one or two steps of iterative refinement go into every solve (Skeel, Math. Comp. 35, 1980).
template <ScalarType T>
class GeneralFactorization {
public:
    /// Factorizes A − σB, B = nullptr: the identity. `memory_limit` in bytes, 0: what is available now.
    /// Throws std::runtime_error if the estimate exceeds the limit; std::invalid_argument if A and B differ in size, or
    /// σ is not finite, or not real where T is.
    template <ScalarType S>
    GeneralFactorization(const SparseGeneral<S>& A, const std::type_identity_t<SparseGeneral<S>>* B,
                         std::complex<double> sigma, double memory_limit = 0.0);
    GeneralFactorization(GeneralFactorization&&) noexcept;
    ~GeneralFactorization();

    /// True if A − σB is numerically singular: a pivot vanished, it is within 16 eps of a singular matrix, or no solve
    /// reached the backward error 1e-6. Then solve() must not be called.
    bool singular() const;
    double backward_error() const;
    double condition() const;  // estimate of ‖M‖_∞‖M⁻¹‖ from the same solves
    std::string method() const;

    /// X = M⁻¹ R and X = M⁻ᴴ R; X must not overlap R. The same bits for every number of threads.
    void solve(In<T> R, Out<T> X) const;
    void solve_adjoint(In<T> R, Out<T> X) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

extern template class GeneralFactorization<double>;
extern template class GeneralFactorization<std::complex<double>>;

}  // namespace lambdabar
