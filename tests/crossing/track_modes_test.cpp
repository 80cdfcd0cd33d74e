// Labels, signs and phases through true and avoided crossings.
#include <lambdabar/crossing/track_modes.hpp>
#include <lambdabar/eigensolver/eigsh.hpp>

#include <doctest/doctest.h>

#include <functional>

#include "support.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

constexpr Index kN = 8, kModes = 3;

/// A x = λ B x with eigenvalues ±√(s² + |c|²), 2, and 4 … 8: two modes that cross at s = 0 if c = 0 and repel
/// otherwise.
template <ScalarType S>
struct TwoParameters {
    Matrix<S> L;  // A = L H Lᴴ, B = L Lᴴ
    S c;

    TwoParameters(double coupling, bool with_B, unsigned seed) : c(coupling) {
        L = random_orthonormal<S>(kN, kN, seed);
        if (with_B) L += 0.2 * random_matrix<S>(kN, kN, seed + 1) / std::sqrt(8.0);
        if constexpr (!std::same_as<S, double>) c *= std::polar(1.0, 0.7);
    }
    DenseOperator<S> A(double s) const {
        Matrix<S> H = Matrix<S>::Zero(kN, kN);
        H.diagonal() << S{s}, S{-s}, S{2}, S{4}, S{5}, S{6}, S{7}, S{8};
        H(0, 1) = c;
        H(1, 0) = Eigen::numext::conj(c);
        return {hermitian_part<S>(L * H * L.adjoint())};
    }
    DenseOperator<S> B() const { return {hermitian_part<S>(L * L.adjoint())}; }
    /// The eigenvector of the uncoupled mode `which`, B-normalized.
    Vector<S> shape(Index which) const { return L.adjoint().inverse().col(which); }

    /// With random signs and phases, rotated inside clusters: what an eigensolver may return as well.
    Eigenpairs<S> pairs(double s, unsigned seed) const {
        auto found = eigsh(A(s), B(), {.k = kModes, .tol = 1e-13});
        for (const Cluster& cluster : found.clusters) {
            auto basis = found.vectors.middleCols(cluster.first, cluster.count);
            basis = (basis * random_orthonormal<S>(cluster.count, cluster.count, seed + 7)).eval();
        }
        return found;
    }
    double overlap(const Vector<S>& x, const Vector<S>& y) const { return std::real(x.dot(B().A * y)); }
};

struct Sweep {
    Index encounters = 0, crossings = 0, veerings = 0, exchanges = 0;
    double closest = kInfinity, least_fidelity = 1.0, least_overlap = 1.0;
};

/// Sweeps s; after each step `check` sees it and the tracked modes.
template <ScalarType S>
Sweep sweep(const TwoParameters<S>& family, const Eigen::VectorXd& s,
            const std::function<void(double, const TrackedModes<S>&)>& check) {
    Sweep result;
    auto modes = start_tracking(family.pairs(s(0), 0));
    check(s(0), modes);
    for (Index i = 1; i < s.size(); ++i) {
        const auto next = track_modes(modes, family.pairs(s(i), static_cast<unsigned>(i)), family.B());
        for (Index label = 0; label < kModes; ++label) {
            const double kept = family.overlap(modes.vectors.col(label), next.vectors.col(label));
            result.least_overlap = std::min(result.least_overlap, kept);  // real and positive: sign and phase
            CHECK(std::abs(kept * kept - next.fidelity(label)) <= 1e-10);
        }
        result.least_fidelity = std::min(result.least_fidelity, next.fidelity.minCoeff());
        for (const ModeEncounter& met : next.encounters) {
            ++result.encounters;
            ++(met.kind == Encounter::crossing ? result.crossings : result.veerings);
            result.exchanges += met.exchanged;
            result.closest = std::min(result.closest, met.closest);
            CHECK(met.first == 0);
            CHECK(met.second == 1);
        }
        modes = next;
        check(s(i), modes);
    }
    return result;
}

}  // namespace

