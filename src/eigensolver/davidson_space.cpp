#include "davidson_space.hpp"

#include "block/dense.hpp"

#include <Eigen/QR>

#include <algorithm>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "eigsh: the operator's product";
constexpr double kClear = 1e-4;      // part of a square that is no cancellation, …
constexpr double kVeryClear = 1e-2;  // … and one whose rounding need not be made up for by a product

}  // namespace

template <ScalarType S>
DavidsonSpace<S>::DavidsonSpace(CountedOperator<S>& A, const Metric<S>& metric, Index capacity, std::uint64_t seed,
                                const Sum& sum)
    : A_(A), metric_(metric), sum_(sum), seed_(seed) {
    V_ = zeros<S>(A.rows(), capacity);
    AV_ = zeros<S>(A.rows(), capacity);
    G_.setZero(capacity, capacity);
}

template <ScalarType S>
Index DavidsonSpace<S>::append(Block<S>& T, std::string_view what) {
    const Index columns = std::min(T.cols(), capacity() - m_);
    if (columns < 1) return 0;
    if (columns < T.cols()) T.conservativeResize(T.rows(), columns);
    ++appended_;
    Index valid = columns;
    BlockRef<S> W = V_.middleCols(m_, columns);
    if (const Matrix<S> last = orthonormalize_independent(T, what); last.size() > 0) {
        set_product<S>(W, T, last);
        rotate<S>(T, last);
    } else {
        W = T;
        valid = orthonormalize<S>(W, V_.leftCols(m_), metric_, seed_ + appended_, sum_, what);
        if (valid == 0) return 0;
        T = V_.middleCols(m_, valid);
    }
    BlockRef<S> AT = AV_.middleCols(m_, valid);
    A_.apply(T, AT);
    // G gains Vᴴ A T: no product with B, whose inner product it is that A is self-adjoint in.
    const Matrix<S> C = gram<S>(V_.leftCols(m_ + valid), AT, sum_, kProduct);
    G_.block(0, m_, m_ + valid, valid) = C;
    G_.block(m_, 0, valid, m_) = C.topRows(m_).adjoint();
    m_ += valid;
    return valid;
}

/// U orthonormal and orthogonal to V, if its columns are clearly independent of V and of each other, as preconditioned
/// residuals are: Gram–Schmidt, then U T with T from the Gram matrix of what is left, G; what rounding left of V in U,
/// where that may be more than some eps, is known as C₂, and in U T as C₂T. The Newton step that makes up for the
/// condition of G is returned, not applied; empty: nothing is orthonormal, but U has the same span modulo V. Two passes
/// over V, seldom four; B ≠ I: two products with B a column, seldom three.
template <ScalarType S>
Matrix<S> DavidsonSpace<S>::orthonormalize_independent(Block<S>& U, std::string_view what) {
    const auto V = V_.leftCols(m_);
    const Index b = U.cols();
    if (m_ == 0 || sum_.total(U.rows()) - m_ < b) return {};
    const Matrix<S> C = metric_.inner(V, U, BW_, sum_, what);
    add_product<S>(U, V, -C);
    const ConstBlockRef<S> BU = metric_.image(U, BW_);
    const Matrix<S> G = gram<S>(U, BU, sum_, what);
    const Eigen::ArrayXd squares = G.diagonal().real();
    const Eigen::ArrayXd all = squares + C.colwise().squaredNorm().transpose().array();
    if (!((squares > kClear * all).all() && squares.minCoeff() > 0.0)) return {};
    const Eigen::VectorXd scale = squares.sqrt().inverse();
    const DenseEigenpairs<S> pairs =
        dense_eigh<S>(scale.template cast<S>().asDiagonal() * G * scale.template cast<S>().asDiagonal());
    if (!(pairs.values(0) > kClear)) return {};
    Matrix<S> left;
    if ((squares < kOneProjection * all).any() || pairs.values(0) < kOneProjection) left = gram<S>(V, BU, sum_, what);
    const Eigen::VectorXd inverse_root = pairs.values.cwiseSqrt().cwiseInverse();
    const Matrix<S> T =
        scale.template cast<S>().asDiagonal() * pairs.vectors * inverse_root.template cast<S>().asDiagonal();
    rotate<S>(U, T);
    if (left.size() > 0) add_product<S>(U, V, -(left * T));
    if (metric_.identity() || pairs.values(0) < kVeryClear)
        return orthonormalizing_step<S>(metric_.inner(U, U, BW_, sum_, what));
    rotate<S>(BW_, T);  // B U but for what was left of V, whose part in the Gram matrix is of second order
    return orthonormalizing_step<S>(gram<S>(U, BW_, sum_, what));
}

