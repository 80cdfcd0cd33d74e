#include "block_davidson.hpp"

#include "block/dense.hpp"
#include "ritz_result.hpp"
#include "sentence.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kUntested = std::numeric_limits<double>::quiet_NaN();
constexpr double kIndefinite = 1e-10;  // rᴴM⁻¹r beside ‖r‖‖M⁻¹r‖: below minus this it is not rounding
constexpr double kMoreDistrust = 1.25;
constexpr Index kRestartsToRefresh = 100;  // whose rounding stays below that of some hundred products

}  // namespace

template <ScalarType S>
Eigenpairs<S> BlockDavidson<S>::solve() {
    if (test_start_block()) return result(StopReason::converged);
    start_randomly();
    while (true) {
        rayleigh_ritz();
        ++iterations_;
        if (!report_progress()) return result(StopReason::stopped_by_monitor);
        if (A_.products() >= max_products_) return result(StopReason::iteration_limit);
        if (whole_space()) {
            require_enough_directions();
            // Rayleigh–Ritz on the whole space: nothing left to expand.
            verify();
            return result(all_converged() ? StopReason::converged : StopReason::iteration_limit);
        }
        const std::vector<Index> targets = choose_targets();
        if (!targets.empty()) {
            expand(targets);
        } else if (size() <= k_) {
            append_random();  // there is no guard yet
        } else if (is_complete()) {
            if (verify()) return result(StopReason::converged);
        } else if (!search_missed_copies()) {
            return result(StopReason::iteration_limit);
        }
    }
}

template <ScalarType S>
void BlockDavidson<S>::rayleigh_ritz() {
    auto pairs = dense_eigh<S>(space_.projected());
    Y_before_ = Y_.leftCols(std::min(Y_.cols(), k_ + 1));
    theta_ = std::move(pairs.values);
    Y_ = std::move(pairs.vectors);
    norm_ = std::max(norm_, theta_.cwiseAbs().maxCoeff());
    forget_moved(theta_, tested_at_, 10.0 * kEps * norm_, residual_);
}

template <ScalarType S>
bool BlockDavidson<S>::report_progress() {
    if (!options_.monitor) return true;
    Progress progress = progress_of({theta_, residual_, sign_, k_}, tolerance());
    progress.iteration = iterations_;
    progress.products = A_.products();
    return options_.monitor(progress);
}

/// The b lowest pairs that do not pass, the guard last, with their residuals in R. None: all k pass, and the guard is
/// resolved.
template <ScalarType S>
std::vector<Index> BlockDavidson<S>::choose_targets() {
    const Index end = std::min(k_ + 1, size());
    std::vector<Index> targets;
    R_.resize(n_, sizes_.block);
    for (Index i = 0; i < end;) {
        std::vector<Index> tested;
        const Index room = sizes_.block - static_cast<Index>(targets.size());
        for (; i < end && static_cast<Index>(tested.size()) < room; ++i) {
            if (!passes(i)) tested.push_back(i);
        }
        if (tested.empty()) break;
        test(tested, Z_);
        if (targets.empty() && none_passes(tested)) {  // most often
            targets = tested;
            R_.swap(Z_);
            if (static_cast<Index>(targets.size()) == sizes_.block) return targets;
            R_.conservativeResize(n_, sizes_.block);
            continue;
        }
        for (std::size_t j = 0; j < tested.size(); ++j) {
            if (is_done(tested[j])) continue;
            R_.col(static_cast<Index>(targets.size())) = Z_.col(static_cast<Index>(j));
            targets.push_back(tested[j]);
        }
        if (static_cast<Index>(targets.size()) == sizes_.block) break;
    }
    R_.conservativeResize(n_, static_cast<Index>(targets.size()));
    return targets;
}

template <ScalarType S>
bool BlockDavidson<S>::is_done(Index i) const {
    return passes(i) || (i == k_ && guard_resolved());
}

template <ScalarType S>
bool BlockDavidson<S>::none_passes(const std::vector<Index>& pairs) const {
    return std::none_of(pairs.begin(), pairs.end(), [this](Index i) { return is_done(i); });
}

/// Residuals R of some Ritz pairs, from the images at hand.
template <ScalarType S>
void BlockDavidson<S>::test(const std::vector<Index>& pairs, Block<S>& R) {
    const Index count = static_cast<Index>(pairs.size());
    Matrix<S> C(size(), count), D(size(), count);
    for (Index j = 0; j < count; ++j) {
        const Index i = pairs[static_cast<std::size_t>(j)];
        C.col(j) = Y_.col(i);
        D.col(j) = S{theta_(i)} * Y_.col(i);
    }
    space_.residuals(C, D, R);
    const Eigen::VectorXd norm = dual_norm_.knows_ratio() ? dual_norm_.estimate(R) : dual_norm_.exact(R);
    for (Index j = 0; j < count; ++j) {
        const Index i = pairs[static_cast<std::size_t>(j)];
        residual_(i) = distrust_ * norm(j);
        tested_at_(i) = theta_(i);
    }
}

/// V ← [V, M⁻¹R], where rᴴM⁻¹r has to be positive for every column r of R.
template <ScalarType S>
void BlockDavidson<S>::precondition_into_space() {
    Z_.resize(n_, R_.cols());
    options_.preconditioner(R_, Z_);
    preconditioned_ += R_.cols();
    const Eigen::VectorXd form = dots<S>(R_, Z_, options_.sum, "eigsh: the preconditioner's result").real();
    if (!(form.minCoeff() > 0.0)) require_positive(form);
    exhausted_ = space_.append(Z_, "eigsh: the preconditioned residual") == 0;
}

