#pragma once
// The operator that Krylov methods see for A x = λ B x without symmetry, and for its adjoint Aᴴ y = λ̄ Bᴴ y.
#include <lambdabar/eigensolver/general_eigenpairs.hpp>
#include <lambdabar/operator/general_pencil.hpp>

#include <cmath>

namespace lambdabar {

/// Y = A X or Aᴴ X for complex blocks: a real operator sees the real block of twice the columns in the same memory.
template <ScalarType S>
void apply_to_complex(const OperatorRef<S>& A, bool adjoint, In<std::complex<double>> X, Out<std::complex<double>> Y);

/// C = A, B⁻¹A, or (A − σB)⁻¹B; on the adjoint side the same of (Aᴴ, Bᴴ, σ̄). T is the scalar of its arithmetic: S, or
/// complex for a real pencil with a complex shift. Its eigenvectors are x on the right side, y on the adjoint side.
template <ScalarType S, ScalarType T>
class GeneralTransform {
public:
    GeneralTransform(const GeneralPencil<S>& pencil, std::complex<double> sigma, GeneralSolve<T> solve)
        : pencil_(pencil), sigma_(sigma), inverted_(!std::isnan(sigma.real())), solve_(std::move(solve)) {}

    bool inverted() const { return inverted_; }
    /// C is A, given by its entries: products, with blocks above all, are cheap.
    bool products_only() const { return !inverted_ && !pencil_.B && pencil_.A_entries; }
    Index rows() const { return pencil_.rows(); }

    /// The eigenvalue of C, on the side asked for, that belongs to λ, and back.
    std::complex<double> to_transformed(bool adjoint, std::complex<double> lambda) const {
        const std::complex<double> mu = inverted_ ? 1.0 / (lambda - sigma_) : lambda;
        return adjoint ? std::conj(mu) : mu;
    }
    std::complex<double> to_lambda(bool adjoint, std::complex<double> mu) const {
        if (adjoint) mu = std::conj(mu);
        return inverted_ ? sigma_ + 1.0 / mu : mu;
    }

    void apply(bool adjoint, In<T> X, Out<T> Y) const {
        if (!inverted_ && !pencil_.B) return multiply(pencil_.A, adjoint, X, Y);
        Block<T> image(X.rows(), X.cols());
        if (!inverted_) {
            multiply(pencil_.A, adjoint, X, image);
        } else if (pencil_.B) {
            multiply(*pencil_.B, adjoint, X, image);
        } else {
            image = X;
        }
        invert(adjoint, image, Y);
    }

    /// Y = scale·(C X − shift X) − beta Y, in one pass where the operator can; Y is not read if beta = 0.
    void apply_shifted(bool adjoint, In<T> X, std::complex<double> shift, double scale, double beta, Out<T> Y) const;

    /// (A − λB) w = r, or its adjoint, in terms of C: (C − μ) w = Y. Takes over r where nothing is to be done.
    void right_side(bool adjoint, std::complex<double> lambda, In<std::complex<double>> r,
                    Out<std::complex<double>> Y) const;

    /// X = K R, complex blocks: the inverse that C contains.
    void invert_complex(bool adjoint, In<std::complex<double>> R, Out<std::complex<double>> X) const;

private:
    void multiply(const OperatorRef<S>& A, bool adjoint, In<T> X, Out<T> Y) const {
        if constexpr (std::same_as<S, T>) {
            adjoint ? A.apply_adjoint(X, Y) : A.apply(X, Y);
        } else {
            apply_to_complex<S>(A, adjoint, X, Y);
        }
    }
    void invert(bool adjoint, In<T> R, Out<T> X) const { adjoint ? solve_.solve_adjoint(R, X) : solve_.solve(R, X); }

    GeneralPencil<S> pencil_;
    std::complex<double> sigma_;
    bool inverted_;
    GeneralSolve<T> solve_;
};

/// Calls f(transform) with the transform that found the pairs.
template <ScalarType S, class Function>
auto with_transform(const GeneralPencil<S>& pencil, const GeneralEigenpairs<S>& pairs, Function f) {
    using Complex = std::complex<double>;
    if constexpr (std::same_as<S, double>) {
        if (pairs.complex_solve) return f(GeneralTransform<double, Complex>(pencil, pairs.sigma, pairs.complex_solve));
    }
    return f(GeneralTransform<S, S>(pencil, pairs.sigma, pairs.solve));
}

}  // namespace lambdabar
