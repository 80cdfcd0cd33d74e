#include "inverted_relation.hpp"

#include "block/dense.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();

/// [L R]
template <ScalarType S>
Block<S> beside(ConstBlockRef<S> L, const Block<S>& R) {
    Block<S> both(R.rows(), L.cols() + R.cols());
#pragma omp parallel for schedule(static) if (both.rows() > 4096)
    for (Index i = 0; i < both.rows(); ++i) both.row(i) << L.row(i), R.row(i);
    return both;
}

}  // namespace

/// Whether directions U T, dropped for their B-norm and contributing with these weights, are more than rounding.
template <ScalarType S>
bool InvertedRelation<S>::has_invisible_part(ConstBlockRef<S> U, const Matrix<S>& T, const Eigen::VectorXd& weight,
                                             Index held) {
    if (metric_.identity() || T.cols() == 0) return false;
    Block<S> D(n_, T.cols());
    set_product<S>(D, U, T);
    const double part = norms<S>(D, sum_).cwiseProduct(weight).maxCoeff();
    const double unit = held > 0 ? norms<S>(V_.leftCols(held), sum_).maxCoeff() : 0.0;  // ‖v‖ at ‖v‖_B = 1
    return part > std::max(1e3 * kEps, tol_) * norm_ * unit;
}

/// U ← U − [V P] C for the first free columns U of V; C is returned.
template <ScalarType S>
Matrix<S> InvertedRelation<S>::project_newest(Index width) {
    BlockRef<S> U = V_.middleCols(m_ + w_, width);
    const Matrix<S> C = gram<S>(VP(), metric_.image(U, BU_), sum_, product_);
    add_product<S>(U, VP(), -C);
    return C;
}

/// U = [V P] dC + Q R for the first free columns U of V, with [V P Q] orthonormal: Q replaces the first columns of U,
/// C += dC; R and BQ = B Q are returned. Directions at the rounding of K are dropped from Q. Each round is one product
/// with B and one pass over [V U] (Cholesky QR by the eigenvectors of UᴴBU, Stathopoulos & Wu 2002); another one
/// follows only where the last one changed more than half the digits.
template <ScalarType S>
Matrix<S> InvertedRelation<S>::orthonormalize_newest(Index width, Matrix<S>& C, Block<S>& BQ) {
    constexpr int kRounds = 6;
    constexpr double kOrthogonal = 1e-13, kConditioned = 1e-3;
    BlockRef<S> U = V_.middleCols(m_ + w_, width);
    const auto V = VP();
    Matrix<S> R = Matrix<S>::Identity(width, width);
    Index q = width;
    for (int round = 0; round < kRounds && q > 0; ++round) {
        BlockRef<S> Q = U.leftCols(q);
        const Matrix<S> G_all = gram<S>(V_.leftCols(C.rows() + q), metric_.image(Q, BU_), sum_, product_);
        const Matrix<S> dC = G_all.topRows(C.rows());
        Matrix<S> G = G_all.bottomRows(q) - dC.adjoint() * dC;
        Eigen::VectorXd size = G.diagonal().real().cwiseMax(0.0).cwiseSqrt();
        const bool orthogonal = (dC.colwise().norm().transpose().array() <= kOrthogonal * size.array()).all();
        if (!orthogonal) {
            add_product<S>(Q, V, -dC);
            C += dC * R;
        }
        // Scaled to a unit diagonal, G = W D Wᴴ: Q ← Q scale W D^(−1/2), R ← D^(1/2) Wᴴ scale⁻¹ R.
        if (size.minCoeff() == 0.0) (void)metric_.norms(Q, BU_, sum_, product_);  // throws if B is indefinite
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
        if (done && !metric_.identity() && definite_ == Definite::B) {
            BQ = BU_;
            rotate<S>(BQ, T);
            watch(U.leftCols(q));
            return R;
        }
        q = count;
        if (done) break;
    }
    BQ.resize(n_, q);
    if (q > 0) BQ = image_of_B(U.leftCols(q));
    watch(U.leftCols(q));
    return R;
}

template <ScalarType S>
void InvertedRelation<S>::start(Index capacity) {
    V_ = zeros<S>(n_, capacity);
    H_.setZero(capacity, capacity);
    S_.resize(0, 0);
    BP_.resize(n_, 0);
    m_ = w_ = 0;
    growth_ = unit_ = 0.0;
    invisible_ = false;
}

template <ScalarType S>
void InvertedRelation<S>::reserve(Index capacity) {
    Block<S> V = zeros<S>(n_, capacity);
    copy<S>(V.leftCols(m_ + w_), VP());
    V_.swap(V);
    Matrix<S> H = Matrix<S>::Zero(capacity, capacity);
    H.topLeftCorner(m_, m_) = H_.topLeftCorner(m_, m_);
    H_.swap(H);
}

template <ScalarType S>
void InvertedRelation<S>::watch(ConstBlockRef<S> Q) {
    if (metric_.identity() || Q.cols() == 0) return;
    const double longest = norms<S>(Q, sum_).maxCoeff();
    if (unit_ == 0.0) unit_ = longest;
    growth_ = std::max(growth_, longest / unit_);
}