template <ScalarType S>
void DavidsonSpace<S>::compress(Index first, const Matrix<S>& C) {
    const Index count = m_ - first, q = C.cols();
    rotate<S>(V_.middleCols(first, count), C);
    rotate<S>(AV_.middleCols(first, count), C);
    const Matrix<S> diagonal = C.adjoint() * G_.block(first, first, count, count) * C;
    const Matrix<S> across = G_.block(0, first, first, count) * C;
    G_.block(first, first, q, q) = diagonal;
    G_.block(0, first, first, q) = across;
    G_.block(first, 0, q, first) = across.adjoint();
    m_ = first + q;
}

template <ScalarType S>
void DavidsonSpace<S>::residuals(const Matrix<S>& C, const Matrix<S>& D, Block<S>& R) {
    R.resize(V_.rows(), C.cols());
    set_product<S>(R, AV_.leftCols(m_), C);
    if (metric_.identity()) {
        add_product<S>(R, V_.leftCols(m_), -D);
        return;
    }
    combine(D, T_);
    add_scaled<S>(R, metric_.image(T_, BW_), Eigen::VectorXd::Constant(R.cols(), -1.0));
}

template <ScalarType S>
void DavidsonSpace<S>::combine(const Matrix<S>& C, Block<S>& T) const {
    T.resize(V_.rows(), C.cols());
    set_product<S>(T, V_.leftCols(m_), C);
}

template <ScalarType S>
void DavidsonSpace<S>::refresh() {
    m_ = orthonormalize<S>(V_.leftCols(m_), V_.leftCols(0), metric_, seed_ + appended_++, sum_);
    BlockRef<S> AV = AV_.leftCols(m_);
    A_.apply(V_.leftCols(m_), AV);
    G_.topLeftCorner(m_, m_) = gram<S>(V_.leftCols(m_), AV, sum_, kProduct);
}

template <ScalarType S>
void DavidsonSpace<S>::set_aside(Index first) {
    G_before_ = projected();
    aside_ = m_ - first;
    m_ = first;
    for (Block<S>* U : {&V_, &AV_}) {
        const Block<S> moved = U->middleCols(first, aside_);
        U->rightCols(aside_) = moved;
    }
}

template <ScalarType S>
void DavidsonSpace<S>::take_back(Index first) {
    for (Block<S>* U : {&V_, &AV_}) {
        const Block<S> moved = U->rightCols(aside_);
        U->middleCols(first, aside_) = moved;
    }
    m_ = first + aside_;
    aside_ = 0;
    G_.topLeftCorner(m_, m_) = G_before_;
}

template <ScalarType S>
void DavidsonSpace<S>::release() {
    for (Block<S>* U : {&V_, &AV_, &BW_, &T_}) U->resize(0, 0);
    m_ = 0;
}

template <ScalarType S>
Matrix<S> with_orthonormal(const Matrix<S>& kept, const Matrix<S>& more) {
    const Index q = kept.cols(), count = std::min(more.cols(), kept.rows() - q);
    Matrix<S> all(kept.rows(), q + count);
    all << kept, more.leftCols(count);
    const Eigen::HouseholderQR<Matrix<S>> qr(all);
    all = qr.householderQ() * Matrix<S>::Identity(all.rows(), all.cols());
    all.leftCols(q) = kept;
    return all;
}

#define LAMBDABAR_INSTANTIATE(S)     \
    template class DavidsonSpace<S>; \
    template Matrix<S> with_orthonormal<S>(const Matrix<S>&, const Matrix<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
