#include "carried_search.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Index kSketchColumns = 2;
constexpr std::uint64_t kSketchSeed = 0x736b65746368u;
constexpr double kSketchFactor = 100.0;

/// α ≤ xᴴ ΔA x ≤ β for unit x.
struct FormBounds {
    double below = -kInfinity, above = kInfinity;
    double largest() const { return std::max(std::abs(below), std::abs(above)); }
};

template <ScalarType S>
std::uint64_t pattern_hash(const SparseHermitian<S>& A) {
    const StoredPattern& pattern = A.pattern();
    std::uint64_t hash = 0x9e3779b97f4a7c15u + static_cast<std::uint64_t>(pattern.row_major);
    const auto mix = [&](const int* first, Index count) {
        for (Index i = 0; i < count; ++i) {
            hash ^= static_cast<std::uint64_t>(first[i]);
            hash *= 0xff51afd7ed558ccdu;
            hash ^= hash >> 32;
        }
    };
    mix(pattern.start, pattern.outer + 1);
    mix(pattern.inner, pattern.size());
    return hash;
}

template <ScalarType S>
Vector<S> copy_of_entries(const SparseHermitian<S>& A) {
    return Eigen::Map<const Vector<S>>(A.stored_values(), A.stored_entries());
}

/// Gershgorin's circles of A − A_old.
template <ScalarType S>
FormBounds change_of_entries(const SparseHermitian<S>& A, const Vector<S>& old_values) {
    const Index n = A.rows();
    Eigen::VectorXd center = Eigen::VectorXd::Zero(n), radius = Eigen::VectorXd::Zero(n);
    const bool mirrored = A.triangle() != Triangle::both;
    for (Index o = 0; o < n; ++o) {
        for (int e = A.pattern().start[o]; e < A.pattern().start[o + 1]; ++e) {
            const S change = A.stored_values()[e] - old_values(e);
            const Index i = A.pattern().inner[e];
            if (i == o) {
                center(o) += std::real(change);
            } else {
                radius(o) += std::abs(change);
                if (mirrored) radius(i) += std::abs(change);
            }
        }
    }
    return {(center - radius).minCoeff(), (center + radius).maxCoeff()};
}

/// A Ω, and B Ω behind it.
template <ScalarType S>
Matrix<S> sketch(const Pencil<S>& pencil, CountedOperator<S>& A, const Sum& sum) {
    const Index n = pencil.rows();
    Block<S> omega(n, kSketchColumns), image(n, kSketchColumns);
    fill_random<S>(omega, kSketchSeed, 0, sum);
    Matrix<S> images(n, (pencil.B ? 2 : 1) * kSketchColumns);
    pencil.A.apply(omega, image);
    images.leftCols(kSketchColumns) = image;
    A.add_products(kSketchColumns);
    if (pencil.B) {
        pencil.B->apply(omega, image);
        images.rightCols(kSketchColumns) = image;
    }
    return images;
}

template <ScalarType S>
FormBounds change_of_images(const Matrix<S>& images, const Matrix<S>& old_images, const Sum& sum) {
    const Block<S> change = images - old_images;
    const double bound = kSketchFactor * norms<S>(change, sum, "eigsh: the operator's product").norm();
    return {-bound, bound};
}

template <ScalarType S>
bool described_by_entries(const Pencil<S>& pencil, const EigshOptions<S>& options) {
    return pencil.has_entries() && !options.sum.distributed();
}

/// How far A, and B, are from what they were at the remembered search.
template <ScalarType S>
FormBounds change_since(const Search<S>& search, const Pencil<S>& pencil, CountedOperator<S>& A,
                        const EigshOptions<S>& options) {
    FormBounds change, change_of_B{0.0, 0.0};
    if (described_by_entries(pencil, options)) {
        const auto bounds = [](const SparseHermitian<S>& M, const Vector<S>& entries, std::uint64_t pattern) {
            const bool same = entries.size() == M.stored_entries() && pattern == pattern_hash(M);
            return same ? change_of_entries<S>(M, entries) : FormBounds{};
        };
        change = bounds(*pencil.A_entries, search.entries, search.pattern);
        if (pencil.B) change_of_B = bounds(*pencil.B_entries, search.entries_B, search.pattern_B);
    } else {
        const bool fits =
            search.images.rows() == pencil.rows() && search.images.cols() == (pencil.B ? 2 : 1) * kSketchColumns;
        if (options.sum.total(fits ? 0 : 1) > 0) return {};
        const Matrix<S> images = sketch<S>(pencil, A, options.sum);
        change =
            change_of_images<S>(images.leftCols(kSketchColumns), search.images.leftCols(kSketchColumns), options.sum);
        if (pencil.B)
            change_of_B = change_of_images<S>(images.rightCols(kSketchColumns), search.images.rightCols(kSketchColumns),
                                              options.sum);
    }
    if (pencil.B && (change.largest() > 0.0 || change_of_B.largest() > 0.0)) return {};
    return change;
}

}  // namespace

template <ScalarType S>
CarriedSearch carried_search(const Pencil<S>& pencil, CountedOperator<S>& A, const EigshOptions<S>& options,
                             double sign) {
    const Warm<S>* warm = options.warm;
    const bool usable = warm && options.probe && warm->search.count >= options.k &&
                        warm->search.which == options.which && warm->search.pencil == pencil.B.has_value();
    if (options.sum.total(usable ? 0 : 1) > 0) return {};
    const Search<S>& search = warm->search;
    const FormBounds change = change_since<S>(search, pencil, A, options);
    if (!std::isfinite(change.largest())) return {};
    const double rounding = 100.0 * kEps * search.norm_A;
    const double falls = sign > 0.0 ? change.below : -change.above, rises = sign > 0.0 ? change.above : -change.below;
    return {.count = search.count,
            .bound = sign * search.bound + falls - rounding,
            .upper = sign * search.far_end + rises + rounding,
            .norm = search.norm_A - change.largest(),
            .same_solve = search.pairs == options.k && change.largest() <= rounding};
}

template <ScalarType S>
void remember_search(const Pencil<S>& pencil, CountedOperator<S>& A, const EigshOptions<S>& options,
                     const Eigenpairs<S>& pairs) {
    if (!options.warm || !pairs.converged || !pairs.probed || pairs.complete_count == 0) return;
    Search<S> search{.count = pairs.complete_count,
                     .pairs = pairs.size(),
                     .bound = pairs.complete_bound,
                     .far_end = pairs.far_end,
                     .norm_A = pairs.norm_A,
                     .which = pairs.which,
                     .pencil = pencil.B.has_value()};
    if (described_by_entries(pencil, options)) {
        search.entries = copy_of_entries<S>(*pencil.A_entries);
        search.pattern = pattern_hash<S>(*pencil.A_entries);
        if (pencil.B) {
            search.entries_B = copy_of_entries<S>(*pencil.B_entries);
            search.pattern_B = pattern_hash<S>(*pencil.B_entries);
        }
    } else {
        search.images = sketch<S>(pencil, A, options.sum);
    }
    options.warm->search = std::move(search);
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template CarriedSearch carried_search<S>(const Pencil<S>&, CountedOperator<S>&, const EigshOptions<S>&, double); \
    template void remember_search<S>(const Pencil<S>&, CountedOperator<S>&, const EigshOptions<S>&,                  \
                                     const Eigenpairs<S>&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
