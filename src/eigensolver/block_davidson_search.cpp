// Whether BlockDavidson holds every copy: the search for missed ones, and the result.
#include "block/dense.hpp"
#include "block_davidson.hpp"
#include "ritz_result.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr Index kProbeColumns = 2;
constexpr Index kRoom = 10;         // vectors of a search
constexpr double kResolved = 0.01;  // residual beside the distance from λ_k

}  // namespace

/// A space that grew from g Gaussian columns sees g copies of an eigenvalue, as a block Krylov space does, and each of
/// its Ritz vectors comes down to a lower eigenvalue if there is one. So if fewer than g values are equal among the k
/// and the guard, whose residual is at most 0.01 of its distance from them, none is missing. (Equal: closer than the
/// residuals tell apart, by a wide margin.) Otherwise, and if the space began with vectors of the caller's, a search
/// has to say so.
template <ScalarType S>
bool BlockDavidson<S>::is_complete() {
    if (!options_.probe || whole_space() || probe_is_current()) return true;
    probed_ = largest_cluster(theta_, k_ + 1, tolerance(), options_.cluster_tol * norm_) < gaussian_;
    return probed_;
}

/// False if nothing was searched yet, or if the last search found something: more copies may then be missing.
template <ScalarType S>
bool BlockDavidson<S>::probe_is_current() const {
    if (!probed_ || probed_values_.size() == 0) return false;
    return (probed_values_.head(k_) - theta_.head(k_)).maxCoeff() <= tolerance();
}

/// The same iteration from two Gaussian columns in the complement of the k pairs and the guard, until it shows a value
/// below the guard's, or until the two lowest of its Ritz pairs (μ, t) have residuals ρ ≤ 0.01 (μ − λ_k), or pass the
/// tolerance. A missed eigenvector y with λ_y ≤ λ_k would have |yᴴt| ≤ ρ/(μ − λ_y) ≤ 0.01 in both: y, which every step
/// amplifies more than what t consists of, would have been below 0.01 beside it in both Gaussian columns. (Probability
/// 6e-5 for one vector t consists of; complex numbers: its square.) A guard that is only resolved, with residual η and
/// eigenvalues of the complement above s, hides no more than its value may fall: η²/(s − λ_k).
///
/// Two Ritz vectors of the search join V, where Rayleigh–Ritz shows what they are. False if the products are used up.
template <ScalarType S>
bool BlockDavidson<S>::search_missed_copies() {
    probed_ = true;
    probed_values_ = theta_.head(k_);
    gaussian_ = 0;
    const Index first = std::min(k_ + 1, size()), columns = std::min(kProbeColumns, global_n_ - first);
    if (columns < 1) return true;
    const Index room = std::min(kRoom, global_n_ - first);
    Y_before_.resize(0, 0);
    restart(std::max(first, std::min(sizes_.kept, space_.capacity() - room)), {});
    space_.set_aside(first);
    Block<S> T(n_, columns);
    fill_random<S>(T, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kProbeColumns * probes_++),
                   options_.sum);
    U_.resize(0, 0);
    exhausted_ = false;
    append(T, "eigsh: the search block");
    Finding finding = Finding::undecided;
    while (true) {
        finding = test_search(first, columns);
        ++iterations_;
        if (finding != Finding::undecided || A_.products() >= max_products_) break;
        expand_search(first);
    }
    if (finding == Finding::something) probed_values_.resize(0);
    Matrix<S> C = Matrix<S>::Zero(size(), std::min(columns, U_.cols()));
    C.bottomRows(U_.rows()) = U_.leftCols(C.cols());
    space_.combine(C, T);
    space_.take_back(first);
    exhausted_ = false;
    if (finding == Finding::undecided) return false;
    const Index left = space_.capacity() - size();
    if (left < T.cols()) restart(space_.capacity() - T.cols(), {});
    append(T, "eigsh: the search block");
    return true;
}

