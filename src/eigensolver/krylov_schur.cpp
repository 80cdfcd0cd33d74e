#include "krylov_schur.hpp"
#include "ritz_pairs.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

using Complex = std::complex<double>;
constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kMargin = 0.5;  // of the tolerance: what a later combination of vectors may lose

Index chosen_basis(const KrylovSchurTask& task) {
    return task.basis > 0 ? task.basis : std::max<Index>({2 * task.k + 12, task.k + 10 * task.block, 24});
}

}  // namespace

template <ScalarType T>
KrylovSchur<T>::KrylovSchur(typename KrylovDecomposition<T>::Apply C, Index n, const KrylovSchurTask& task,
                            const Sum& sum)
    : task_(task),
      sum_(sum),
      n_(n),
      global_n_(sum.total(n)),
      k_(task.k),
      capacity_(std::min(std::max(chosen_basis(task), task.k + 2 + 2 * task.block), global_n_)),
      K_(std::move(C), n, capacity_, task.block, task.seed, sum) {
    if (task_.max_products == 0) task_.max_products = 20000 + 20 * global_n_;
}

template <ScalarType T>
void KrylovSchur<T>::begin(const Block<T>& start) {
    const Index b = std::min(task_.block, global_n_);
    Block<T> next(n_, b);
    fill_random<T>(next, task_.seed, 0, sum_);
    if (start.cols() > 0) {  // random combinations, so that no direction of the span is left out
        Block<T> weights(start.cols(), b);
        fill_random<T>(weights, task_.seed, 1);
        set_product<T>(next, start, Matrix<T>(weights));
    }
    K_.start(std::move(next));
}

template <ScalarType T>
void KrylovSchur<T>::rayleigh_ritz() {
    ++iterations_;
    basis_size_ = std::max(basis_size_, K_.size() + K_.block());
    const Matrix<T> H = K_.H();
    SchurForm& schur = ritz_.schur;
    schur = schur_form<T>(H);
    const Index m = H.rows();
    scale_ = std::max(scale_, schur.values.cwiseAbs().maxCoeff());

    // Only the leading half is looked at, and kept: the rest stays in the order it has.
    const Index count = lead_by_merit<T>(schur, task_.merit, std::max(m / 2 + 3, k_ + known_.size() + 4));

    const Index known = probing_ ? m : count;  // a probe looks at all residuals
    const double floor = 20.0 * kEps * H.norm();
    ritz_.allowed.resize(m);
    ritz_.merit.resize(m);
    for (Index i = 0; i < m; ++i) {
        ritz_.merit(i) = task_.merit(schur.values(i));
        ritz_.allowed(i) = std::max(task_.tol * (task_.relative ? std::abs(schur.values(i)) : scale_), floor);
    }
    const double tight = kMargin * std::max(task_.tol * (task_.relative ? 0.0 : scale_), floor);
    const double cluster = task_.cluster_tol * (task_.relative ? std::abs(schur.values(0)) : scale_);
    ritz_.vectors = schur.Z * triangular_eigenvectors(schur.T, known, cluster, tight);
    ritz_.residuals = Eigen::VectorXd::Constant(m, std::numeric_limits<double>::infinity());
    ritz_.residuals.head(known) = (K_.E().template cast<Complex>() * ritz_.vectors).colwise().norm().transpose();
}

template <ScalarType T>
bool KrylovSchur<T>::settled() {
    const Index m = ritz_.schur.values.size();
    if (m < std::min(closed(k_) + 1, global_n_)) return false;
    for (Index i = 0; i < k_; ++i) {
        if (!(ritz_.residuals(i) <= kMargin * ritz_.allowed(i))) return false;
    }
    const Index g = closed(k_);
    if (g >= m) return true;  // the whole space
    const double apart = ritz_.merit(k_ - 1) - ritz_.merit(g);
    if (!(ritz_.residuals(g) <= ritz_.allowed(g)) && !(apart > 10.0 * ritz_.residuals(g) + 10.0 * distance(k_ - 1)))
        return false;
    guard_ = ritz_.schur.values(g);
    guard_residual_ = ritz_.residuals(g);
    return true;
}