template <ScalarType S>
ConstBlockRef<S> InvertedRelation<S>::image_of_B(ConstBlockRef<S> X) {
    if (definite_ == Definite::B) return metric_.image(X, BU_);
    BU_.resize(X.rows(), X.cols());
    pencil_.B->apply(X, BU_);
    return BU_;
}

template <ScalarType S>
void InvertedRelation<S>::apply(In<S> X, Out<S> Y) {
    solve_(image_of_B(X), Y);
    solves_ += X.cols();
}

template <ScalarType S>
void InvertedRelation<S>::step(Index columns) {
    const Index held = m_ + w_;
    if (held < global_n_) {
        solve_(BP_.leftCols(columns), V_.middleCols(held, columns));
        solves_ += columns;
        absorb(columns);
        return;
    }
    // Beyond the dimension of the space nothing is orthogonal to [V P]: what the solves still show is rounding.
    Block<S> U(n_, columns);
    solve_(BP_.leftCols(columns), U);
    solves_ += columns;
    close(gram<S>(VP(), metric_.image(U, BU_), sum_, product_), Matrix<S>(0, columns), Block<S>(n_, 0));
}

template <ScalarType S>
void InvertedRelation<S>::absorb(Index columns) {
    Matrix<S> C = project_newest(columns);
    norm_ = std::max(norm_, C.middleRows(m_, columns).norm() / std::sqrt(static_cast<double>(columns)));
    Block<S> BQ(n_, 0);
    const Matrix<S> R = orthonormalize_newest(columns, C, BQ);
    close(C, R, std::move(BQ));
}

/// K P₁ = [V P] C + Q R enters H and S.
template <ScalarType S>
void InvertedRelation<S>::close(const Matrix<S>& C, const Matrix<S>& R, Block<S> BQ) {
    const Index columns = C.cols(), left = w_ - columns, processed = m_ + columns;
    H_.block(0, m_, processed, columns) = C.topRows(processed);
    H_.block(m_, 0, columns, processed) = C.topRows(processed).adjoint();
    Matrix<S> coupling = Matrix<S>::Zero(left + R.rows(), processed);
    if (left > 0 && m_ > 0) coupling.topLeftCorner(left, m_) = S_.bottomRows(left);
    coupling.block(0, m_, left, columns) = C.bottomRows(left);
    coupling.bottomRightCorner(R.rows(), columns) = R;
    S_ = std::move(coupling);
    if (left == 0) {
        BP_ = std::move(BQ);
    } else {
        BP_ = beside<S>(BP_.rightCols(left), BQ);
    }
    m_ = processed;
    w_ = left + R.rows();
}

template <ScalarType S>
Matrix<S> InvertedRelation<S>::append(Index columns) {
    Matrix<S> C = project_newest(columns);
    Block<S> BQ(n_, 0);
    const Matrix<S> R = orthonormalize_newest(columns, C, BQ);
    Matrix<S> G(m_ + w_ + R.rows(), columns);
    G << C, R;
    widen(R.rows());
    BP_ = beside<S>(BP_, BQ);
    return G;
}

template <ScalarType S>
void InvertedRelation<S>::widen(Index columns) {
    Matrix<S> coupling = Matrix<S>::Zero(w_ + columns, m_);
    if (w_ > 0) coupling.topRows(w_) = S_;
    S_ = std::move(coupling);
    w_ += columns;
}

template <ScalarType S>
void InvertedRelation<S>::turn(const Matrix<S>& W) {
    rotate<S>(V_.middleCols(m_, w_), W);
    rotate<S>(BP_, W);
    S_ = Matrix<S>(W.adjoint() * S_);
}

template <ScalarType S>
void InvertedRelation<S>::shrink(const Matrix<S>& Y, const Eigen::VectorXd& theta) {
    const Index keep = Y.cols();
    Matrix<S> C = Matrix<S>::Zero(m_ + w_, keep + w_);
    C.topLeftCorner(m_, keep) = Y;
    C.bottomRightCorner(w_, w_).setIdentity();
    rotate<S>(VP(), C);
    if (w_ > 0) S_ = Matrix<S>(S_ * Y);
    m_ = keep;
    H_.topLeftCorner(keep, keep) = theta.template cast<S>().asDiagonal();
}

template <ScalarType S>
RelationRitz<S> InvertedRelation<S>::ritz(const std::function<double(double)>& key) const {
    const DenseEigenpairs<S> pairs = dense_eigh<S>(H());
    std::vector<Index> order(static_cast<std::size_t>(m_));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](Index i, Index j) { return key(pairs.values(i)) < key(pairs.values(j)); });
    RelationRitz<S> ritz{pairs.values(order), pairs.vectors(Eigen::all, order), Eigen::VectorXd::Zero(m_)};
    if (w_ > 0) ritz.residuals = (S_ * ritz.vectors).colwise().norm();
    return ritz;
}

template class InvertedRelation<double>;
template class InvertedRelation<std::complex<double>>;

}  // namespace lambdabar
