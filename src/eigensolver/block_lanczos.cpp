#include "block_lanczos.hpp"

#include "block/dense.hpp"
#include "spectral_bounds.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kProduct = "eigsh: the operator's product";
constexpr Index kBoundSteps = 12;   // Lanczos steps for the upper bound of the spectrum
constexpr double kGain = 4.0;       // wanted growth exponent of one filter application
constexpr double kContrast = 10.0;  // growth exponent that converged pairs may gain on a target
constexpr Index kMostDegree = 1000;
constexpr Index kSmall = 200;  // up to this dimension the basis may span the whole space
constexpr Index kProbeColumns = 2;

}  // namespace

template <ScalarType S>
BlockLanczos<S>::BlockLanczos(CountedOperator<S>& A, const EigshOptions<S>& options, double sign)
    : A_(A), options_(options), sign_(sign) {
    choose_sizes();
    V_.setZero(n_, capacity_);
    G_.setZero(capacity_, capacity_);
    residual_ = tested_at_ = Eigen::VectorXd::Constant(capacity_, kUntested);
}

template <ScalarType S>
void BlockLanczos<S>::choose_sizes() {
    n_ = A_.rows();
    global_n_ = options_.sum.total(n_);
    k_ = options_.k;
    b_ = options_.block_size > 0 ? options_.block_size : (k_ == 1 ? 2 : 4);
    b_ = std::min(b_, global_n_);
    const Index kept = k_ + std::max<Index>(options_.extra, b_);  // a restart keeps what the result promises
    capacity_ = options_.basis_size > 0 ? options_.basis_size
                                        : std::max({k_ + 8 * b_, 2 * k_ + 4 * b_, kept + 4 * b_, Index{24}});
    if (options_.basis_size == 0 && global_n_ <= kSmall) capacity_ = global_n_;
    capacity_ = std::min(std::max(capacity_, k_ + 2 * b_ + 1), global_n_);
    keep_ = std::min(std::max(kept, capacity_ / 2), capacity_ - b_);
    // Generous, and more so where products cost microseconds.
    max_products_ = options_.max_products > 0 ? options_.max_products : 40000 + 2000 * k_ + 400'000'000 / global_n_;
    // Residuals cannot be resolved below the rounding of a product and a rotation.
    tol_ = std::max(options_.tol, 50.0 * kEps);
}

template <ScalarType S>
Eigenpairs<S> BlockLanczos<S>::solve() {
    if (test_start_block()) return result(StopReason::converged);
    start_randomly();
    while (true) {
        rayleigh_ritz();
        ++iterations_;
        if (!report_progress()) return result(StopReason::stopped_by_monitor);
        if (A_.products() >= max_products_) return result(StopReason::iteration_limit);

        const std::vector<Index> targets = choose_targets();
        if (!targets.empty()) {
            load_targets(targets);
            test_targets(targets);
        }
        if (all_converged()) {
            if (options_.probe && m_ < global_n_ && !probe_is_current()) {
                search_missed_copies();
                continue;
            }
            if (guard_resolved()) {
                if (verify()) return result(StopReason::converged);
                continue;
            }
        }
        if (m_ == global_n_) {  // Rayleigh–Ritz on the whole space: nothing left to expand
            verify();
            return result(all_converged() ? StopReason::converged : StopReason::iteration_limit);
        }
        expand(targets);
    }
}

/// Tests the caller's (or the last solve's) vectors at the cost of one block product.
template <ScalarType S>
bool BlockLanczos<S>::test_start_block() {
    const Warm<S>* warm = options_.warm;
    const bool fits = warm && warm->vectors.rows() == n_ && warm->vectors.cols() > 0 &&
                      warm->values.size() == warm->vectors.cols() && warm->which == options_.which;
    if (options_.sum.total(fits ? 0 : 1) > 0) warm = nullptr;  // not in all processes
    const Matrix<S>& given = warm ? warm->vectors : options_.start;
    const Index wanted = std::min(given.cols(), std::min(capacity_ - b_, capacity_ / 2));
    if (wanted < 1) return false;
    V_.leftCols(wanted) = given.leftCols(wanted);
    const Index s =
        orthonormalize<S>(V_.leftCols(wanted), V_.leftCols(0), options_.seed, options_.sum, "eigsh: the start block");
    m_ = s;
    // A V sits in the free columns next to V.
    BlockRef<S> V = V_.leftCols(s), AV = V_.middleCols(s, s);
    A_.apply(V, AV);
    G_.topLeftCorner(s, s) = gram<S>(V, AV, options_.sum, kProduct);
    rayleigh_ritz();
    norm_ = std::max(theta_.cwiseAbs().maxCoeff(), norms<S>(AV, options_.sum).maxCoeff());
    const double norm_here = norm_;
    // The remembered norm, unless the values say that the operator has become smaller.
    if (warm) {
        const double largest = theta_.cwiseAbs().maxCoeff(), last = warm->values.cwiseAbs().maxCoeff();
        norm_ = std::max(norm_, warm->norm_A * std::min(1.0, largest / last));
    }
    rotate<S>(V, Y_);
    rotate<S>(AV, Y_);
    G_.topLeftCorner(s, s) = theta_.template cast<S>().asDiagonal();
    Y_ = Matrix<S>::Identity(s, s);
    add_scaled<S>(AV, V, -theta_);
    residual_.head(s) = norms<S>(AV, options_.sum);
    tested_at_.head(s) = theta_;
    // One start vector sees one copy of each value: what Spectra returns is searched for more.
    if (s > k_ && all_converged() && guard_resolved() && options_.engine != Engine::spectra) return true;
    norm_ = norm_here;
    return false;
}

