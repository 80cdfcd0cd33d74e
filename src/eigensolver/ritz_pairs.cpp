#include "ritz_pairs.hpp"

#include "block/dense.hpp"

namespace lambdabar {

namespace {

using Complex = std::complex<double>;

}  // namespace

void judge_convergence(bool complete, KrylovSchurResult& out) {
    if (out.reason != StopReason::converged) return;
    out.converged = complete && (out.residuals.array() <= out.allowed.array()).all();
    if (!out.converged) out.reason = StopReason::iteration_limit;
}

void turn_to_real(Eigen::Ref<Vector<Complex>> z) {
    Index large = 0;
    z.cwiseAbs().maxCoeff(&large);
    z *= std::conj(z(large)) / std::abs(z(large));
}

template <ScalarType T>
Matrix<T> columns_in(const Matrix<Complex>& Z, const Eigen::VectorXcd& values) {
    if constexpr (std::same_as<T, double>) {
        Matrix<double> parts = Z.real();
        for (Index i = 1; i < Z.cols(); ++i) {
            if (values(i).imag() < 0.0) parts.col(i) = Z.col(i - 1).imag();
        }
        return parts;
    } else {
        return Z;
    }
}

template <ScalarType T>
void form_pairs(Matrix<Complex> z, ConstBlockRef<T> V, const typename KrylovDecomposition<T>::Apply& apply,
                const Sum& sum, KrylovSchurResult& out) {
    const Index k = out.values.size();
    // Real operators: real vectors for real values, conjugates for pairs. A pair closer to the real axis than the
    // tolerance is a double real value that rounding has split.
    if constexpr (std::same_as<T, double>) {
        for (Index i = 0; i < k; ++i) {
            const double im = out.values(i).imag();
            if (im == 0.0) {
                turn_to_real(z.col(i));
                z.col(i) = z.col(i).real().normalized().template cast<Complex>();
            } else if (im > 0.0 && im <= 0.25 * out.allowed(i)) {
                Matrix<double> span(z.rows(), 4);
                span << z.col(i).real(), z.col(i).imag(), z.col(i + 1).real(), z.col(i + 1).imag();
                const Matrix<double> directions = dense_eigh<double>(span * span.transpose()).vectors;
                z.middleCols(i, 2) = directions.rightCols(2).template cast<Complex>();
                out.values(i) = out.values(i).real();
                if (i + 1 < k) out.values(i + 1) = out.values(i);
                if (i + 1 < k) ++i;
            } else if (im > 0.0 && i + 1 < k) {
                z.col(i + 1) = z.col(i).conjugate();
                ++i;
            }
        }
    }

    out.vectors.resize(V.rows(), k);
    out.residuals.resize(k);
    if constexpr (std::same_as<T, double>) {
        // k real columns: the real and imaginary parts of pairs, the vectors of real values.
        Matrix<double> parts(z.rows(), 2 * k);
        Index columns = 0;
        std::vector<Index> first(static_cast<std::size_t>(k)), second(static_cast<std::size_t>(k), -1);
        for (Index i = 0; i < k; ++i) {
            const bool partner = i > 0 && out.values(i).imag() < 0.0;
            first[static_cast<std::size_t>(i)] = partner ? first[static_cast<std::size_t>(i - 1)] : columns;
            if (partner) {
                second[static_cast<std::size_t>(i)] = second[static_cast<std::size_t>(i - 1)];
                continue;
            }
            parts.col(columns++) = z.col(i).real();
            if (out.values(i).imag() != 0.0) {
                second[static_cast<std::size_t>(i)] = columns;
                parts.col(columns++) = z.col(i).imag();
            }
        }
        Block<double> X(V.rows(), columns), CX(V.rows(), columns);
        set_product<double>(X, V, Matrix<double>(parts.leftCols(columns)));
        apply(X, CX);
        const auto combine = [&](const Block<double>& from, Index i) -> Vector<Complex> {
            Vector<Complex> x = from.col(first[static_cast<std::size_t>(i)]).template cast<Complex>();
            if (const Index imaginary = second[static_cast<std::size_t>(i)]; imaginary >= 0)
                x += Complex(0.0, out.values(i).imag() < 0.0 ? -1.0 : 1.0) * from.col(imaginary);
            return x;
        };
        for (Index i = 0; i < k; ++i) {
            const Vector<Complex> x = combine(X, i);
            out.vectors.col(i) = x;
            const Block<Complex> r = combine(CX, i) - out.values(i) * x;
            out.residuals(i) = norms<Complex>(r, sum)(0);
        }
    } else {
        Block<Complex> X(V.rows(), k), CX(V.rows(), k);
        set_product<Complex>(X, V, z.leftCols(k));
        apply(X, CX);
        out.vectors = X;
        CX -= X * out.values.asDiagonal();
        out.residuals = norms<Complex>(CX, sum);
    }
    const Eigen::VectorXd size = norms<Complex>(to_block<Complex>(out.vectors), sum);
    for (Index i = 0; i < k; ++i) {
        out.vectors.col(i) /= size(i);
        out.residuals(i) /= size(i);
    }
}

template Matrix<double> columns_in<double>(const Matrix<Complex>&, const Eigen::VectorXcd&);
template Matrix<Complex> columns_in<Complex>(const Matrix<Complex>&, const Eigen::VectorXcd&);
template void form_pairs<double>(Matrix<Complex>, ConstBlockRef<double>, const KrylovDecomposition<double>::Apply&,
                                 const Sum&, KrylovSchurResult&);
template void form_pairs<Complex>(Matrix<Complex>, ConstBlockRef<Complex>, const KrylovDecomposition<Complex>::Apply&,
                                  const Sum&, KrylovSchurResult&);

}  // namespace lambdabar