// Four cycles for all digits, or two looks of a probe, are what is worth waiting for.
template <ScalarType T>
bool KrylovSchur<T>::slow() const {
    if (probing_) return probe_steps_ >= 2;
    const double digits = -std::log10(ritz_.residuals.head(std::min(k_, ritz_.residuals.size())).maxCoeff() / scale_);
    return !(digits >= -0.25 * std::log10(ritz_.allowed(0) / scale_) * static_cast<double>(iterations_));
}

template <ScalarType T>
void KrylovSchur<T>::start_probe() {
    Index locked = closed(k_);
    while (locked < K_.size() - task_.block && locked < k_ + 8 &&
           ritz_.residuals(locked) <= kMargin * ritz_.allowed(locked))
        locked = closed(locked + 1);
    known_ = ritz_.schur.values.head(locked);
    K_.restart(leading_basis<T>(ritz_.schur, locked));
    K_.forget_residual(task_.block);
    probing_ = true;
    probe_steps_ = 0;
    found_ = false;
    half_way_ = K_.size() + (capacity_ - K_.size()) / 2;
}

// Ritz values beside the known ones. The outermost decides: clearly beyond the k-th wanted value, nothing is missing.
template <ScalarType T>
bool KrylovSchur<T>::nothing_missed() {
    const Index m = ritz_.schur.values.size();
    std::vector<bool> taken(static_cast<std::size_t>(m), false);
    for (Index j = 0; j < known_.size(); ++j) {
        Index nearest = -1;
        for (Index i = 0; i < m; ++i) {
            if (taken[static_cast<std::size_t>(i)]) continue;
            if (nearest < 0 ||
                std::abs(ritz_.schur.values(i) - known_(j)) < std::abs(ritz_.schur.values(nearest) - known_(j)))
                nearest = i;
        }
        if (nearest >= 0) taken[static_cast<std::size_t>(nearest)] = true;
    }
    Index fresh = 0;
    while (fresh < m && taken[static_cast<std::size_t>(fresh)]) ++fresh;
    if (fresh == m) return K_.block() == 0;
    const double worst = task_.merit(known_(k_ - 1));
    const double apart = worst - ritz_.merit(fresh);
    if (hidden_beside(taken, worst)) return false;
    if (apart > 10.0 * distance(fresh) && ritz_.residuals(fresh) <= std::max(0.25 * apart, ritz_.allowed(fresh)))
        return true;
    if (ritz_.residuals(fresh) > kMargin * ritz_.allowed(fresh)) return false;
    // A copy of the guard's, at the same place as the k-th value: it changes nothing but the verdict on the cut.
    if (apart > 0.0) {
        guard_ = ritz_.schur.values(fresh);
        guard_residual_ = ritz_.residuals(fresh);
        return true;
    }
    found_ = true;
    return false;
}

// On a line the outermost Ritz value leads to the outermost eigenvalue. In the plane the wanted end of a spectrum may
// be an edge, with Ritz values along it that stand for several eigenvalues each. A residual r says that there is an
// eigenvalue within r, for a normal operator: perhaps on the other side of the k-th, unless something settled is
// beside.
template <ScalarType T>
bool KrylovSchur<T>::hidden_beside(const std::vector<bool>& taken, double worst) const {
    const Index m = ritz_.schur.values.size();
    const auto settled = [&](Index j) {
        return taken[static_cast<std::size_t>(j)] || ritz_.residuals(j) <= ritz_.allowed(j);
    };
    for (Index i = 0; i < m; ++i) {
        const double behind = worst - ritz_.merit(i);
        if (settled(i) || ritz_.residuals(i) <= behind) continue;
        double beside = std::numeric_limits<double>::infinity();
        for (Index j = 0; j < m; ++j) {
            const Complex apart = ritz_.schur.values(i) - ritz_.schur.values(j);
            const double ahead = ritz_.merit(i) - ritz_.merit(j);
            if (settled(j)) beside = std::min(beside, std::sqrt(std::max(std::norm(apart) - ahead * ahead, 0.0)));
        }
        if (beside > 0.5 * behind) return true;
    }
    return false;
}