template <ScalarType S>
void BlockLanczos<S>::start_randomly() {
    const SpectralBounds bounds = spectral_bounds<S>(A_, std::min(kBoundSteps, global_n_), options_.seed, options_.sum);
    upper_ = bounds.upper;
    norm_ = std::max(norm_, bounds.norm);
    T_.resize(n_, b_);
    R_.resize(n_, b_);
    if (m_ > k_) return;
    fill_random<S>(T_, options_.seed, 0, options_.sum);
    append();
}

template <ScalarType S>
void BlockLanczos<S>::rayleigh_ritz() {
    auto pairs = dense_eigh<S>(G_.topLeftCorner(m_, m_));
    theta_ = std::move(pairs.values);
    Y_ = std::move(pairs.vectors);
    norm_ = std::max(norm_, theta_.cwiseAbs().maxCoeff());
    upper_ = std::max(upper_, theta_(m_ - 1));
    // A value that fell by more than its residual allowed belongs to another vector now.
    for (Index i = 0; i < m_; ++i) {
        if (std::isnan(residual_(i))) continue;
        if (!(std::abs(theta_(i) - tested_at_(i)) <= residual_(i) + 10.0 * kEps * norm_)) {
            residual_.tail(capacity_ - i).setConstant(kUntested);
            break;
        }
    }
}

template <ScalarType S>
bool BlockLanczos<S>::report_progress() {
    if (!options_.monitor) return true;
    Progress progress;
    progress.iteration = iterations_;
    progress.products = A_.products();
    progress.wanted = k_;
    const Index shown = std::min(k_, m_);
    while (progress.converged < shown && residual_(progress.converged) <= tolerance()) ++progress.converged;
    progress.ritz_values = sign_ * theta_.head(shown);
    progress.residuals = residual_.head(shown);
    if (sign_ < 0) {
        progress.ritz_values.reverseInPlace();
        progress.residuals.reverseInPlace();
    }
    return options_.monitor(progress);
}

/// The lowest pairs that have not converged; the guard fills a place that is left over.
template <ScalarType S>
std::vector<Index> BlockLanczos<S>::choose_targets() const {
    std::vector<Index> targets;
    for (Index i = 0; i < std::min(k_ + 1, m_) && static_cast<Index>(targets.size()) < b_; ++i) {
        const bool converged = residual_(i) <= tolerance();
        if (!converged && !(i == k_ && all_converged() && guard_resolved())) targets.push_back(i);
    }
    return targets;
}

template <ScalarType S>
void BlockLanczos<S>::load_targets(const std::vector<Index>& targets) {
    const Index count = static_cast<Index>(targets.size());
    Matrix<S> C(m_, count);
    for (Index j = 0; j < count; ++j) C.col(j) = Y_.col(targets[static_cast<std::size_t>(j)]);
    T_.resize(n_, count);
    R_.resize(n_, count);
    set_product<S>(T_, V_.leftCols(m_), C);
}

/// R = A T − T Θ and its norms.
template <ScalarType S>
void BlockLanczos<S>::test_targets(const std::vector<Index>& targets) {
    const Index count = static_cast<Index>(targets.size());
    Eigen::VectorXd theta(count);
    for (Index j = 0; j < count; ++j) theta(j) = theta_(targets[static_cast<std::size_t>(j)]);
    A_.apply_fused(T_, theta, 1.0, 0.0, R_);
    const Eigen::VectorXd norm = norms<S>(R_, options_.sum, kProduct);
    for (Index j = 0; j < count; ++j) {
        residual_(targets[static_cast<std::size_t>(j)]) = norm(j);
        tested_at_(targets[static_cast<std::size_t>(j)]) = theta(j);
    }
}

