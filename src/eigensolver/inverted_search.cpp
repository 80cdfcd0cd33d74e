// Whether InvertedLanczos holds every copy: a search in the complement of what was found, where no inertia counts the
// eigenvalues, or where it says that some are missing.
#include "inverted_lanczos.hpp"

#include "ritz_result.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kWidest = 8;         // columns of a search
constexpr Index kBlocks = 12;        // of its basis
constexpr Index kMostSteps = 40;     // of one search
constexpr Index kMostUndecided = 3;  // searches
constexpr Index kJudges = 2;         // Ritz pairs that have to be resolved for a search to end with nothing

enum class Finding { undecided, something, nothing };

/// The relation of K within the complement of X, from a random block.
template <ScalarType S>
class ComplementSearch : private InvertedRelation<S> {
    using Relation = InvertedRelation<S>;
    using Relation::m_, Relation::w_, Relation::V_;

public:
    /// `solve` followed by the projection; `norm` of K and the tolerance relative to it.
    ComplementSearch(const Pencil<S>& pencil, const BlockSolve<S>& solve, const Metric<S>& metric, Definite definite,
                     const Sum& sum, double norm, double tol)
        : Relation(pencil, solve, metric, definite, sum, kProduct) {
        Relation::norm_ = norm;
        Relation::tol_ = tol;
    }

    /// P ← K Z, orthonormal.
    void begin(const Block<S>& Z) {
        Relation::start(kBlocks * Z.cols());
        Relation::apply(Z, V_.leftCols(Z.cols()));
        (void)Relation::append(Z.cols());
    }

    /// One block of K's images more, and Rayleigh–Ritz by ascending `key`; false if there is none.
    bool advance(const std::function<double(double)>& key) {
        if (w_ == 0) return false;
        if (m_ + 2 * w_ > V_.cols()) {
            const Index keep = std::min(m_, std::max<Index>(V_.cols() / 2 - w_, 1));
            Relation::shrink(ritz_.vectors.leftCols(keep), ritz_.values.head(keep));
        }
        Relation::step(w_);
        ritz_ = Relation::ritz(key);
        return true;
    }

    const RelationRitz<S>& ritz() const { return ritz_; }
    Index solves() const { return Relation::solves_; }

    Block<S> vectors(Index count) const {
        Block<S> Z(V_.rows(), count);
        set_product<S>(Z, V_.leftCols(m_), ritz_.vectors.leftCols(count));
        return Z;
    }

private:
    RelationRitz<S> ritz_;
};

}  // namespace

/// True if a search is not needed once the guard is clearly another eigenvalue: V grew from more Gaussian columns than
/// there are copies (see BlockDavidson, which says why).
template <ScalarType S>
bool InvertedLanczos<S>::sees_every_copy() const {
    if (gaussian_ == 0 || m_ <= k_) return false;
    Eigen::VectorXd keys(k_ + 1);
    for (Index i = 0; i <= k_; ++i) keys(i) = key(theta_(i));
    const double tolerance = residual_.head(k_ + 1).maxCoeff();
    return largest_cluster(keys, k_ + 1, tolerance, cluster_distance()) < gaussian_;
}

/// For so many columns more in P, which stays as wide as it becomes, and a step.
template <ScalarType S>
void InvertedLanczos<S>::make_room(Index columns) {
    const Index kept = std::max(keep_, k_ + 1), free = 2 * (w_ + columns);
    if (kept + free > capacity_) reserve(capacity_ = kept + free);
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
    ComplementSearch<S> search(pencil_, deflated, metric_, options_.definite, options_.sum, norm_, tol_);
    search.begin(Z);
    const double wanted = key(theta_(k_ - 1));
    const double better = (first > k_ ? std::max(wanted, key(theta_(k_)) - residual_(k_)) : wanted) - tolerance(k_ - 1);
    const auto judge = [&](const RelationRitz<S>& ritz) {
        const auto& [mu, vectors, rho] = ritz;
        // Of what was found, some digits at least: each column then saves the iteration many steps.
        if (key(mu(0)) < better && rho(0) <= 1e-3 * std::abs(mu(0))) return Finding::something;
        if (mu.size() < kJudges) return Finding::undecided;
        for (Index j = 0; j < kJudges; ++j) {
            if (rho(j) > std::max(tolerance(k_ - 1), kClearlyApart * (key(mu(j)) - wanted))) return Finding::undecided;
        }
        return Finding::nothing;
    };
    Finding finding = Finding::undecided;
    for (Index step = 0; step < kMostSteps && finding == Finding::undecided; ++step) {
        finding = search.advance([this](double mu) { return key(mu); }) ? judge(search.ritz()) : Finding::nothing;
    }
    solves_ += search.solves();
    if (finding == Finding::nothing) return make_room(0);
    if (finding == Finding::undecided) {
        doubtful_ = ++undecided_ > kMostUndecided;
        probed_ = doubtful_;  // else another search follows
    }
    make_room(columns);
    add_to_pending(search.vectors(std::min(columns, search.ritz().values.size())));
}

#define LAMBDABAR_INSTANTIATE(S)                               \
    template bool InvertedLanczos<S>::sees_every_copy() const; \
    template void InvertedLanczos<S>::make_room(Index);        \
    template void InvertedLanczos<S>::search_missed_copies(Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
