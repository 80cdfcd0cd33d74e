#include "dense.hpp"
#include "metric.hpp"
#include "random_native.hpp"
#include "real_view.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace lambdabar {

namespace {

/// Moves the columns of positive size to the front, with their sizes; returns their number.
template <ScalarType S>
Index keep_positive(BlockRef<S> W, Eigen::VectorXd& size) {
    Index kept = 0;
    for (Index j = 0; j < size.size(); ++j) {
        if (!(size(j) > 0.0)) continue;
        if (kept != j) W.col(kept) = W.col(j);
        size(kept++) = size(j);
    }
    size.conservativeResize(kept);
    return kept;
}

/// U ← U − V⟨V, U⟩ for columns of norm one, not at all if there is nothing to remove, and once more if one projection
/// is not enough (kOneProjection; it nearly always is). Two passes over V then, else four; three with B = I.
template <ScalarType S>
void project(BlockRef<S> U, ConstBlockRef<S> V, const Metric<S>& metric, Block<S>& scratch, const Sum& sum,
             std::string_view what) {
    constexpr double kAsGood = 4.0 * std::numeric_limits<double>::epsilon();
    const Matrix<S> C = metric.inner(V, U, scratch, sum, what);
    if (C.cwiseAbs().maxCoeff() <= kAsGood) return;
    const double taken = C.colwise().squaredNorm().maxCoeff();  // of the square of a column
    if (taken <= 1.0 - kOneProjection) return add_product<S>(U, V, -C);
    Matrix<S> left;
    if (metric.identity()) {
        left = project_and_gram<S>(U, V, C, sum, what);
    } else {
        add_product<S>(U, V, -C);
        left = metric.inner(V, U, scratch, sum, what);
    }
    add_product<S>(U, V, -left);
}

}  // namespace

template <ScalarType S>
void fill_random(BlockRef<S> X, std::uint64_t seed, std::uint64_t stream, const Sum& sum) {
    std::uint64_t key = native::mix(seed);
    // Processes that do not say where their rows lie must still draw different numbers.
    if (sum.distributed() && !sum.first_row())
        key ^= native::mix((std::uint64_t{std::random_device{}()} << 32) | std::random_device{}());
    native::fill_normal(X.rows(), X.cols(), key, static_cast<std::uint64_t>(sum.first_row().value_or(0)), stream,
                        kRealColumns<S> == 2, real_data<S>(X), real_stride(X));
}

// Each round: project against V, twice if needed ("twice is enough", Giraud, Langou & Rozložník 2005), scale the
// columns to one, then orthonormalize within W by the eigenvectors of WᴴBW (SVQB, Stathopoulos & Wu
// 2002), which shows the rank. A round whose Gram matrix was well conditioned leaves W orthonormal to
// rounding; otherwise another round repairs it, which has next to nothing of V to remove. Cost: 2 passes over V, one
// for each further round, 3 over W a round (B ≠ I: four products with B).
template <ScalarType S>
Index orthonormalize(BlockRef<S> W, ConstBlockRef<S> V, const Metric<S>& metric, std::uint64_t seed, const Sum& sum,
                     std::string_view what) {
    constexpr double eps = std::numeric_limits<double>::epsilon();
    constexpr int kRounds = 8, kReplacements = 3;
    const Index free_dimensions = sum.total(W.rows()) - V.cols();
    Index b = std::min<Index>(W.cols(), std::max<Index>(free_dimensions, 0));
    if (b == 0) return 0;
    std::uint64_t stream = native::mix(static_cast<std::uint64_t>(V.cols())) | 1u;
    Block<S> scratch;
    int replacements = 0;

    Eigen::VectorXd size = metric.norms(W.leftCols(b), scratch, sum, what);
    for (int round = 0; round < kRounds; ++round) {
        if (replacements >= kReplacements && !metric.identity()) {  // random columns vanish too: nothing is left
            b = keep_positive(W, size);
            if (b == 0) return 0;
        }
        BlockRef<S> U = W.leftCols(b);
        Eigen::VectorXd scale(b);
        for (Index j = 0; j < b; ++j) {
            if (size(j) > 0.0) {
                scale(j) = 1.0 / size(j);
            } else {
                fill_random<S>(U.middleCols(j, 1), seed, stream++, sum);
                scale(j) = 1.0 / metric.norms(U.middleCols(j, 1), scratch, sum)(0);
            }
        }
        scale_columns<S>(U, scale);
        if (V.cols() > 0) project<S>(U, V, metric, scratch, sum, what);
        size = metric.norms(U, scratch, sum, what);
        // What is left of a unit column after projection is rounding noise: start it anew.
        bool vanished = false;
        for (Index j = 0; j < b; ++j) {
            if (size(j) < 100.0 * eps) {
                size(j) = 0.0;
                vanished = true;
            }
        }
        if (vanished) {
            ++replacements;
            continue;
        }
        const double kept = size.minCoeff();
        scale_columns<S>(U, size.cwiseInverse());

        const DenseEigenpairs<S> svqb = dense_eigh<S>(metric.inner(U, U, scratch, sum, what));
        const Eigen::VectorXd D = svqb.values.reverse();
        const Matrix<S> basis = svqb.vectors.rowwise().reverse();
        const double least = 100.0 * eps * D(0);  // the Gram matrix does not resolve less
        const Eigen::VectorXd inverse_root = D.cwiseMax(least).cwiseSqrt().cwiseInverse();
        rotate<S>(U, basis * inverse_root.template cast<S>().asDiagonal());
        size.setOnes();
        if (D(b - 1) <= least) {
            // The columns do: ‖W u_j‖ below 100 eps·‖W u_0‖ is noise, which after scaling by 1/√least is √(100 eps).
            size = metric.norms(U, scratch, sum, what);
            size = (size.array() > std::sqrt(100.0 * eps)).select(size, 0.0);
            if (size.minCoeff() == 0.0) ++replacements;
        }
        if (kept > 1e-4 && D(b - 1) > kOneProjection) break;
    }
    return b;
}

template <ScalarType S>
Index orthonormalize(BlockRef<S> W, ConstBlockRef<S> V, std::uint64_t seed, const Sum& sum, std::string_view what) {
    return orthonormalize<S>(W, V, Metric<S>(), seed, sum, what);
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                  \
    template void fill_random<S>(BlockRef<S>, std::uint64_t, std::uint64_t, const Sum&);                          \
    template Index orthonormalize<S>(BlockRef<S>, ConstBlockRef<S>, std::uint64_t, const Sum&, std::string_view); \
    template Index orthonormalize<S>(BlockRef<S>, ConstBlockRef<S>, const Metric<S>&, std::uint64_t, const Sum&,  \
                                     std::string_view);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
