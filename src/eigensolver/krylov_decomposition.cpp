#include "krylov_decomposition.hpp"

#include "block/single.hpp"

#include <algorithm>
#include <limits>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kNegligible = 1e-14;  // cosine of the angle to V that needs no second orthogonalization
constexpr const char* kProduct = "eigs: the operator's product";

}  // namespace

template <ScalarType T>
KrylovDecomposition<T>::KrylovDecomposition(Apply C, Index n, Index capacity, Index block, std::uint64_t seed,
                                            const Sum& sum)
    : C_(std::move(C)), n_(n), global_n_(sum.total(n)), seed_(seed), sum_(sum) {
    capacity_ = std::min(capacity, global_n_);
    block_ = std::min(block, global_n_);
    V_ = zeros<T>(n_, capacity_ + block_);
    H_.setZero(capacity_, capacity_);
    E_.setZero(block_, capacity_);
}

template <ScalarType T>
void KrylovDecomposition<T>::start(Block<T> next) {
    m_ = 0;
    next_ = orthonormalize<T>(next, V_.leftCols(0), seed_, sum_, "eigs: the start block");
    V_.leftCols(next_) = next.leftCols(next_);
}

template <ScalarType T>
bool KrylovDecomposition<T>::expand() {
    if (!room()) return false;
    const Index b = next_, m = m_ + b;
    const Block<T> U = V_.middleCols(m_, b);  // contiguous, so that a product reads whole cache lines
    Block<T> W(n_, b);
    apply(U, W);

    H_.block(m_, 0, b, m_) = E_.topLeftCorner(b, m_);
    const ConstBlockRef<T> V = V_.leftCols(m);
    const Matrix<T> first = gram<T>(V, W, sum_, kProduct);
    H_.block(0, m_, m, b) = first;
    Matrix<T> second;
    double beta = 0.0;
    bool one_column = false;
    if constexpr (std::same_as<T, double>) {
        one_column = b == 1;
        if (one_column) {
            SingleProjection projected = project_single(W, V, first.col(0), sum_, kProduct);
            second = std::move(projected.product);
            beta = projected.norm;
        }
    }
    if (!one_column) {
        second = project_and_gram<T>(W, V, first, sum_, kProduct);
        if (b == 1) beta = norms<T>(W, sum_)(0);
    }
    if (b > 1 || second.norm() > kNegligible * beta) {  // ‖Vᴴw‖ of the new direction: mostly at rounding after one pass
        add_product<T>(W, V, -second);
        H_.block(0, m_, m, b) += second;
        if (b == 1) beta = norms<T>(W, sum_)(0);
    }

    E_.setZero();
    const double size = first.norm();
    if (b == 1) {
        if (m < global_n_ && beta > 100.0 * kEps * size) {
            scale_columns<T>(W, Eigen::VectorXd::Constant(1, 1.0 / beta));
            E_(0, m_) = beta;
            next_ = 1;
        } else {  // V is invariant: E = 0, and any direction goes on
            fill_random<T>(W, seed_, static_cast<std::uint64_t>(products_) << 8, sum_);
            next_ = orthonormalize<T>(W, V, seed_ + static_cast<std::uint64_t>(products_), sum_);
        }
    } else {
        Block<T> Q = W;
        next_ = orthonormalize<T>(Q, V, seed_ + static_cast<std::uint64_t>(products_), sum_);
        E_.block(0, m_, next_, b) = gram<T>(Q.leftCols(next_), W, sum_);
        W = Q;
    }
    m_ = m;
    V_.middleCols(m_, next_) = W.leftCols(next_);
    return true;
}

template <ScalarType T>
void KrylovDecomposition<T>::restart(const Matrix<T>& Z) {
    const Index p = Z.cols(), m = m_;
    const Matrix<T> H = Z.adjoint() * H_.topLeftCorner(m, m) * Z, E = E_.topLeftCorner(next_, m) * Z;
    rotate<T>(V_.leftCols(m), Z);
    for (Index j = 0; j < next_; ++j) V_.col(p + j) = V_.col(m + j);
    H_.setZero();
    E_.setZero();
    H_.topLeftCorner(p, p) = H;
    E_.topLeftCorner(next_, p) = E;
    m_ = p;
}

template <ScalarType T>
void KrylovDecomposition<T>::forget_residual(Index block) {
    E_.setZero();
    Block<T> W(n_, std::min({block, block_, capacity_ - m_}));
    fill_random<T>(W, seed_, (static_cast<std::uint64_t>(products_) << 8) + 1, sum_);
    next_ = orthonormalize<T>(W, V_.leftCols(m_), seed_ + static_cast<std::uint64_t>(products_), sum_);
    V_.middleCols(m_, next_) = W.leftCols(next_);
}

template class KrylovDecomposition<double>;
template class KrylovDecomposition<std::complex<double>>;

}  // namespace lambdabar
