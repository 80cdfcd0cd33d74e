#include "inverted_lanczos.hpp"

#include "block/dense.hpp"
#include "ritz_result.hpp"
#include "transformed_operators.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

constexpr Index kProbeColumns = 2;
constexpr Index kCleanings = 20;  // of parts in null(B); an ill-conditioned B may look as if it had any

}  // namespace

template <ScalarType S>
InvertedLanczos<S>::InvertedLanczos(const Pencil<S>& pencil, const BlockSolve<S>& solve, double sigma,
                                    const EigshOptions<S>& options, bool trust_start)
    : Relation(pencil, solve, metric_of(pencil, options.definite), options.definite, options.sum,
               "eigsh: the operator's product"),
      sigma_(sigma),
      options_(options),
      trust_start_(trust_start) {
    choose_sizes();
    Relation::start(capacity_);
}

template <ScalarType S>
Eigenpairs<S> InvertedLanczos<S>::solve() {
    testing_ = load_start_block();
    if (testing_) {
        step();
        rayleigh_ritz();
        if (all_converged() && guard_resolved() && trust_start_) return result(StopReason::converged);
        if (!metric_.identity() && m_ + w_ < global_n_) start_from_images(false);
    } else {
        start_randomly();
    }
    return iterate();
}

template <ScalarType S>
Eigenpairs<S> InvertedLanczos<S>::search_further(Index missing) {
    search_missed_copies(std::max(missing, kProbeColumns));
    if (!whole_space() && w_ > 0) step();
    return iterate();
}

template <ScalarType S>
Eigenpairs<S> InvertedLanczos<S>::iterate() {
    while (true) {
        if (overgrown() && m_ > k_ && !whole_space() && cleanings_ < kCleanings) {
            rayleigh_ritz();
            start_from_images(true);
            ++cleanings_;
        }
        const bool due = worth_testing() && (solves_ >= next_test_ || next_columns() < w_);
        const bool test = due || whole_space() || w_ == 0;
        if (test || m_ + w_ + next_columns() > capacity_) {
            rayleigh_ritz();
            ++iterations_;
            testing_ = true;
            schedule_test();
        }
        if (test && (m_ > k_ || whole_space())) {
            if (m_ < k_) {
                std::ostringstream message;
                message << "eigsh: k = " << k_ << " exceeds the " << m_ << " finite eigenvalues (B is singular)";
                throw std::invalid_argument(message.str());
            }
            if (!report_progress()) return result(StopReason::stopped_by_monitor);
            const bool converged = all_converged();
            const bool search = converged && options_.probe && !whole_space() && !probe_is_current();
            if (search && sees_every_copy()) {
                probed_ = guard_apart(kClearlyApart);
                if (probed_) return result(StopReason::converged);
            } else if (search) {
                search_missed_copies(kProbeColumns);
            } else if (whole_space() || (converged && guard_resolved())) {
                return result(converged ? StopReason::converged : StopReason::iteration_limit);
            }
            if (solves_ >= max_solves_) return result(StopReason::iteration_limit);
        }
        if (w_ == 0) {  // an invariant subspace: look elsewhere, if there is anything else
            Block<S> Z(n_, std::min(b_, global_n_ - m_));
            fill_random<S>(Z, options_.seed, 0x7365656bu + static_cast<std::uint64_t>(b_ * draws_++), options_.sum);
            exhausted_ = !add_to_pending(std::move(Z));
            continue;
        }
        const Index room = capacity_ - w_ - next_columns();
        if (m_ > room && m_ + w_ < global_n_) restart(std::min(keep_, room));
        step();
    }
}

template <ScalarType S>
void InvertedLanczos<S>::rayleigh_ritz() {
    RelationRitz<S> ritz = Relation::ritz([this](double theta) { return key(theta); });
    theta_ = std::move(ritz.values);
    Y_ = std::move(ritz.vectors);
    norm_ = std::max(norm_, theta_.cwiseAbs().maxCoeff());
    // The relation itself holds to rounding only.
    residual_ = ritz.residuals.cwiseMax(2.0 * std::numeric_limits<double>::epsilon() * norm_);
}

/// A test costs m³ operations. The next one comes a quarter of the way to where the last two show the
/// worst residual to pass: convergence gathers speed.
template <ScalarType S>
void InvertedLanczos<S>::schedule_test() {
    double worst = 1.0;
    for (Index i = 0; i < std::min(k_, m_); ++i) worst = std::max(worst, residual_(i) / tolerance(i));
    const double left = std::log(worst), gained = last_left_ - left;
    const bool shrinking = gained > 0.0 && solves_ > last_test_;
    next_test_ = solves_;
    if (shrinking && left > 0.0)
        next_test_ += static_cast<Index>(0.25 * left / gained * static_cast<double>(solves_ - last_test_));
    last_left_ = left;
    last_test_ = solves_;
}

template <ScalarType S>
bool InvertedLanczos<S>::report_progress() {
    if (!options_.monitor) return true;
    Progress progress;
    progress.iteration = iterations_;
    progress.products = solves_;
    progress.wanted = k_;
    std::vector<Index> order(static_cast<std::size_t>(k_));
    std::iota(order.begin(), order.end(), Index{0});
    while (progress.converged < k_ && passes(progress.converged)) ++progress.converged;
    std::sort(order.begin(), order.end(), [&](Index i, Index j) { return eigenvalue(i) < eigenvalue(j); });
    progress.ritz_values.resize(k_);
    progress.residuals.resize(k_);
    for (Index i = 0; i < k_; ++i) {
        progress.ritz_values(i) = eigenvalue(order[static_cast<std::size_t>(i)]);
        progress.residuals(i) = eigenvalue_residual(order[static_cast<std::size_t>(i)]);
    }
    return options_.monitor(progress);
}

