#include "general_transform.hpp"

#include <lambdabar/block/kernels.hpp>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;
using RealView = Eigen::Map<Block<double>, 0, Eigen::OuterStride<>>;
using ConstRealView = Eigen::Map<const Block<double>, 0, Eigen::OuterStride<>>;

ConstRealView real_view(In<Complex> X) {
    return {reinterpret_cast<const double*>(X.data()), X.rows(), 2 * X.cols(),
            Eigen::OuterStride<>(2 * X.outerStride())};
}

RealView real_view_of(Out<Complex>& Y) {
    return {reinterpret_cast<double*>(Y.data()), Y.rows(), 2 * Y.cols(), Eigen::OuterStride<>(2 * Y.outerStride())};
}

}  // namespace

template <ScalarType S>
void apply_to_complex(const OperatorRef<S>& A, bool adjoint, In<Complex> X, Out<Complex> Y) {
    if constexpr (std::same_as<S, double>) {
        adjoint ? A.apply_adjoint(real_view(X), real_view_of(Y)) : A.apply(real_view(X), real_view_of(Y));
    } else {
        adjoint ? A.apply_adjoint(X, Y) : A.apply(X, Y);
    }
}

template <ScalarType S, ScalarType T>
void GeneralTransform<S, T>::apply_shifted(bool adjoint, In<T> X, Complex shift, double scale, double beta,
                                           Out<T> Y) const {
    T own_shift;
    if constexpr (std::same_as<T, double>) {
        own_shift = shift.real();
    } else {
        own_shift = shift;
    }
    if constexpr (std::same_as<S, T>) {
        if (!inverted_ && !pencil_.B && pencil_.A.shifted())
            return pencil_.A.apply_shifted(adjoint, X, own_shift, scale, beta, Y);
    }
    Block<T> image(X.rows(), X.cols());
    apply(adjoint, X, image);
    if (beta == 0.0) {
        Y = scale * (image - own_shift * X);
    } else {
        Y = scale * (image - own_shift * X) - beta * Y;
    }
}

template <ScalarType S, ScalarType T>
void GeneralTransform<S, T>::invert_complex(bool adjoint, In<Complex> R, Out<Complex> X) const {
    if constexpr (std::same_as<T, double>) {
        invert(adjoint, real_view(R), real_view_of(X));
    } else {
        invert(adjoint, R, X);
    }
}

// Direct: C − λ is A − λ. B⁻¹A: (B⁻¹A − λ) w = B⁻¹ r. With K = (A − σB)⁻¹ and μ = 1/(λ − σ):
// K (A − λB) = I − (λ − σ) C = −(C − μ)/μ, hence (C − μ) w = −μ K r.
template <ScalarType S, ScalarType T>
void GeneralTransform<S, T>::right_side(bool adjoint, Complex lambda, In<Complex> r, Out<Complex> Y) const {
    if (!inverted_ && !pencil_.B) {
        Y = r;
        return;
    }
    invert_complex(adjoint, r, Y);
    if (inverted_) Y *= -to_transformed(adjoint, lambda);
}

template void apply_to_complex<double>(const OperatorRef<double>&, bool, In<Complex>, Out<Complex>);
template void apply_to_complex<Complex>(const OperatorRef<Complex>&, bool, In<Complex>, Out<Complex>);
template class GeneralTransform<double, double>;
template class GeneralTransform<double, Complex>;
template class GeneralTransform<Complex, Complex>;

}  // namespace lambdabar
