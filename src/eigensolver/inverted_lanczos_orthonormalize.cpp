// How the newest block of InvertedLanczos becomes orthonormal.
#include "inverted_lanczos.hpp"

#include "block/dense.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr const char* kProduct = "eigsh: the operator's product";

}  // namespace

/// Whether directions U T, dropped for their B-norm and contributing with these weights, are more than rounding.
template <ScalarType S>
bool InvertedLanczos<S>::has_invisible_part(ConstBlockRef<S> U, const Matrix<S>& T, const Eigen::VectorXd& weight,
                                            Index held) {
    if (metric_.identity() || T.cols() == 0) return false;
    Block<S> D(n_, T.cols());
    set_product<S>(D, U, T);
    const double part = norms<S>(D, options_.sum).cwiseProduct(weight).maxCoeff();
    const double unit = held > 0 ? norms<S>(V_.leftCols(held), options_.sum).maxCoeff() : 0.0;  // ‖v‖ at ‖v‖_B = 1
    return part > std::max(1e3 * kEps, tol_) * norm_ * unit;
}

/// U = [V P] dC + Q R with [V P Q] orthonormal: Q replaces the first columns of U, C += dC; R and BQ = B Q are
/// returned. Directions at the rounding of K are dropped from Q. Each round is one product with B and one pass over [V
/// U] (Cholesky QR by the eigenvectors of UᴴBU, Stathopoulos & Wu 2002); another one follows only where the last one
/// changed more than half the digits.
template <ScalarType S>
Matrix<S> InvertedLanczos<S>::orthonormalize_newest(BlockRef<S> U, Matrix<S>& C, Block<S>& BQ) {
    constexpr int kRounds = 6;
    constexpr double kOrthogonal = 1e-13, kConditioned = 1e-3;
    const Index width = U.cols();
    const auto V = V_.leftCols(C.rows());
    Matrix<S> R = Matrix<S>::Identity(width, width);
    Index q = width;
    for (int round = 0; round < kRounds && q > 0; ++round) {
        BlockRef<S> Q = U.leftCols(q);
        const Matrix<S> G_all = gram<S>(V_.leftCols(C.rows() + q), metric_.image(Q, BU_), options_.sum, kProduct);
        const Matrix<S> dC = G_all.topRows(C.rows());
        Matrix<S> G = G_all.bottomRows(q) - dC.adjoint() * dC;
        Eigen::VectorXd size = G.diagonal().real().cwiseMax(0.0).cwiseSqrt();
        const bool orthogonal = (dC.colwise().norm().transpose().array() <= kOrthogonal * size.array()).all();
        if (!orthogonal) {
            add_product<S>(Q, V, -dC);
            C += dC * R;
        }
        // Scaled to a unit diagonal, G = W D Wᴴ: Q ← Q scale W D^(−1/2), R ← D^(1/2) Wᴴ scale⁻¹ R.
        if (size.minCoeff() == 0.0) (void)metric_.norms(Q, BU_, options_.sum, kProduct);  // throws if B is indefinite
        size = (size.array() > 0.0).select(size, 1.0);
        const Eigen::VectorXd scale = size.cwiseInverse();
        G = scale.template cast<S>().asDiagonal() * G * scale.template cast<S>().asDiagonal();
        const DenseEigenpairs<S> pairs = dense_eigh<S>(G);
        const double largest = std::max(pairs.values(q - 1), 0.0);
        Matrix<S> T(q, q), L(q, q), dropped(q, q);
        Eigen::VectorXd weight(q);
        Index count = 0, drops = 0;
        for (Index j = q - 1; j >= 0; --j) {
            const double d = std::max(pairs.values(j), 0.0);
            const auto w = pairs.vectors.col(j);
            const Matrix<S> row = w.adjoint() * size.template cast<S>().asDiagonal();
            const double contribution = (row * R).norm();  // of Q scale w to U; its B-norm is √d
            if (count < global_n_ - C.rows() && d > 2.0 * kEps * largest &&
                std::sqrt(d) * contribution > 20.0 * kEps * norm_) {
                L.row(count) = std::sqrt(d) * row;
                T.col(count++) = scale.template cast<S>().asDiagonal() * w / std::sqrt(d);
            } else {
                weight(drops) = contribution;
                dropped.col(drops++) = scale.template cast<S>().asDiagonal() * w;
            }
        }
        T.conservativeResize(q, count);
        L.conservativeResize(count, q);
        invisible_ = invisible_ || has_invisible_part(Q, dropped.leftCols(drops), weight.head(drops), C.rows());
        if (count > 0) rotate<S>(Q, T);
        R = Matrix<S>(L * R);
        const bool conditioned = count == q && pairs.values(0) > kConditioned * largest;
        const bool done = orthogonal && conditioned;
        if (done && !metric_.identity() && options_.definite == Definite::B) {
            BQ = BU_;
            rotate<S>(BQ, T);
            return R;
        }
        q = count;
        if (done) break;
    }
    BQ.resize(n_, q);
    if (q > 0) BQ = image_of_B(U.leftCols(q));
    return R;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template bool InvertedLanczos<S>::has_invisible_part(ConstBlockRef<S>, const Matrix<S>&, const Eigen::VectorXd&, \
                                                         Index);                                                     \
    template Matrix<S> InvertedLanczos<S>::orthonormalize_newest(BlockRef<S>, Matrix<S>&, Block<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
