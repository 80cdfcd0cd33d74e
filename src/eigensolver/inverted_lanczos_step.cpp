// How the relation K V = V H + P S of InvertedLanczos begins, grows and shrinks.
#include "inverted_lanczos.hpp"

#include "block/dense.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kSmall = 200;  // up to this dimension the basis may span the whole space
constexpr Index kProbeColumns = 2;

}  // namespace

template <ScalarType S>
void InvertedLanczos<S>::choose_sizes(Index rows) {
    n_ = rows;
    global_n_ = options_.sum.total(n_);
    k_ = options_.k;
    b_ = options_.block_size > 0 ? options_.block_size : 2;
    b_ = std::min(b_, global_n_);
    const Index kept = k_ + std::max<Index>(options_.extra, b_);  // a restart keeps what the result promises
    capacity_ = options_.basis_size > 0 ? options_.basis_size
                                        : std::max({2 * k_ + 10 * b_, kept + 6 * b_, Index{24}});
    // A wide start block and its successor, beside the wanted vectors.
    const bool started = options_.start.size() > 0 || (options_.warm && options_.warm->vectors.size() > 0);
    if (started && options_.basis_size == 0) capacity_ = std::max(capacity_, 3 * k_ + 2 * b_ + 1);
    if (options_.basis_size == 0 && global_n_ <= kSmall) capacity_ = global_n_ + b_;
    capacity_ = std::min(std::max(capacity_, k_ + 4 * b_ + 1), global_n_ + b_);
    keep_ = std::max(kept, capacity_ / 2);
    // Generous: some tens are enough, or nothing is.
    max_solves_ = options_.max_products > 0 ? options_.max_products : 2000 + 100 * k_;
    tol_ = std::max(options_.tol, 50.0 * kEps);
}

/// Y = K X
template <ScalarType S>
void InvertedLanczos<S>::apply(In<S> X, Out<S> Y) {
    solve_(metric_.image(X, BU_), Y);
    solves_ += X.cols();
}

/// The caller's (or the last solve's) vectors become P.
template <ScalarType S>
bool InvertedLanczos<S>::load_start_block() {
    const Warm<S>* warm = options_.warm;
    const bool fits = warm && warm->vectors.rows() == n_ && warm->vectors.cols() > 0 &&
                      warm->values.size() == warm->vectors.cols() && warm->which == options_.which;
    if (options_.sum.total(fits ? 0 : 1) > 0) warm = nullptr;  // not in all processes
    const Matrix<S>& given = warm ? warm->vectors : options_.start;
    // A solve is too expensive to spend on vectors beyond the guard's block.
    const Index wanted = std::min({given.cols(), k_ + b_, (capacity_ - k_ - 1) / 2, global_n_});
    if (wanted < 1) return false;
    V_.leftCols(wanted) = given.leftCols(wanted);
    w_ = orthonormalize<S>(V_.leftCols(wanted), V_.leftCols(0), metric_, options_.seed, options_.sum,
                           "eigsh: the start block");
    BP_ = metric_.image(V_.leftCols(w_), BU_);
    return w_ > 0;
}

/// P ← the images K V, which have no part in the null space of B, orthonormalized; V is empty again.
template <ScalarType S>
void InvertedLanczos<S>::start_from_images() {
    Matrix<S> C(m_ + w_, m_);
    C.topRows(m_) = H_.topLeftCorner(m_, m_);
    if (w_ > 0) C.bottomRows(w_) = S_;
    rotate<S>(V_.leftCols(m_ + w_), C);
    w_ = orthonormalize<S>(V_.leftCols(m_), V_.leftCols(0), metric_, options_.seed, options_.sum, kProduct);
    m_ = 0;
    S_.resize(w_, 0);
    BP_ = metric_.image(V_.leftCols(w_), BU_);
}

template <ScalarType S>
void InvertedLanczos<S>::start_randomly() {
    Block<S> Z(n_, b_);
    fill_random<S>(Z, options_.seed, 0, options_.sum);
    exhausted_ = !add_to_pending(std::move(Z));
}