template <ScalarType S>
bool InvertedLanczos<S>::all_converged() const {
    if (m_ < k_) return false;
    for (Index i = 0; i < k_; ++i) {
        if (!passes(i)) return false;
    }
    return true;
}

/// False if nothing was searched yet, or if the last search improved a value: more copies may then be missing.
template <ScalarType S>
bool InvertedLanczos<S>::probe_is_current() const {
    if (!probed_) return false;
    for (Index i = 0; i < k_; ++i) {
        if (key(probed_values_(i)) - key(theta_(i)) > tolerance(i)) return false;
    }
    return true;
}

template <ScalarType S>
bool InvertedLanczos<S>::guard_resolved() const {
    return m_ > k_ && (passes(k_) || guard_apart(kRoughlyApart));
}

template <ScalarType S>
bool InvertedLanczos<S>::guard_apart(double part) const {
    const double gap = std::abs(key(theta_(k_)) - key(theta_(k_ - 1)));
    return guard_is_apart(gap, residual_(k_ - 1), residual_(k_), part, cluster_distance());
}

template <ScalarType S>
double InvertedLanczos<S>::lowest_met() const {
    double lowest = std::numeric_limits<double>::infinity();
    constexpr double rounding = 1e3 * std::numeric_limits<double>::epsilon();  // of μ = 0
    for (Index i = 0; i < theta_.size(); ++i) {
        if (std::abs(theta_(i)) > rounding * norm_) lowest = std::min(lowest, eigenvalue(i));
    }
    return lowest;
}

/// The distance in λ below which eigenvalues are one cluster, in units of μ at the open end.
template <ScalarType S>
double InvertedLanczos<S>::cluster_distance() const {
    double scale = std::abs(sigma_);
    for (Index i = 0; i < k_; ++i) scale = std::max(scale, std::abs(eigenvalue(i)));
    return options_.cluster_tol * scale * theta_(k_ - 1) * theta_(k_ - 1);
}

/// The k wanted vectors, and the extra ones with their images K V y = V H y + P S y = V y θ + P S y.
template <ScalarType S>
void InvertedLanczos<S>::take_vectors(Index k, Index extra, Eigenpairs<S>& pairs) {
    const auto coordinates = [&](Index first, Index count) {  // of K V y in [V P]
        Matrix<S> C(m_ + w_, count);
        C.topRows(m_) = Y_.middleCols(first, count) * theta_.segment(first, count).template cast<S>().asDiagonal();
        if (w_ > 0) C.bottomRows(w_) = S_ * Y_.middleCols(first, count);
        return C;
    };
    const auto VP = V_.leftCols(m_ + w_);
    Block<S> X(n_, k);
    const Eigen::VectorXd inverse = theta_.head(k).cwiseInverse();
    set_product<S>(X, VP, coordinates(0, k) * inverse.template cast<S>().asDiagonal());
    const bool purify = invisible_;
    if (purify) {
        Block<S> KX(n_, k);
        apply(X, KX);
        scale_columns<S>(KX, inverse);
        X.swap(KX);
    }
    // XᴴBX = I up to the square of the residuals now.
    rotate<S>(X, orthonormalizing_step<S>(metric_.inner(X, X, BU_, options_.sum)));
    BU_.resize(0, 0);
    pairs.vectors = X;
    X.resize(n_, extra);
    set_product<S>(X, V_.leftCols(m_), Y_.middleCols(k, extra));
    pairs.extra = X;
    if (purify && extra > 0) {
        apply(Block<S>(X), X);
    } else {
        set_product<S>(X, VP, coordinates(k, extra));
    }
    pairs.extra_images = X;
}

template <ScalarType S>
Eigenpairs<S> InvertedLanczos<S>::result(StopReason reason) {
    Eigenpairs<S> pairs;
    const Index k = std::min(k_, m_);
    const Index extra = std::min(options_.extra < 0 ? std::max(k_, 2 * b_) : options_.extra, m_ - k);
    pairs.which = options_.which;
    pairs.values.resize(k);
    pairs.residuals.resize(k);
    for (Index i = 0; i < k; ++i) {
        pairs.values(i) = eigenvalue(i);
        pairs.residuals(i) = eigenvalue_residual(i);
    }
    pairs.extra_values.resize(extra);
    for (Index i = 0; i < extra; ++i) pairs.extra_values(i) = eigenvalue(k + i);
    pairs.norm_A = std::max(pairs.values.cwiseAbs().maxCoeff(), std::abs(sigma_));
    pairs.tol = tol_;
    pairs.cluster_tol = options_.cluster_tol;
    take_vectors(k, extra, pairs);
    sort_ascending(pairs);
    Guard guard;
    if (m_ > k_) guard = {.value = eigenvalue(k_), .residual = eigenvalue_residual(k_)};
    describe_neighbourhood(guard, pairs);
    pairs.reason = reason;
    pairs.converged = reason == StopReason::converged;
    pairs.probed = probed_ && !doubtful_;
    pairs.solves = solves_;
    pairs.iterations = iterations_;
    pairs.basis_size = capacity_;
    pairs.filter_degree = 1;
    pairs.sigma = sigma_;
    pairs.solve = solve_;
    pairs.definite = options_.definite;
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                 \
    template InvertedLanczos<S>::InvertedLanczos(const Pencil<S>&, const BlockSolve<S>&, double, \
                                                 const EigshOptions<S>&, bool);                  \
    template double InvertedLanczos<S>::cluster_distance() const;                                \
    template double InvertedLanczos<S>::lowest_met() const;                                      \
    template Eigenpairs<S> InvertedLanczos<S>::solve();                                          \
    template Eigenpairs<S> InvertedLanczos<S>::search_further(Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
