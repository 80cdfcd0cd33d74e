#include "carried_search.hpp"

#include "engines.hpp"

#include <algorithm>
#include <cmath>

namespace lambdabar {

namespace {

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Index kSketchColumns = 8;
constexpr Index kFirstColumns = 2;  // enough where nothing has changed
constexpr std::uint64_t kSketchSeed = 0x736b65746368u;
// 1/t, where the norm of 2 or 8 Gaussian numbers is below t with probability 5e-5. Complex ones are less often.
constexpr double kFactorOfFirst = 100.0, kFactorOfAll = 1.65;

/// What a change may be by rounding alone.
double rounding_of(double norm_A) { return 100.0 * kEps * norm_A; }

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

/// A times the columns first … end − 1 of Ω.
template <ScalarType S>
Block<S> sketch(const OperatorRef<S>& A, Index first, Index end, const Sum& sum) {
    Block<S> omega(A.rows(), end - first), image(A.rows(), end - first);
    fill_random<S>(omega, kSketchSeed, static_cast<std::uint64_t>(first), sum);
    A.apply(omega, image);
    return image;
}

/// A Ω, by products of the same widths as those it will be compared with: other widths may round differently.
template <ScalarType S>
void sketch_all(const OperatorRef<S>& A, const Sum& sum, Eigen::Ref<Matrix<S>> images) {
    images.leftCols(kFirstColumns) = sketch<S>(A, 0, kFirstColumns, sum);
    images.rightCols(kSketchColumns - kFirstColumns) = sketch<S>(A, kFirstColumns, kSketchColumns, sum);
}

/// Bounds of ΔA from (ΔA) Ω; more of Ω is looked at if something has changed.
template <ScalarType S>
FormBounds change_of_images(const OperatorRef<S>& A, In<S> old_images, double rounding, const Sum& sum,
                            Index& products) {
    const auto squares = [&](Index first, Index end) {
        const Block<S> change = sketch<S>(A, first, end, sum) - old_images.middleCols(first, end - first);
        products += end - first;
        return norms<S>(change, sum, "eigsh: the operator's product").squaredNorm();
    };
    double square = squares(0, kFirstColumns), bound = kFactorOfFirst * std::sqrt(square);
    if (bound > rounding) {
        square += squares(kFirstColumns, kSketchColumns);
        bound = std::min(bound, kFactorOfAll * std::sqrt(square));
    }
    return {-bound, bound};
}

/// How far A, and B, are from what they were at the remembered search.
template <ScalarType S>
FormBounds change_since(const Search<S>& search, const Pencil<S>& pencil, CountedOperator<S>& A,
                        const EigshOptions<S>& options) {
    FormBounds change, change_of_B{0.0, 0.0};
    if (has_all_entries(pencil, options)) {
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
        const Block<S> images = search.images;
        const double rounding = rounding_of(search.norm_A);
        Index products = 0, products_of_B = 0;
        change = change_of_images<S>(pencil.A, images.leftCols(kSketchColumns), rounding, options.sum, products);
        A.add_products(products);
        if (pencil.B)
            change_of_B =
                change_of_images<S>(*pencil.B, images.rightCols(kSketchColumns), rounding, options.sum, products_of_B);
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
    const double rounding = rounding_of(search.norm_A);
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
    if (has_all_entries(pencil, options)) {
        search.entries = copy_of_entries<S>(*pencil.A_entries);
        search.pattern = pattern_hash<S>(*pencil.A_entries);
        if (pencil.B) {
            search.entries_B = copy_of_entries<S>(*pencil.B_entries);
            search.pattern_B = pattern_hash<S>(*pencil.B_entries);
        }
    } else {
        search.images.resize(pencil.rows(), (pencil.B ? 2 : 1) * kSketchColumns);
        sketch_all<S>(pencil.A, options.sum, search.images.leftCols(kSketchColumns));
        A.add_products(kSketchColumns);
        if (pencil.B) sketch_all<S>(*pencil.B, options.sum, search.images.rightCols(kSketchColumns));
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
