// Whether InvertedLanczos holds every copy, where no inertia counts them: a search in the complement of what was found.
#include "inverted_lanczos.hpp"

#include "block/dense.hpp"
#include "ritz_result.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kWidest = 8;         // columns of a search
constexpr Index kBlocks = 12;        // of its basis
constexpr Index kMostSteps = 40;     // of one search
constexpr Index kMostUndecided = 3;  // searches
constexpr Index kJudges = 2;         // Ritz pairs that have to be resolved for a search to end with nothing

/// The relation of K within the complement of X, from a random block.
template <ScalarType S>
class ComplementSearch : private InvertedRelation<S> {
    using Relation = InvertedRelation<S>;
    using Relation::H, Relation::S_, Relation::m_, Relation::w_, Relation::V_, Relation::BP_, Relation::norm_,
        Relation::tol_;

public:
    /// `solve` followed by the projection; `norm` of K and the tolerance relative to it.
    ComplementSearch(const Pencil<S>& pencil, const BlockSolve<S>& solve, const Metric<S>& metric, Definite definite,
                     const Sum& sum, double norm, double tol)
        : Relation(pencil, solve, metric, definite, sum, kProduct) {
        norm_ = norm;
        tol_ = tol;
    }

    /// P ← K Z, orthonormal.
    void begin(const Block<S>& Z, std::uint64_t seed) {
        Relation::start(kBlocks * Z.cols());
        Relation::apply(Z, V_.leftCols(Z.cols()));
        Relation::widen(orthonormalize<S>(V_.leftCols(Z.cols()), V_.leftCols(0), Relation::metric_, seed,
                                          Relation::sum_, kProduct));
        BP_ = Relation::image_of_B(V_.leftCols(w_));
    }

    /// One block of K's images more, and Rayleigh–Ritz by ascending `key`; false if there is none.
    template <class Key>
    bool advance(const Key& key) {
        if (w_ == 0) return false;
        if (m_ + 2 * w_ > V_.cols()) {
            const Index keep = std::min(m_, std::max<Index>(V_.cols() / 2 - w_, 1));
            const Matrix<S> Y = Y_.leftCols(keep);
            Relation::shrink(Y, mu_.head(keep));
        }
        Relation::step(w_);
        auto pairs = dense_eigh<S>(H());
        std::vector<Index> order(static_cast<std::size_t>(m_));
        std::iota(order.begin(), order.end(), Index{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](Index i, Index j) { return key(pairs.values(i)) < key(pairs.values(j)); });
        mu_ = pairs.values(order);
        Y_ = pairs.vectors(Eigen::all, order);
        residual_ = w_ > 0 ? Eigen::VectorXd((S_ * Y_).colwise().norm()) : Eigen::VectorXd::Zero(m_);
        return true;
    }

    Index found() const { return mu_.size(); }
    double value(Index i) const { return mu_(i); }
    double residual(Index i) const { return residual_(i); }
    Index solves() const { return Relation::solves_; }

    Block<S> vectors(Index count) const {
        Block<S> Z(V_.rows(), count);
        set_product<S>(Z, V_.leftCols(m_), Y_.leftCols(count));
        return Z;
    }

private:
    Eigen::VectorXd mu_, residual_;
    Matrix<S> Y_;
};

}  // namespace

/// True if a search is not needed: V grew from more Gaussian columns than there are copies, and the guard is clearly
/// another eigenvalue (see BlockDavidson, which says why).
template <ScalarType S>
bool InvertedLanczos<S>::sees_every_copy() const {
    if (gaussian_ == 0 || m_ <= k_) return false;
    Eigen::VectorXd keys(k_ + 1);
    for (Index i = 0; i <= k_; ++i) keys(i) = key(theta_(i));
    const double tolerance = residual_.head(k_ + 1).maxCoeff();
    return largest_cluster(keys, k_ + 1, tolerance, cluster_distance()) < gaussian_;
}

template <ScalarType S>
bool InvertedLanczos<S>::guard_clear() const {
    const double gap = std::abs(key(theta_(k_)) - key(theta_(k_ - 1)));
    return guard_is_apart(gap, residual_(k_ - 1), residual_(k_), kClearlyApart, cluster_distance());
}

/// For so many columns more in P, which stays as wide as it becomes, and a step.
template <ScalarType S>
void InvertedLanczos<S>::make_room(Index columns) {
    const Index kept = std::max(keep_, k_ + 1), free = 2 * (w_ + columns);
    if (kept + free > capacity_) this->reserve(capacity_ = kept + free);
    if (m_ + free > capacity_) restart(kept);
}

/// Block Lanczos from Gaussian columns in the complement of the k pairs and the guard, until it shows a value that is
/// wanted more than the guard, or until its two best Ritz pairs (μ, t) have residuals ρ ≤ 0.01 |μ − μ_k|, or pass the
/// tolerance: a missed eigenvector would be below 0.01 in both, though every step amplifies it more than what they
/// consist of. What was found joins P, with room for a step.
template <ScalarType S>
void InvertedLanczos<S>::search_missed_copies(Index columns) {
    probed_ = true;
    doubtful_ = false;
    gaussian_ = 0;
    probed_values_ = theta_.head(k_);
    const Index first = std::min(k_ + 1, m_);
    columns = std::min({columns, kWidest, global_n_ - m_ - w_});
    if (columns < 1) return make_room(0);
    Block<S> X(n_, first), Z(n_, columns);
    set_product<S>(X, V_.leftCols(m_), Y_.leftCols(first));
    fill_random<S>(Z, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kWidest * probes_++), options_.sum);
    const auto project = [&](Out<S> Y) { add_product<S>(Y, X, -metric_.inner(X, Y, BU_, options_.sum, kProduct)); };
    const BlockSolve<S> deflated = [&](In<S> R, Out<S> Y) {
        solve_(R, Y);
        project(Y);
        project(Y);
    };
    ComplementSearch<S> search(this->pencil_, deflated, metric_, options_.definite, options_.sum, norm_, tol_);
    search.begin(Z, options_.seed);
    const double wanted = key(theta_(k_ - 1));
    const double better =
        first > k_ ? std::max(wanted, key(theta_(k_)) - residual_(k_)) - tolerance(k_ - 1) : wanted - tolerance(k_ - 1);
    bool decided = false, something = false;
    for (Index step = 0; step < kMostSteps && !decided; ++step) {
        if (!search.advance([this](double mu) { return key(mu); })) {
            decided = true;
            break;
        }
        const Index judges = std::min(kJudges, search.found());
        bool resolved = search.found() >= kJudges;
        for (Index j = 0; j < judges; ++j) {
            const double allowed = std::max(tolerance(k_ - 1), kClearlyApart * (key(search.value(j)) - wanted));
            resolved = resolved && search.residual(j) <= allowed;
        }
        // Of what was found, some digits at least: each column then saves the iteration many steps.
        something = key(search.value(0)) < better && search.residual(0) <= 1e-3 * std::abs(search.value(0));
        decided = something || resolved;
    }
    solves_ += search.solves();
    if (!something && decided) columns = 0;
    if (!decided) {
        doubtful_ = ++undecided_ > kMostUndecided;
        probed_ = doubtful_;
    }
    make_room(columns);
    if (columns > 0) add_to_pending(search.vectors(std::min(columns, search.found())));
}

#define LAMBDABAR_INSTANTIATE(S)                               \
    template bool InvertedLanczos<S>::sees_every_copy() const; \
    template bool InvertedLanczos<S>::guard_clear() const;     \
    template void InvertedLanczos<S>::make_room(Index);        \
    template void InvertedLanczos<S>::search_missed_copies(Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