/// [cut, upper] holds everything beyond the wanted pairs and one more block.
template <ScalarType S>
FilterInterval BlockLanczos<S>::filter_interval(Index lowest) const {
    const double spread = upper_ - theta_(0);
    Index i = std::min(k_ + b_, m_ - 1);
    // A cluster that reaches beyond k + b must lie below the cut as a whole.
    while (i < m_ - 1 && theta_(i) - theta_(lowest) <= 1e-12 * spread) ++i;
    double cut = theta_(i);
    if (cut - theta_(lowest) <= 1e-12 * spread) cut = theta_(lowest) + 1e-3 * spread;
    return {theta_(0), cut, upper_};
}

/// The largest degree that lets nothing at the bottom of the spectrum outgrow `value` by more than exp(kContrast):
/// a vector orthogonal to converged pairs is so to their residuals only, and those must not take it over.
Index contrast_limit(const FilterInterval& interval, double value) {
    const double lead = chebyshev_growth(interval, interval.lowest) - chebyshev_growth(interval, value);
    if (lead <= kContrast / static_cast<double>(kMostDegree)) return kMostDegree;
    return std::max<Index>(1, static_cast<Index>(kContrast / lead));
}

template <ScalarType S>
Index BlockLanczos<S>::choose_degree(const FilterInterval& interval, double lowest) const {
    if (options_.filter_degree > 0) return options_.filter_degree;
    const double growth = chebyshev_growth(interval, lowest);
    const Index limit = contrast_limit(interval, lowest);
    if (growth <= kGain / static_cast<double>(kMostDegree)) return limit;
    return std::clamp<Index>(static_cast<Index>(std::ceil(kGain / growth)), 1, limit);
}

/// W = p(A) T, from the targets and residuals at hand.
template <ScalarType S>
void BlockLanczos<S>::expand(const std::vector<Index>& targets) {
    const FilterInterval interval = filter_interval(targets.front());
    const bool separable = interval.upper > interval.cut && interval.cut > interval.lowest;
    degree_ = separable ? choose_degree(interval, theta_(targets.front())) : 1;
    if (degree_ > 1) {
        Eigen::VectorXd theta(T_.cols());
        for (Index j = 0; j < T_.cols(); ++j) theta(j) = theta_(targets[static_cast<std::size_t>(j)]);
        chebyshev_filter<S>(A_, T_, R_, theta, degree_, interval);
    } else {
        T_.swap(R_);
    }
    if (m_ + T_.cols() > global_n_) T_.conservativeResize(n_, global_n_ - m_);
    if (m_ + T_.cols() > capacity_) restart(keep_);
    append();
}

/// Fills the space orthogonal to the converged pairs with a filtered random block: a copy of λ_i that every
/// Krylov vector so far was orthogonal to is amplified until it stands out of n random components by 100.
/// If one exists, Rayleigh–Ritz shows it below or beside the guard and the iteration goes on.
template <ScalarType S>
void BlockLanczos<S>::search_missed_copies() {
    probed_ = true;
    probed_values_ = theta_.head(k_);
    restart(std::max(keep_, k_ + 1));
    const Index columns = std::min(kProbeColumns, global_n_ - m_);
    T_.resize(n_, columns);
    R_.resize(n_, columns);
    fill_random<S>(T_, options_.seed, 0x70726f6265u + static_cast<std::uint64_t>(kProbeColumns * probes_++),
                   options_.sum);
    const auto X = V_.leftCols(k_);
    add_product<S>(T_, X, -gram<S>(X, T_, options_.sum));

    FilterInterval interval = filter_interval(std::min(k_, m_ - 1));
    const double growth = chebyshev_growth(interval, theta_(k_ - 1));
    const double wanted = std::log(100.0 * std::sqrt(static_cast<double>(global_n_)));
    if (interval.upper > interval.cut && growth > 0.0) {
        // In stretches, made orthogonal to X after each, so that X cannot grow back.
        const Index stretch = contrast_limit(interval, theta_(k_ - 1));
        Index left = std::clamp<Index>(static_cast<Index>(std::ceil(wanted / growth)), 1, 2 * kMostDegree);
        interval.lowest = theta_(k_ - 1);  // p = 1 at λ_k
        const Eigen::VectorXd zero = Eigen::VectorXd::Zero(columns);
        for (; left > 0; left -= stretch) {
            A_.apply_fused(T_, zero, 1.0, 0.0, R_);
            chebyshev_filter<S>(A_, T_, R_, zero, std::min(left, stretch), interval);
            add_product<S>(T_, X, -gram<S>(X, T_, options_.sum, kProduct));
        }
    }
    if (m_ + columns > capacity_) restart(capacity_ - columns);
    append();
}

