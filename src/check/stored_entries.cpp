#include <lambdabar/check/parametric_operator.hpp>
#include <lambdabar/gradient/gradient.hpp>

#include <cmath>
#include <vector>

namespace lambdabar::detail {

namespace {

constexpr double kAccepted = 4.0;  // A was checked when it was made, with a tolerance only it knows

/// A stored entry and, where both triangles are stored, its mirror image (−1: not stored).
struct Entry {
    Index at = 0, mirror = -1;
    Index row = 0, column = 0;
};

template <ScalarType S>
std::vector<Entry> independent_entries(const SparseHermitian<S>& A) {
    const StoredPattern& pattern = A.pattern();
    const bool both = A.triangle() == Triangle::both;
    std::vector<Entry> entries;
    std::vector<int> cursor(pattern.start, pattern.start + pattern.outer);
    for (Index o = 0; o < pattern.outer; ++o) {
        for (int e = pattern.start[o]; e < pattern.start[o + 1]; ++e) {
            const auto [row, column] = A.position(o, e);
            if (!both || pattern.inner[e] == o) {
                entries.push_back({e, -1, row, column});
            } else if (pattern.inner[e] < o) {
                // The mirror image has outer index inner[e]; o ascends, so one cursor per outer index serves.
                const Index other = pattern.inner[e];
                int& c = cursor[static_cast<std::size_t>(other)];
                while (c < pattern.start[other + 1] && pattern.inner[c] < o) ++c;
                const bool stored = c < pattern.start[other + 1] && pattern.inner[c] == o;
                if (stored) entries.push_back({e, c, row, column});
            }
        }
    }
    return entries;
}

}  // namespace

template <ScalarType S>
ParametricOperator<S> stored_entries(const SparseHermitian<S>& A, std::optional<Convention> convention) {
    constexpr bool complex = !std::same_as<S, double>;
    const std::vector<Entry> entries = independent_entries(A);
    const auto count = static_cast<Index>(entries.size());
    std::vector<Index> imaginary;  // entries off the diagonal, complex case
    for (Index i = 0; complex && i < count; ++i) {
        if (entries[static_cast<std::size_t>(i)].row != entries[static_cast<std::size_t>(i)].column)
            imaginary.push_back(i);
    }
    const Index parameters = count + static_cast<Index>(imaginary.size());
    const bool both = A.triangle() == Triangle::both;
    const Convention used = convention.value_or(both ? Convention::full : Convention::lower);

    Eigen::VectorXd p(parameters);
    for (Index i = 0; i < count; ++i) p(i) = std::real(A.stored_values()[entries[static_cast<std::size_t>(i)].at]);
    for (std::size_t j = 0; j < imaginary.size(); ++j)
        p(count + static_cast<Index>(j)) =
            std::imag(A.stored_values()[entries[static_cast<std::size_t>(imaginary[j])].at]);

    const auto set = [](S& value, double change, bool imaginary_part) {
        if constexpr (std::same_as<S, double>) {
            value += imaginary_part ? 0.0 : change;
        } else {
            value += imaginary_part ? S{0.0, change} : S{change, 0.0};
        }
    };
    const auto at = [&A, entries, imaginary, count, set](const Eigen::VectorXd& delta,
                                                         const typename ParametricOperator<S>::Use& use) {
        const StoredPattern& pattern = A.pattern();
        // Read with the outer index as column; a row-major matrix is its transpose then, and conjugated to be A again.
        Eigen::SparseMatrix<S> M = Eigen::Map<const Eigen::SparseMatrix<S>>(
            pattern.outer, pattern.outer, pattern.size(), pattern.start, pattern.inner, A.stored_values());
        S* values = M.valuePtr();
        const auto change = [&](const Entry& entry, double amount, bool imaginary_part) {
            set(values[entry.at], amount, imaginary_part);
            if (entry.mirror >= 0) set(values[entry.mirror], imaginary_part ? -amount : amount, imaginary_part);
        };
        for (Index i = 0; i < count; ++i) change(entries[static_cast<std::size_t>(i)], delta(i), false);
        for (std::size_t j = 0; j < imaginary.size(); ++j)
            change(entries[static_cast<std::size_t>(imaginary[j])], delta(count + static_cast<Index>(j)), true);
        if (pattern.row_major) M = Eigen::SparseMatrix<S>(M.conjugate());
        use(OperatorRef<S>(SparseHermitian<S>(M, kAccepted)));
    };
    const auto entry_gradient = [&A, entries, imaginary, count, used](const Cotangent<S>& bar) {
        const Vector<S> g = gradient(A, bar, used);
        const bool one_of_two = A.triangle() != Triangle::both && used == Convention::full;
        Eigen::VectorXd p_bar(count + static_cast<Index>(imaginary.size()));
        // dφ = Re Σ conj(g) dA over stored entries; `full` on one stored triangle leaves the mirror images to the
        // reader.
        const auto total = [&](const Entry& entry) {
            S sum = g(entry.at);
            if (entry.mirror >= 0) sum += Eigen::numext::conj(g(entry.mirror));
            return one_of_two && entry.row != entry.column ? S{2.0} * sum : sum;
        };
        for (Index i = 0; i < count; ++i) p_bar(i) = std::real(total(entries[static_cast<std::size_t>(i)]));
        for (std::size_t j = 0; j < imaginary.size(); ++j)
            p_bar(count + static_cast<Index>(j)) = std::imag(total(entries[static_cast<std::size_t>(imaginary[j])]));
        return p_bar;
    };
    const auto name = [entries, imaginary, count](Index l) {
        const bool real = l < count;
        const Entry& entry =
            entries[static_cast<std::size_t>(real ? l : imaginary[static_cast<std::size_t>(l - count)])];
        return std::string(complex ? (real ? "the real part of " : "the imaginary part of ") : "") + "entry (" +
               std::to_string(entry.row) + ", " + std::to_string(entry.column) + ")";
    };
    return {.parameters = parameters,
            .scale = parameter_scale(p, parameters),
            .at = at,
            .gradient = entry_gradient,
            .name = name};
}

template ParametricOperator<double> stored_entries<double>(const SparseHermitian<double>&, std::optional<Convention>);
template ParametricOperator<std::complex<double>> stored_entries<std::complex<double>>(
    const SparseHermitian<std::complex<double>>&, std::optional<Convention>);

}  // namespace lambdabar::detail