/// P ← [P, K Z] orthonormalized against V and P (B = I: Z itself); false if that adds nothing.
template <ScalarType S>
bool InvertedLanczos<S>::add_to_pending(Block<S> Z) {
    const Index held = m_ + w_;
    if (held + Z.cols() > capacity_) Z = Block<S>(Z.leftCols(capacity_ - held));
    BlockRef<S> place = V_.middleCols(held, Z.cols());
    if (metric_.identity()) {
        place = Z;
    } else {
        apply(Z, place);
    }
    const Index added =
        orthonormalize<S>(place, V_.leftCols(held), metric_, options_.seed + static_cast<std::uint64_t>(1 + draws_++),
                          options_.sum, kProduct);
    Matrix<S> coupling = Matrix<S>::Zero(w_ + added, m_);
    if (w_ > 0) coupling.topRows(w_) = S_;
    S_ = std::move(coupling);
    w_ += added;
    BP_ = metric_.image(V_.middleCols(m_, w_), BU_);
    return added > 0;
}

template <ScalarType S>
void InvertedLanczos<S>::step() {
    const Index processed = m_ + w_;
    // Beyond the dimension of the space nothing is orthogonal to V: what the products still show is rounding.
    const Index next = std::min(w_, capacity_ - processed);
    BlockRef<S> U = V_.middleCols(processed, next);
    Block<S> whole;  // the image, where V has no place for all of it
    if (next < w_) {
        whole.resize(n_, w_);
        solve_(BP_, whole);
    } else {
        solve_(BP_, U);
    }
    BlockRef<S> image = next < w_ ? BlockRef<S>(whole) : U;
    solves_ += w_;
    const auto V = V_.leftCols(processed);
    Matrix<S> C = gram<S>(V, metric_.image(image, BU_), options_.sum, kProduct);
    add_product<S>(image, V, -C);
    norm_ = std::max(norm_, C.bottomRows(w_).norm() / std::sqrt(static_cast<double>(w_)));
    const Matrix<S> R = processed < global_n_ && next == w_ ? orthonormalize_newest(U, C) : Matrix<S>(0, w_);
    H_.block(0, m_, processed, w_) = C;
    H_.block(m_, 0, w_, processed) = C.adjoint();
    S_ = Matrix<S>::Zero(R.rows(), processed);
    S_.rightCols(w_) = R;
    m_ = processed;
    w_ = R.rows();
}

/// U = V dC + Q R with [V Q] orthonormal: Q replaces the first columns of U, BP ← B Q, C += dC; R is returned.
/// Directions at the rounding of K are dropped from Q. Each round is one product with B and one pass over [V U]
/// (Cholesky QR by the eigenvectors of UᴴBU, Stathopoulos & Wu 2002); another one follows only where the last one
/// changed more than half the digits.
template <ScalarType S>
Matrix<S> InvertedLanczos<S>::orthonormalize_newest(BlockRef<S> U, Matrix<S>& C) {
    constexpr int kRounds = 6;
    constexpr double kOrthogonal = 1e-13, kConditioned = 1e-3;
    const Index width = U.cols();
    const auto V = V_.leftCols(C.rows());
    Matrix<S> R = Matrix<S>::Identity(width, width);
    Index q = width;
    for (int round = 0; round < kRounds && q > 0; ++round) {
        BlockRef<S> Q = U.leftCols(q);
        const ConstBlockRef<S> BQ = metric_.image(Q, BU_);
        const Matrix<S> G_all = gram<S>(V_.leftCols(C.rows() + q), BQ, options_.sum, kProduct);
        const Matrix<S> dC = G_all.topRows(C.rows());
        Matrix<S> G = G_all.bottomRows(q) - dC.adjoint() * dC;
        const Eigen::VectorXd size = G.diagonal().real().cwiseMax(0.0).cwiseSqrt();
        const bool orthogonal = (dC.colwise().norm().transpose().array() <= kOrthogonal * size.array()).all();
        if (!orthogonal) {
            add_product<S>(Q, V, -dC);
            C += dC * R;
        }
        // Scaled to a unit diagonal, G = W D Wᴴ: Q ← Q scale W D^(−1/2), R ← D^(1/2) Wᴴ scale⁻¹ R.
        if (size.minCoeff() == 0.0) (void)metric_.norms(Q, BU_, options_.sum, kProduct);  // throws if B is indefinite
        const Eigen::VectorXd scale = (size.array() > 0.0).select(size.cwiseInverse(), 0.0);
        G = scale.template cast<S>().asDiagonal() * G * scale.template cast<S>().asDiagonal();
        const DenseEigenpairs<S> pairs = dense_eigh<S>(G);
        const double largest = std::max(pairs.values(q - 1), 0.0);
        Matrix<S> T(q, q), L(q, q);
        Index count = 0;
        for (Index j = q - 1; j >= 0 && count < global_n_ - C.rows(); --j) {
            const double d = pairs.values(j);
            if (!(d > 100.0 * kEps * largest)) break;
            L.row(count) = std::sqrt(d) * pairs.vectors.col(j).adjoint() * size.template cast<S>().asDiagonal();
            if (!((L.row(count) * R).norm() > 20.0 * kEps * norm_)) continue;  // what it contributes to U
            T.col(count++) = scale.template cast<S>().asDiagonal() * pairs.vectors.col(j) / std::sqrt(d);
        }
        T.conservativeResize(q, count);
        L.conservativeResize(count, q);
        if (count > 0) rotate<S>(Q, T);
        R = Matrix<S>(L * R);
        const bool conditioned = count == q && pairs.values(0) > kConditioned * largest;
        if (orthogonal && conditioned && !metric_.identity()) {
            BP_ = BU_;
            rotate<S>(BP_, T);
        } else if (orthogonal && conditioned) {
            BP_ = Q;
        }
        dropped_ = dropped_ || count < q;
        q = count;
        if (orthogonal && conditioned) return R;
    }
    if (q > 0) BP_ = metric_.image(U.leftCols(q), BU_);
    return R;
}