/// V ← [V T], G ← [V T]ᴴ A [V T]; T is consumed.
template <ScalarType S>
void BlockLanczos<S>::append() {
    BlockRef<S> W_all = V_.middleCols(m_, T_.cols());
    W_all = T_;
    const Index valid = orthonormalize<S>(
        W_all, V_.leftCols(m_), options_.seed + static_cast<std::uint64_t>(iterations_), options_.sum, kProduct);
    if (valid == 0) return;
    const auto W = V_.middleCols(m_, valid);
    R_.resize(n_, valid);
    A_.apply(W, R_);
    const Matrix<S> C = gram<S>(V_.leftCols(m_ + valid), R_, options_.sum, kProduct);
    G_.block(0, m_, m_ + valid, valid) = C;
    G_.block(m_, 0, valid, m_) = C.topRows(m_).adjoint();
    m_ += valid;
}

/// V ← the `keep` lowest Ritz vectors, in place.
template <ScalarType S>
void BlockLanczos<S>::restart(Index keep) {
    keep = std::min(keep, m_);
    rotate<S>(V_.leftCols(m_), Y_.leftCols(keep));
    m_ = keep;
    theta_.conservativeResize(keep);
    G_.topLeftCorner(keep, keep) = theta_.template cast<S>().asDiagonal();
    Y_ = Matrix<S>::Identity(keep, keep);
    residual_.tail(capacity_ - keep).setConstant(kUntested);
}

/// Residuals of the k final Ritz vectors and the guard, all anew; false if one of the k no longer passes.
template <ScalarType S>
bool BlockLanczos<S>::verify() {
    const Index tested = std::min(k_ + 1, m_);
    for (Index first = 0; first < tested; first += b_) {
        std::vector<Index> targets;
        for (Index i = first; i < std::min(first + b_, tested); ++i) targets.push_back(i);
        load_targets(targets);
        test_targets(targets);
    }
    return all_converged();
}

template <ScalarType S>
bool BlockLanczos<S>::all_converged() const {
    return m_ >= k_ && (residual_.head(k_).array() <= tolerance()).all();
}

/// False if nothing was searched yet, or if the last search lowered a value: more copies may then be missing.
template <ScalarType S>
bool BlockLanczos<S>::probe_is_current() const {
    return probed_ && (probed_values_ - theta_.head(k_)).maxCoeff() <= tolerance();
}

template <ScalarType S>
bool BlockLanczos<S>::guard_resolved() const {
    if (m_ <= k_ || std::isnan(residual_(k_))) return false;
    const double gap = theta_(k_) - theta_(k_ - 1);
    // Ritz values fall: one whose residual is not small beside the gap may still come down to λ_k.
    return residual_(k_) <= tolerance() ||
           (residual_(k_) <= 0.1 * gap &&
            !same_cluster(gap, residual_(k_ - 1), residual_(k_), options_.cluster_tol * norm_));
}

template <ScalarType S>
Eigenpairs<S> BlockLanczos<S>::result(StopReason reason) {
    T_.resize(0, 0);
    R_.resize(0, 0);
    A_.release();
    Eigenpairs<S> pairs;
    const Index k = std::min(k_, m_);
    const Index extra = std::min(options_.extra < 0 ? k_ : options_.extra, m_ - k);
    pairs.which = options_.which;
    pairs.values = sign_ * theta_.head(k);
    pairs.residuals = residual_.head(k);
    pairs.extra_values = sign_ * theta_.segment(k, extra);
    Block<S> X(n_, k + extra);
    set_product<S>(X, V_.leftCols(m_), Y_.leftCols(k + extra));
    V_.resize(0, 0);
    pairs.vectors = X.leftCols(k);
    pairs.extra = X.rightCols(extra);
    if (sign_ < 0) {
        pairs.values.reverseInPlace();
        pairs.residuals.reverseInPlace();
        pairs.vectors = X.leftCols(k).rowwise().reverse();
    }
    pairs.reason = reason;
    pairs.converged = reason == StopReason::converged;
    pairs.norm_A = norm_;
    pairs.tol = tol_;
    pairs.cluster_tol = options_.cluster_tol;
    pairs.clusters = find_clusters(pairs.values, pairs.residuals, options_.cluster_tol * norm_);
    if (m_ > k_) {
        pairs.guard_value = sign_ * theta_(k_);
        pairs.guard_residual = residual_(k_);
        pairs.cuts_cluster = std::isnan(residual_(k_)) || same_cluster(theta_(k_) - theta_(k_ - 1), residual_(k_ - 1),
                                                                       residual_(k_), options_.cluster_tol * norm_);
    }
    pairs.probed = probed_;
    pairs.products = A_.products();
    pairs.iterations = iterations_;
    pairs.basis_size = capacity_;
    pairs.filter_degree = degree_;
    pairs.engine = "block_lanczos";
    return pairs;
}

template class BlockLanczos<double>;
template class BlockLanczos<std::complex<double>>;

}  // namespace lambdabar
