// How the relation K V = V H + P S of InvertedLanczos begins, grows and shrinks.
#include "inverted_lanczos.hpp"

#include "block/dense.hpp"
#include "start_vectors.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kSmall = 200;  // up to this dimension the basis may span the whole space

}  // namespace

template <ScalarType S>
void InvertedLanczos<S>::choose_sizes() {
    k_ = options_.k;
    b_ = options_.block_size > 0 ? options_.block_size : 2;
    b_ = std::min(b_, global_n_);
    const Index kept = k_ + std::max<Index>(options_.extra, b_);  // a restart keeps what the result promises
    capacity_ = options_.basis_size > 0 ? options_.basis_size : std::max({2 * k_ + 10 * b_, kept + 6 * b_, Index{24}});
    // A wide start block and its successor, beside the wanted vectors.
    const bool started = options_.start.size() > 0 || (options_.warm && options_.warm->vectors.size() > 0);
    if (started && options_.basis_size == 0) capacity_ = std::max(capacity_, 3 * k_ + 2 * b_ + 1);
    if (options_.basis_size == 0 && global_n_ <= kSmall) capacity_ = global_n_ + b_;
    capacity_ = std::min(std::max(capacity_, k_ + 4 * b_ + 1), global_n_ + b_);
    keep_ = std::max(kept, capacity_ / 2);
    // Generous: some tens are enough, or nothing is.
    max_solves_ = options_.max_products > 0 ? options_.max_products : 2000 + 100 * k_;
    tol_ = attainable_tolerance(options_.tol);
}

/// The caller's (or the last solve's) vectors become P.
template <ScalarType S>
bool InvertedLanczos<S>::load_start_block() {
    const Matrix<S>& given = start_vectors(usable_warm(options_, n_), options_);
    // A solve is too expensive to spend on vectors beyond the guard's block.
    const Index wanted = std::min({given.cols(), k_ + b_, (capacity_ - k_ - 1) / 2, global_n_});
    if (wanted < 1) return false;
    V_.leftCols(wanted) = given.leftCols(wanted);
    w_ = orthonormalize<S>(V_.leftCols(wanted), V_.leftCols(0), metric_, options_.seed, options_.sum,
                           "eigsh: the start block");
    BP_ = image_of_B(V_.leftCols(w_));
    return w_ > 0;
}

/// P ← the images of the wanted Ritz vectors and the guard, which have no part in the null space of B, orthonormalized;
/// V is empty again. By solves, or by the relation where that is clean.
template <ScalarType S>
void InvertedLanczos<S>::start_from_images(bool by_solves) {
    const Index kept = std::min(k_ + 1, m_);
    Matrix<S> C = Matrix<S>::Zero(m_ + w_, kept);
    if (by_solves) {
        C.topRows(m_) = Y_.leftCols(kept);
    } else {
        C.topRows(m_) = Y_.leftCols(kept) * theta_.head(kept).template cast<S>().asDiagonal();
        if (w_ > 0) C.bottomRows(w_) = S_ * Y_.leftCols(kept);
    }
    rotate<S>(V_.leftCols(m_ + w_), C);
    if (by_solves) apply(Block<S>(V_.leftCols(kept)), V_.leftCols(kept));
    w_ = orthonormalize<S>(V_.leftCols(kept), V_.leftCols(0), metric_, options_.seed, options_.sum, kProduct);
    m_ = 0;
    S_.resize(w_, 0);
    BP_ = image_of_B(V_.leftCols(w_));
    growth_ = 0.0;
    process_all_ = true;
}

template <ScalarType S>
void InvertedLanczos<S>::start_randomly() {
    Block<S> Z(n_, b_);
    fill_random<S>(Z, options_.seed, 0, options_.sum);
    exhausted_ = !add_to_pending(std::move(Z));
    gaussian_ = w_;
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
    widen(added);
    process_all_ = true;
    BP_ = image_of_B(V_.middleCols(m_, w_));
    watch(V_.middleCols(m_, w_));
    return added > 0;
}

/// Rotates P so that its first columns are those in which the residuals of the first b unconverged pairs lie, in units
/// of their tolerances.
template <ScalarType S>
void InvertedLanczos<S>::turn_to_targets() {
    std::vector<Index> targets;
    for (Index i = 0; i <= k_ && static_cast<Index>(targets.size()) < b_; ++i) {
        if (!passes(i)) targets.push_back(i);
    }
    if (targets.empty()) return;
    Matrix<S> M = S_ * Y_(Eigen::all, targets);
    for (Index j = 0; j < M.cols(); ++j) M.col(j) /= tolerance(targets[static_cast<std::size_t>(j)]);
    const Matrix<S> W = dense_eigh<S>(M * M.adjoint()).vectors.rowwise().reverse();
    turn(W);
}

template <ScalarType S>
void InvertedLanczos<S>::step() {
    const Index columns = next_columns();
    if (columns < w_) turn_to_targets();
    process_all_ = false;
    Relation::step(columns);
}

/// V ← the `keep` first Ritz vectors, in place; P moves up beside them.
template <ScalarType S>
void InvertedLanczos<S>::restart(Index keep) {
    keep = std::min(keep, m_);
    if (keep < m_) exhausted_ = false;
    shrink(Y_.leftCols(keep), theta_.head(keep));
    theta_.conservativeResize(keep);
    residual_.conservativeResize(keep);
    Y_ = Matrix<S>::Identity(keep, keep);
}

#define LAMBDABAR_INSTANTIATE(S)                                \
    template void InvertedLanczos<S>::choose_sizes();           \
    template bool InvertedLanczos<S>::load_start_block();       \
    template void InvertedLanczos<S>::start_from_images(bool);  \
    template void InvertedLanczos<S>::start_randomly();         \
    template bool InvertedLanczos<S>::add_to_pending(Block<S>); \
    template void InvertedLanczos<S>::turn_to_targets();        \
    template void InvertedLanczos<S>::step();                   \
    template void InvertedLanczos<S>::restart(Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