/// Rayleigh–Ritz in the complement, and the residuals R there of the lowest pairs that are not resolved.
template <ScalarType S>
typename BlockDavidson<S>::Finding BlockDavidson<S>::test_search(Index first, Index columns) {
    const Index m = size(), s = m - first;
    auto pairs = dense_eigh<S>(space_.projected().block(first, first, s, s));
    U_before_ = U_.leftCols(std::min(U_.cols(), columns));
    mu_ = std::move(pairs.values);
    U_ = std::move(pairs.vectors);
    norm_ = std::max(norm_, mu_.cwiseAbs().maxCoeff());
    const double wanted = theta_(k_ - 1);
    if (first > k_ && mu_(0) < theta_(k_) - std::max(tolerance(), residual_(k_))) return Finding::something;
    if (mu_(0) < wanted - tolerance()) return Finding::something;
    if (exhausted_ || m == global_n_) return Finding::nothing;

    // A t − B (μ t + V₀ V₀ᴴA t), V₀ the vectors the search is orthogonal to.
    const Index count = std::min(columns, s);
    Matrix<S> C = Matrix<S>::Zero(m, count), D = C;
    C.bottomRows(s) = U_.leftCols(count);
    D.bottomRows(s) = U_.leftCols(count) * mu_.head(count).template cast<S>().asDiagonal();
    D.topRows(first) = space_.projected().block(0, first, first, s) * U_.leftCols(count);
    space_.residuals(C, D, R_);
    const Eigen::VectorXd rho = dual_norm_.estimate(R_);
    Index unresolved = 0;
    for (Index j = 0; j < count; ++j) {
        if (rho(j) <= std::max(tolerance(), kResolved * (mu_(j) - wanted))) continue;
        if (unresolved != j) R_.col(unresolved) = R_.col(j);
        ++unresolved;
    }
    R_.conservativeResize(n_, unresolved);
    return unresolved == 0 ? Finding::nothing : Finding::undecided;
}

template <ScalarType S>
void BlockDavidson<S>::expand_search(Index first) {
    const Index s = size() - first;
    if (size() + R_.cols() > global_n_) R_.conservativeResize(n_, global_n_ - size());
    if (size() + R_.cols() > space_.capacity()) {
        Matrix<S> earlier = Matrix<S>::Zero(s, U_before_.cols());
        earlier.topRows(U_before_.rows()) = U_before_;
        const Index keep = std::max<Index>(2, std::min<Index>(4, s - 3 * R_.cols()));
        space_.compress(first, with_orthonormal<S>(U_.leftCols(keep), earlier));
        U_ = Matrix<S>::Identity(size() - first, keep);
    }
    precondition_into_space();
}

template <ScalarType S>
Eigenpairs<S> BlockDavidson<S>::result(StopReason reason) {
    Eigenpairs<S> pairs;
    const Index m = theta_.size(), k = std::min(k_, m);
    const Index extra = std::min(options_.extra < 0 ? k_ : options_.extra, m - k);
    pairs.which = options_.which;
    const RitzValues ritz{theta_, residual_, sign_, k_};
    take_values(ritz, extra, pairs);
    pairs.norm_A = norm_;
    pairs.tol = tol_;
    pairs.cluster_tol = options_.cluster_tol;
    R_.resize(0, 0);
    Z_.resize(0, 0);
    A_.release();
    Block<S> X;
    space_.combine(Y_.leftCols(k), X);
    pairs.vectors = X;
    space_.combine(Y_.middleCols(k, extra), X);
    space_.release();
    pairs.extra = X;
    conclude(ritz, reason, pairs);
    pairs.probed = probed_;
    pairs.products = A_.products();
    pairs.preconditioned = preconditioned_;
    pairs.iterations = iterations_;
    pairs.basis_size = sizes_.capacity;
    pairs.filter_degree = 1;
    pairs.engine = metric_.identity() ? "block_davidson" : "block_davidson on A x = λ B x, no solve with B";
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S)                                                             \
    template bool BlockDavidson<S>::is_complete();                                           \
    template bool BlockDavidson<S>::probe_is_current() const;                                \
    template bool BlockDavidson<S>::search_missed_copies();                                  \
    template typename BlockDavidson<S>::Finding BlockDavidson<S>::test_search(Index, Index); \
    template void BlockDavidson<S>::expand_search(Index);                                    \
    template Eigenpairs<S> BlockDavidson<S>::result(StopReason);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