TEST_CASE("optimal_assignment: the best of all permutations of random gains") {
    for (unsigned seed = 0; seed < 50; ++seed) {
        const Index k = 1 + seed % 6;
        const Eigen::MatrixXd gain = random_matrix<double>(k, k, seed);
        std::vector<Index> order(static_cast<std::size_t>(k));
        for (Index i = 0; i < k; ++i) order[static_cast<std::size_t>(i)] = i;
        double best = -kInfinity;
        const auto total = [&](const std::vector<Index>& columns) {
            double sum = 0.0;
            for (Index i = 0; i < k; ++i) sum += gain(i, columns[static_cast<std::size_t>(i)]);
            return sum;
        };
        do best = std::max(best, total(order));
        while (std::next_permutation(order.begin(), order.end()));
        CHECK(std::abs(total(optimal_assignment(gain)) - best) <= 1e-12);
    }
    CHECK(contains(message_of<std::invalid_argument>([] { (void)optimal_assignment(Eigen::MatrixXd::Zero(2, 3)); }),
                   "2×3"));
}

TEST_CASE_TEMPLATE("track_modes: through a true crossing labels, signs and shapes are kept at every step", S, double,
                   Complex) {
    for (const bool with_B : {false, true}) {
        for (const Index steps : {41, 40, 8}) {  // 41 has a step at the crossing itself
            CAPTURE(with_B);
            CAPTURE(steps);
            const TwoParameters<S> family(0.0, with_B, 3);
            const auto found = sweep<S>(family, Eigen::VectorXd::LinSpaced(steps, -1.0, 1.0),
                                        [&](double s, const TrackedModes<S>& modes) {
                                            CHECK(std::abs(modes.values(0) - s) <= 1e-10);
                                            CHECK(std::abs(modes.values(1) + s) <= 1e-10);
                                            for (Index label = 0; label < 2; ++label) {
                                                const Vector<S> x = modes.vectors.col(label);
                                                const S part = x.dot(family.B().A * family.shape(label));
                                                CHECK(std::abs(std::abs(part) - 1.0) <= 1e-7);
                                            }
                                        });
            CHECK(found.least_overlap >= 1.0 - 1e-7);
            CHECK(found.veerings == 0);
            CHECK(found.crossings == 1);
        }
    }
}

TEST_CASE_TEMPLATE("track_modes: through an avoided crossing labels stay on their branches, signs are kept", S, double,
                   Complex) {
    for (const bool with_B : {false, true}) {
        CAPTURE(with_B);
        const double c = 0.05;
        const TwoParameters<S> family(c, with_B, 5);
        const auto found =
            sweep<S>(family, Eigen::VectorXd::LinSpaced(150, -1.0, 1.0), [&](double s, const TrackedModes<S>& modes) {
                CHECK(std::abs(modes.values(0) + std::hypot(s, c)) <= 1e-10);
                CHECK(std::abs(modes.values(1) - std::hypot(s, c)) <= 1e-10);
                CHECK(modes.pair == std::vector<Index>{0, 1, 2});
            });
        CHECK(found.least_overlap > 0.9);
        CHECK(found.crossings == 0);
        CHECK(found.exchanges == 0);
        CHECK(found.veerings == 1);
        CHECK(std::abs(found.closest - 2.0 * c) <= 1e-3);
    }
}

TEST_CASE_TEMPLATE("track_modes: a step across a narrow avoided crossing keeps the shapes and reports veering", S,
                   double, Complex) {
    const double c = 1e-3;
    const TwoParameters<S> family(c, true, 7);
    const auto found =
        sweep<S>(family, Eigen::VectorXd::LinSpaced(8, -1.0, 1.0), [&](double s, const TrackedModes<S>& modes) {
            CHECK(std::abs(modes.values(0) - std::copysign(std::hypot(s, c), s)) <= 1e-10);
        });
    CHECK(found.least_overlap > 0.99);
    CHECK(found.veerings == 1);
    CHECK(found.exchanges == 1);
    CHECK(found.crossings == 0);
    CHECK(std::abs(found.closest - 2.0 * c) <= 0.1 * c);
}

TEST_CASE("track_modes: sets of different sizes are refused with their numbers") {
    const TwoParameters<double> family(0.0, false, 9);
    const auto modes = start_tracking(family.pairs(0.5, 1));
    const auto two = eigsh(family.A(0.5), {.k = 2});
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)track_modes(modes, two); }), "8×3"));
}
