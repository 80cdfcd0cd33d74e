#include "krylov_schur.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "block/dense.hpp"

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
Index KrylovSchur<T>::closed(Index p) const {
    const auto& values = ritz_.schur.values;
    if constexpr (std::same_as<T, double>) {
        // Pairs stand as (+, −): p parts one if position p − 1 has the + of it.
        if (p > 0 && p < values.size() && values(p - 1).imag() > 0.0) return p + 1;
    }
    return std::min<Index>(p, values.size());
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

    std::vector<std::pair<double, std::vector<Index>>> units;  // a value, or a conjugate pair
    for (Index i = 0; i < m; ++i) {
        const bool pair = std::same_as<T, double> && schur.values(i).imag() > 0.0;
        units.push_back({task_.merit(schur.values(i)), pair ? std::vector<Index>{i, i + 1} : std::vector<Index>{i}});
        if (pair) ++i;
    }
    std::stable_sort(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    // Only the leading half is looked at, and kept: the rest stays in the order it has.
    const auto lead = static_cast<std::size_t>(std::max(m / 2 + 3, k_ + known_.size() + 4));
    std::vector<Index> order;
    for (const auto& unit : units) {
        if (order.size() < lead) order.insert(order.end(), unit.second.begin(), unit.second.end());
    }
    reorder(schur, order);
    const auto count = static_cast<Index>(order.size());

    const double floor = 20.0 * kEps * H.norm();
    ritz_.allowed.resize(m);
    ritz_.merit.resize(m);
    for (Index i = 0; i < m; ++i) {
        ritz_.merit(i) = task_.merit(schur.values(i));
        ritz_.allowed(i) = std::max(task_.tol * (task_.relative ? std::abs(schur.values(i)) : scale_), floor);
    }
    const double tight = kMargin * std::max(task_.tol * (task_.relative ? 0.0 : scale_), floor);
    const double cluster = task_.cluster_tol * (task_.relative ? std::abs(schur.values(0)) : scale_);
    ritz_.vectors = schur.Z * triangular_eigenvectors(schur.T, count, cluster, tight);
    ritz_.residuals = Eigen::VectorXd::Constant(m, std::numeric_limits<double>::infinity());
    ritz_.residuals.head(count) = (K_.E().template cast<Complex>() * ritz_.vectors).colwise().norm().transpose();
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
        if (K_.products() >= task_.max_products) return result(StopReason::iteration_limit);
        if (!K_.room() || !expanded) keep_half();
    }
}

template <ScalarType T>
KrylovSchurResult KrylovSchur<T>::result(StopReason reason) {
    KrylovSchurResult out;
    const Index k = std::min<Index>(k_, ritz_.schur.values.size());
    out.reason = reason;
    out.values = ritz_.schur.values.head(k);
    out.allowed = ritz_.allowed.head(k);
    Matrix<Complex> z = ritz_.vectors.leftCols(closed(k));

    // Real operators: real vectors for real values, conjugates for pairs. A pair closer to the real axis than the
    // tolerance is a double real value that rounding has split.
    if constexpr (std::same_as<T, double>) {
        for (Index i = 0; i < k; ++i) {
            const double im = out.values(i).imag();
            if (im == 0.0) {
                Index large = 0;
                z.col(i).cwiseAbs().maxCoeff(&large);
                z.col(i) *= std::conj(z(large, i)) / std::abs(z(large, i));
                z.col(i) = z.col(i).real().normalized().template cast<Complex>();
            } else if (im > 0.0 && im <= 0.25 * out.allowed(i)) {
                Matrix<double> span(z.rows(), 4);
                span << z.col(i).real(), z.col(i).imag(), z.col(i + 1).real(), z.col(i + 1).imag();
                const Matrix<double> directions = dense_eigh<double>(span * span.transpose()).vectors;
                z.middleCols(i, 2) = directions.rightCols(2).template cast<Complex>();
                out.values(i) = out.values(i).real();
                if (i + 1 < k) out.values(i + 1) = out.values(i);
                if (i + 1 < k) ++i;
            } else if (im > 0.0 && i + 1 < k) {
                z.col(i + 1) = z.col(i).conjugate();
                ++i;
            }
        }
    }

    out.vectors.resize(n_, k);
    out.residuals.resize(k);
    if constexpr (std::same_as<T, double>) {
        // k real columns: the real and imaginary parts of pairs, the vectors of real values.
        Matrix<double> parts(z.rows(), 2 * k);
        Index columns = 0;
        std::vector<Index> first(static_cast<std::size_t>(k)), second(static_cast<std::size_t>(k), -1);
        for (Index i = 0; i < k; ++i) {
            const bool partner = i > 0 && out.values(i).imag() < 0.0;
            first[static_cast<std::size_t>(i)] = partner ? first[static_cast<std::size_t>(i - 1)] : columns;
            if (partner) {
                second[static_cast<std::size_t>(i)] = second[static_cast<std::size_t>(i - 1)];
                continue;
            }
            parts.col(columns++) = z.col(i).real();
            if (out.values(i).imag() != 0.0) {
                second[static_cast<std::size_t>(i)] = columns;
                parts.col(columns++) = z.col(i).imag();
            }
        }
        Block<double> X(n_, columns), CX(n_, columns);
        set_product<double>(X, K_.V(), Matrix<double>(parts.leftCols(columns)));
        K_.apply(X, CX);
        const auto combine = [&](const Block<double>& from, Index i) -> Vector<Complex> {
            Vector<Complex> x = from.col(first[static_cast<std::size_t>(i)]).template cast<Complex>();
            if (const Index imaginary = second[static_cast<std::size_t>(i)]; imaginary >= 0)
                x += Complex(0.0, out.values(i).imag() < 0.0 ? -1.0 : 1.0) * from.col(imaginary);
            return x;
        };
        for (Index i = 0; i < k; ++i) {
            const Vector<Complex> x = combine(X, i);
            out.vectors.col(i) = x;
            const Block<Complex> r = combine(CX, i) - out.values(i) * x;
            out.residuals(i) = norms<Complex>(r, sum_)(0);
        }
    } else {
        Block<Complex> X(n_, k), CX(n_, k);
        set_product<Complex>(X, K_.V(), z.leftCols(k));
        K_.apply(X, CX);
        out.vectors = X;
        CX -= X * out.values.asDiagonal();
        out.residuals = norms<Complex>(CX, sum_);
    }
    const Eigen::VectorXd size = norms<Complex>(to_block<Complex>(out.vectors), sum_);
    for (Index i = 0; i < k; ++i) {
        out.vectors.col(i) /= size(i);
        out.residuals(i) /= size(i);
    }
    out.converged = reason == StopReason::converged && k == k_ && (out.residuals.array() <= out.allowed.array()).all();
    if (reason == StopReason::converged && !out.converged) out.reason = StopReason::iteration_limit;
    out.probed = probed_;
    out.guard_value = guard_;
    out.guard_residual = guard_residual_;
    out.scale = scale_;
    const double square = K_.H().squaredNorm();
    if (square > 0.0) out.departure = std::sqrt(std::max(0.0, square - ritz_.schur.values.squaredNorm()) / square);
    out.products = K_.products();
    out.iterations = iterations_;
    out.basis_size = basis_size_;
    return out;
}

template class KrylovSchur<double>;
template class KrylovSchur<Complex>;

}  // namespace lambdabar