template <ScalarType S>
void BlockDavidson<S>::require_positive(const Eigen::VectorXd& form) const {
    const Eigen::VectorXd r = norms<S>(R_, options_.sum), z = norms<S>(Z_, options_.sum);
    for (Index j = 0; j < form.size(); ++j) {
        if (r(j) == 0.0 || (z(j) > 0.0 && form(j) >= -kIndefinite * r(j) * z(j))) continue;
        refuse_input<6>("eigsh: the preconditioner is not positive definite: a residual r has rᴴM⁻¹r = ", form(j),
                        ", where ‖r‖ = ", r(j), " and ‖M⁻¹r‖ = ", z(j));
    }
}

template <ScalarType S>
void BlockDavidson<S>::append(Block<S> T, std::string_view what) {
    const bool room = size() < space_.capacity() && T.cols() > 0;
    if (space_.append(T, what) == 0 && room) exhausted_ = true;
}

template <ScalarType S>
void BlockDavidson<S>::expand(const std::vector<Index>& targets) {
    if (size() + R_.cols() > global_n_) R_.conservativeResize(n_, global_n_ - size());
    if (size() + R_.cols() > space_.capacity()) {
        if (++restarts_ % kRestartsToRefresh == 0) {
            space_.refresh();
            auto pairs = dense_eigh<S>(space_.projected());
            Y_ = std::move(pairs.vectors);
            theta_ = std::move(pairs.values);
            Y_before_.resize(0, 0);
        }
        restart(sizes_.kept, targets);
    }
    precondition_into_space();
}

/// V ← the `keep` lowest Ritz vectors, and what the targets were in the step before.
template <ScalarType S>
void BlockDavidson<S>::restart(Index keep, const std::vector<Index>& targets) {
    keep = std::min(keep, size());
    if (keep < size()) exhausted_ = false;
    Matrix<S> earlier = Matrix<S>::Zero(size(), static_cast<Index>(targets.size()));
    Index before = 0;
    for (const Index i : targets) {
        if (i < Y_before_.cols()) earlier.col(before++).head(Y_before_.rows()) = Y_before_.col(i);
    }
    earlier.conservativeResize(size(), before);
    space_.compress(0, with_orthonormal<S>(Y_.leftCols(keep), earlier));
    theta_.conservativeResize(keep);
    Y_ = Matrix<S>::Identity(size(), keep);
    residual_.tail(residual_.size() - keep).setConstant(kUntested);
}

/// The k final Ritz vectors and the guard by products and norms of their own. If they are not what the images at hand
/// made of them, those are computed anew and trusted less.
template <ScalarType S>
bool BlockDavidson<S>::verify() {
    const double known = dual_norm_.ratio();
    for (Index first = 0; first < std::min(k_ + 1, size()); first += sizes_.block) {
        const Index count = std::min(sizes_.block, std::min(k_ + 1, size()) - first);
        const Eigen::VectorXd theta = theta_.segment(first, count);
        space_.combine(Y_.middleCols(first, count), Z_);
        R_.resize(n_, count);
        if (metric_.identity()) {
            A_.apply_fused(Z_, theta, 1.0, 0.0, R_);
        } else {
            A_.apply(Z_, R_);
            Block<S> scratch;
            add_scaled<S>(R_, metric_.image(Z_, scratch), -theta);
        }
        residual_.segment(first, count) = dual_norm_.exact(R_);
        tested_at_.segment(first, count) = theta;
    }
    if (all_converged() && (whole_space() || guard_resolved())) return true;
    if (whole_space() || dual_norm_.ratio() > known) return false;
    distrust_ *= kMoreDistrust;
    space_.refresh();
    return false;
}

template <ScalarType S>
void BlockDavidson<S>::require_enough_directions() const {
    if (size() < k_) refuse_input<6>("eigsh: k = ", k_, " exceeds the ", size(), " directions in which B is not zero");
}

template <ScalarType S>
bool BlockDavidson<S>::all_converged() const {
    if (size() < k_) return false;
    for (Index i = 0; i < k_; ++i) {
        if (!passes(i)) return false;
    }
    return true;
}

template <ScalarType S>
bool BlockDavidson<S>::guard_resolved() const {
    if (size() <= k_ || std::isnan(residual_(k_))) return false;
    const double gap = theta_(k_) - theta_(k_ - 1),
                 part = options_.probe && gaussian_ > 0 ? kClearlyApart : kRoughlyApart;
    return passes(k_) || guard_is_apart(gap, residual_(k_ - 1), residual_(k_), part, options_.cluster_tol * norm_);
}

#define LAMBDABAR_INSTANTIATE(S)                                                    \
    template Eigenpairs<S> BlockDavidson<S>::solve();                               \
    template void BlockDavidson<S>::rayleigh_ritz();                                \
    template bool BlockDavidson<S>::report_progress();                              \
    template std::vector<Index> BlockDavidson<S>::choose_targets();                 \
    template bool BlockDavidson<S>::is_done(Index) const;                           \
    template bool BlockDavidson<S>::none_passes(const std::vector<Index>&) const;   \
    template void BlockDavidson<S>::test(const std::vector<Index>&, Block<S>&);     \
    template void BlockDavidson<S>::precondition_into_space();                      \
    template void BlockDavidson<S>::require_positive(const Eigen::VectorXd&) const; \
    template void BlockDavidson<S>::append(Block<S>, std::string_view);             \
    template void BlockDavidson<S>::expand(const std::vector<Index>&);              \
    template void BlockDavidson<S>::restart(Index, const std::vector<Index>&);      \
    template void BlockDavidson<S>::require_enough_directions() const;              \
    template bool BlockDavidson<S>::verify();                                       \
    template bool BlockDavidson<S>::all_converged() const;                          \
    template bool BlockDavidson<S>::guard_resolved() const;
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
