#include "whole_clusters.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

template <ScalarType S>
double cluster_distance(const Eigenpairs<S>& pairs) {
    return std::max(pairs.cluster_gap, pairs.cluster_tol * pairs.norm_A);
}

/// Clusters and cuts_cluster anew, where the absolute distance is the larger one. A guard that may still fall by its
/// residual is held to be as low as that.
template <ScalarType S>
void apply_absolute_distance(Eigenpairs<S>& pairs) {
    if (!(pairs.cluster_gap > pairs.cluster_tol * pairs.norm_A)) return;
    pairs.clusters = find_clusters(pairs.values, pairs.residuals, pairs.cluster_gap);
    if (std::isnan(pairs.guard_value)) return;
    const auto joins = [&](double value, double residual) {
        const double below = value - pairs.values(pairs.size() - 1), above = pairs.values(0) - value;
        return (pairs.which != Which::largest && std::abs(below) - residual <= pairs.cluster_gap) ||
               (pairs.which != Which::smallest && std::abs(above) - residual <= pairs.cluster_gap);
    };
    pairs.cuts_cluster = pairs.cuts_cluster || joins(pairs.guard_value, pairs.guard_residual);
    if (pairs.which != Which::nearest) return;
    for (Index i = 0; i < pairs.extra_values.size(); ++i)
        pairs.cuts_cluster = pairs.cuts_cluster || joins(pairs.extra_values(i), 0.0);
}

/// How many vectors beyond the set belong, by their values, to the cluster that it cuts.
template <ScalarType S>
Index joining(const Eigenpairs<S>& pairs) {
    double edge = pairs.which == Which::largest ? pairs.values(0) : pairs.values(pairs.size() - 1);
    Index count = 0;
    for (; count < pairs.extra_values.size(); ++count) {
        if (std::abs(pairs.extra_values(count) - edge) > cluster_distance(pairs) + pairs.tol * pairs.norm_A) break;
        edge = pairs.extra_values(count);
    }
    return count;
}

/// The size of the smallest set that begins at the wanted end, holds at least k pairs and cuts no cluster; 0: none.
template <ScalarType S>
Index whole_size(const Eigenpairs<S>& pairs, Index k) {
    if (!pairs.cuts_cluster && pairs.size() == k) return k;
    if (pairs.which == Which::nearest) return pairs.cuts_cluster ? 0 : pairs.size();
    const bool largest = pairs.which == Which::largest;
    Index size = 0;
    for (std::size_t c = 0; c < pairs.clusters.size(); ++c) {
        size += pairs.clusters[largest ? pairs.clusters.size() - 1 - c : c].count;
        const bool last = c + 1 == pairs.clusters.size();
        if (size >= k && !(last && pairs.cuts_cluster)) return size;
    }
    return 0;
}

/// The first `size` pairs from the wanted end; the others go in front of the extra vectors, the next one is the guard.
template <ScalarType S>
void shorten(Eigenpairs<S>& pairs, Index size) {
    const Index n = pairs.vectors.rows(), dropped = pairs.size() - size, extra = pairs.extra.cols();
    if (dropped == 0) return;
    const bool largest = pairs.which == Which::largest;
    Eigen::VectorXd beyond =
        largest ? Eigen::VectorXd(pairs.values.head(dropped).reverse()) : Eigen::VectorXd(pairs.values.tail(dropped));
    const Matrix<S> X = largest ? Matrix<S>(pairs.vectors.leftCols(dropped).rowwise().reverse())
                                : Matrix<S>(pairs.vectors.rightCols(dropped));
    pairs.guard_value = beyond(0);
    pairs.guard_residual = largest ? pairs.residuals(dropped - 1) : pairs.residuals(size);
    if (pairs.extra_images.cols() == extra && extra > 0) {  // (A − σB)⁻¹B x = x/(λ − σ)
        Matrix<S> images(n, dropped + extra);
        images << X * (beyond.array() - pairs.sigma).inverse().matrix().template cast<S>().asDiagonal(),
            pairs.extra_images;
        pairs.extra_images = std::move(images);
    }
    Matrix<S> vectors(n, dropped + extra);
    vectors << X, pairs.extra;
    Eigen::VectorXd values(dropped + extra);
    values << beyond, pairs.extra_values;
    pairs.extra = std::move(vectors);
    pairs.extra_values = std::move(values);
    const Index first = largest ? dropped : 0;
    pairs.values = Eigen::VectorXd(pairs.values.segment(first, size));
    pairs.residuals = Eigen::VectorXd(pairs.residuals.segment(first, size));
    pairs.vectors = Matrix<S>(pairs.vectors.middleCols(first, size));
    pairs.clusters = find_clusters(pairs.values, pairs.residuals, cluster_distance(pairs));
    pairs.cuts_cluster = false;
}

template <ScalarType S>
Eigenpairs<S> solve_once(const Pencil<S>& pencil, const EigshOptions<S>& options, SolvePairs<S> solve) {
    Eigenpairs<S> pairs = solve(pencil, options);
    pairs.cluster_gap = options.cluster_gap;
    apply_absolute_distance(pairs);
    return pairs;
}

}  // namespace

template <ScalarType S>
Eigenpairs<S> solve_whole_clusters(const Pencil<S>& pencil, const EigshOptions<S>& options, SolvePairs<S> solve) {
    Eigenpairs<S> pairs = solve_once(pencil, options, solve);
    pairs.asked = options.k;
    if (options.extend == 0 || !pairs.converged || !pairs.cuts_cluster) return pairs;

    const Index limit = std::min(options.k + options.extend, options.sum.total(pencil.rows()) - 1);
    const Index room = options.basis_size > 0 ? options.basis_size - options.k : 0;
    Eigenpairs<S> larger = pairs;
    for (Index step = 1; larger.size() < limit; step *= 2) {
        EigshOptions<S> next = options;
        next.k = std::min(limit, larger.size() + std::max(step, joining(larger)));
        if (options.basis_size > 0) next.basis_size = next.k + room;
        Warm<S> carried;  // the factor's symbolic analysis
        if (options.warm) std::swap(carried.factor, options.warm->factor);
        next.warm = &carried;
        // Not a vector more than k: a start block that is complete would end the solve without a search for copies.
        next.start.resize(pairs.vectors.rows(), larger.size() + larger.extra.cols());
        next.start << larger.vectors, larger.extra;
        next.start = next.start.leftCols(std::min(next.k, next.start.cols())).eval();
        Eigenpairs<S> found = solve_once(pencil, next, solve);
        if (options.warm) std::swap(carried.factor, options.warm->factor);
        found.asked = options.k;
        found.products += larger.products;
        found.solves += larger.solves;
        found.factorizations += larger.factorizations;
        found.iterations += larger.iterations;
        larger = std::move(found);
        const Index size = larger.converged ? whole_size(larger, options.k) : 0;
        if (size > 0) {
            shorten(larger, size);
            return larger;
        }
        if (!larger.converged) break;
    }
    pairs.products = larger.products;
    pairs.solves = larger.solves;
    pairs.factorizations = larger.factorizations;
    pairs.iterations = larger.iterations;
    return pairs;
}

#define LAMBDABAR_INSTANTIATE(S) \
    template Eigenpairs<S> solve_whole_clusters<S>(const Pencil<S>&, const EigshOptions<S>&, SolvePairs<S>);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