template <ScalarType T>
void KrylovSchur<T>::keep_half() {
    const Index m = K_.size(), room = m - K_.block();
    const Index least = closed(k_) + 1 + (probing_ ? known_.size() - k_ : 0);
    Index p = closed(std::max(least, m / 2));
    if (p > room) p = room;
    if (closed(p) != p) p = p > 1 ? p - 1 : closed(p);
    K_.restart(leading_basis<T>(ritz_.schur, p));
}

template <ScalarType T>
KrylovSchurResult KrylovSchur<T>::solve(const Block<T>& start) {
    begin(start);
    while (true) {
        bool expanded = false;
        while (K_.expand()) {
            expanded = true;
            // A probe is often over before the basis is full: two looks a cycle.
            if (probing_ && K_.size() == half_way_) break;
        }
        rayleigh_ritz();
        if (task_.give_up) outline_.insert(outline_.end(), ritz_.schur.values.begin(), ritz_.schur.values.end());
        Index converged = 0;
        while (converged < k_ && converged < ritz_.residuals.size() &&
               ritz_.residuals(converged) <= ritz_.allowed(converged))
            ++converged;
        if (task_.monitor && !task_.monitor(ritz_.schur.values.head(std::min<Index>(k_, ritz_.residuals.size())),
                                            ritz_.residuals.head(std::min<Index>(k_, ritz_.residuals.size())),
                                            converged, iterations_, K_.products()))
            return result(StopReason::stopped_by_monitor);
        if (K_.block() == 0) {  // the whole space: nothing can be missing
            probed_ = true;
            (void)settled();
            return result(StopReason::converged);
        }
        if (probing_) {
            ++probe_steps_;
            if (nothing_missed()) {
                probed_ = true;
                return result(StopReason::converged);
            }
            if (found_) probing_ = false;
        } else if (settled()) {
            if (!task_.probe) return result(StopReason::converged);
            start_probe();
            continue;
        }
        if (task_.give_up && slow()) {
            KrylovSchurResult out;
            if (probing_) out = result(StopReason::iteration_limit);
            out.outline = Eigen::Map<const Eigen::VectorXcd>(outline_.data(), static_cast<Index>(outline_.size()));
            report(out);
            out.gave_up = true;
            return out;
        }
        if (K_.products() >= task_.max_products) return result(StopReason::iteration_limit);
        if (!K_.room() || !expanded) keep_half();
    }
}

/// What was seen of the operator, and the costs.
template <ScalarType T>
void KrylovSchur<T>::report(KrylovSchurResult& out) const {
    const double square = K_.H().squaredNorm();
    if (square > 0.0) out.departure = std::sqrt(std::max(0.0, square - ritz_.schur.values.squaredNorm()) / square);
    out.scale = scale_;
    out.products = K_.products();
    out.iterations = iterations_;
    out.basis_size = basis_size_;
}

template <ScalarType T>
KrylovSchurResult KrylovSchur<T>::result(StopReason reason) {
    KrylovSchurResult out;
    const Index k = std::min<Index>(k_, ritz_.schur.values.size());
    out.reason = reason;
    out.values = ritz_.schur.values.head(k);
    out.allowed = ritz_.allowed.head(k);
    const auto apply = [this](In<T> X, Out<T> Y) { K_.apply(X, Y); };
    form_pairs<T>(ritz_.vectors.leftCols(closed(k)), K_.V(), apply, sum_, out);
    judge_convergence(k == k_, out);
    out.probed = probed_;
    out.guard_value = guard_;
    out.guard_residual = guard_residual_;
    report(out);
    return out;
}

template class KrylovSchur<double>;
template class KrylovSchur<Complex>;

}  // namespace lambdabar