/// V ← the `keep` first Ritz vectors, in place; P moves up beside them.
template <ScalarType S>
void InvertedLanczos<S>::restart(Index keep) {
    keep = std::min(keep, m_);
    if (keep < m_) exhausted_ = false;
    Matrix<S> C = Matrix<S>::Zero(m_ + w_, keep + w_);
    C.topLeftCorner(m_, keep) = Y_.leftCols(keep);
    C.bottomRightCorner(w_, w_).setIdentity();
    rotate<S>(V_.leftCols(m_ + w_), C);
    if (w_ > 0) S_ = Matrix<S>(S_ * Y_.leftCols(keep));
    m_ = keep;
    theta_.conservativeResize(keep);
    residual_.conservativeResize(keep);
    H_.topLeftCorner(keep, keep) = theta_.template cast<S>().asDiagonal();
    Y_ = Matrix<S>::Identity(keep, keep);
}

/// A random block orthogonal to the converged pairs, amplified by powers of K, joins P: a copy that every Krylov vector
/// so far was orthogonal to stands out of it in the next Rayleigh–Ritz step.
template <ScalarType S>
void InvertedLanczos<S>::search_missed_copies() {
    constexpr int kPowers = 3;
    probed_ = true;
    probed_values_ = theta_.head(k_);
    const Index columns = std::min(kProbeColumns, global_n_ - m_ - w_);
    if (columns < 1) return;
    const Index room = capacity_ - 2 * (w_ + columns);
    if (m_ > room) restart(std::min(std::max(keep_, k_ + 1), room));
    Block<S> Z(n_, columns), image(n_, columns);
    fill_random<S>(Z, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kProbeColumns * probes_++),
                   options_.sum);
    const Matrix<S> Y = Y_.leftCols(k_);
    Block<S> X(n_, k_);
    set_product<S>(X, V_.leftCols(m_), Y);
    for (int power = 0; power < kPowers; ++power) {
        add_product<S>(Z, X, -metric_.inner(X, Z, BU_, options_.sum, kProduct));
        apply(Z, image);
        const Eigen::VectorXd size = metric_.norms(image, BU_, options_.sum, kProduct);
        scale_columns<S>(image, (size.array() > 0.0).select(size.cwiseInverse(), 0.0));
        Z.swap(image);
    }
    add_to_pending(std::move(Z));
}

#define LAMBDABAR_INSTANTIATE(S)                                                           \
    template void InvertedLanczos<S>::choose_sizes(Index);                                 \
    template void InvertedLanczos<S>::apply(In<S>, Out<S>);                                \
    template bool InvertedLanczos<S>::load_start_block();                                  \
    template void InvertedLanczos<S>::start_from_images();                                 \
    template void InvertedLanczos<S>::start_randomly();                                    \
    template bool InvertedLanczos<S>::add_to_pending(Block<S>);                            \
    template void InvertedLanczos<S>::step();                                              \
    template Matrix<S> InvertedLanczos<S>::orthonormalize_newest(BlockRef<S>, Matrix<S>&); \
    template void InvertedLanczos<S>::restart(Index);                                      \
    template void InvertedLanczos<S>::search_missed_copies();
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
