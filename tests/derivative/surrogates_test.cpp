// Smooth surrogates: value, gradient and bounds, at every gap. Differences are taken in 80-bit arithmetic.
#include <lambdabar/derivative/surrogates.hpp>

#include <doctest/doctest.h>

#include "derivative/fixtures.hpp"

using namespace lambdabar;
using namespace lambdabar::test;

namespace {

using Long = long double;
template <class S>
using Wide = std::conditional_t<std::same_as<S, double>, Long, std::complex<Long>>;
using LongVector = Eigen::Matrix<Long, Eigen::Dynamic, 1>;

constexpr Index kN = 10, kK = 5;

/// Values 1, 1 + gap, 1 + 2 gap, 2, 2 + gap, then 3.5 … 6 beyond the set. Built and decomposed in 80 bits, so that a
/// gap of 1e-15 is one.
template <ScalarType S>
struct Family {
    using W = Wide<S>;
    Matrix<W> A, dA;
    Eigenpairs<S> pairs;

    explicit Family(double gap, Which which = Which::smallest, unsigned seed = 5) {
        LongVector values(kN);
        const Long g = gap;
        values << 1, 1 + g, 1 + 2 * g, 2, 2 + g, LongVector::LinSpaced(kN - kK, 3.5L, 6);
        if (which == Which::largest) values = (7 - values.array()).reverse().eval();
        const Matrix<W> random = random_matrix<S>(kN, kN, seed).template cast<W>();
        const Eigen::HouseholderQR<Matrix<W>> qr(random);
        const Matrix<W> Q = qr.householderQ();
        A = Q * values.template cast<W>().asDiagonal() * Q.adjoint();
        A = (Long{0.5} * (A + A.adjoint())).eval();
        dA = random_hermitian<S>(kN, seed + 1).template cast<W>();
        dA /= W{dA.norm()};
        const DenseOperator<S> op{hermitian_part<S>(A.template cast<S>())};
        pairs = eigsh(op, {.k = kK, .which = which, .tol = 1e-14});
    }
    DenseOperator<S> op() const { return {hermitian_part<S>(A.template cast<S>())}; }
    DenseOperator<S> direction() const { return {hermitian_part<S>(dA.template cast<S>())}; }

    /// d/dt φ(A + t dA) by central differences at h, 2h, 4h, extrapolated; φ of all ascending eigenvalues and vectors.
    template <class Phi>
    double difference(const Phi& phi, Long h = 1e-4L) const {
        const auto at = [&](Long t) {
            const Eigen::SelfAdjointEigenSolver<Matrix<W>> solver(Matrix<W>(A + W{t} * dA));
            return static_cast<Long>(phi(solver.eigenvalues(), solver.eigenvectors()));
        };
        const auto quotient = [&](Long s) { return (at(s) - at(-s)) / (2 * s); };
        const Long d1 = quotient(h), d2 = quotient(2 * h), d4 = quotient(4 * h);
        return static_cast<double>((16 * (4 * d1 - d2) / 3 - (4 * d2 - d4) / 3) / 15);
    }
};

const double kGaps[] = {1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11, 1e-13, 1e-15, 0.0};

/// log-sum-exp of −β v
Long soft_minimum(const LongVector& v, Long beta) { return -std::log((-beta * v.array()).exp().sum()) / beta; }

}  // namespace

TEST_CASE_TEMPLATE("surrogates of the lower end: gradients exact to 1e-9 at every gap, zero included", S, double,
                   Complex) {
    const double beta = 6.0, p = 8.0, electrons = 2.3, temperature = 0.15;
    for (const double gap : kGaps) {
        CAPTURE(gap);
        const Family<S> family(gap);
        const auto& pairs = family.pairs;
        const auto op = family.op(), direction = family.direction();
        REQUIRE(pairs.converged);
        REQUIRE(!pairs.cuts_cluster);
        const auto slope = [&](const SymmetricFunction& phi) { return dot(pullback(op, pairs, phi).A, direction); };
        const auto check = [&](const char* name, const SymmetricFunction& phi, const auto& reference, double value) {
            CAPTURE(name);
            CHECK(std::abs(phi.value - value) <= 1e-13 * std::max(1.0, std::abs(value)));
            const double wanted = family.difference(reference);
            CHECK(std::abs(slope(phi) - wanted) <= 1e-9 * pullback(op, pairs, phi).A.W.norm());
        };
        const LongVector set = Eigen::SelfAdjointEigenSolver<Matrix<Wide<S>>>(family.A).eigenvalues().head(kK);
        const auto of_set = [](const auto& phi) {
            return [phi](const auto& v, const auto&) { return phi(v.head(kK)); };
        };
        const auto add = [&](const char* name, const SymmetricFunction& phi, const auto& reference) {
            check(name, phi, of_set(reference), static_cast<double>(reference(set)));
        };
        add("soft_min", soft_min(pairs, beta), [=](const LongVector& v) { return soft_minimum(v, beta); });
        add("KS", kreisselmeier_steinhauser(pairs, beta, Bound::inside),
            [=](const LongVector& v) { return soft_minimum(v, beta) + std::log(Long(kK)) / Long(beta); });
        add("p_norm", p_norm(pairs, p),
            [=](const LongVector& v) { return std::pow(v.array().pow(-Long(p)).sum(), -1 / Long(p)); });
        const auto upper = [=](const LongVector& v) { return soft_minimum(v.tail(2), beta); };
        const auto lower = [=](const LongVector& v) { return -soft_minimum(-v.head(3), beta); };
        add("band_gap", band_gap(pairs, 3, {.beta = beta}), [=](const LongVector& v) { return upper(v) - lower(v); });
        add("gap over mid-gap", band_gap(pairs, 3, {.beta = beta, .relative = true}),
            [=](const LongVector& v) { return 2 * (upper(v) - lower(v)) / (upper(v) + lower(v)); });

        // μ by bisection in 80 bits.
        const auto level = [=](const LongVector& v) {
            Long low = -5, high = 10;
            for (int i = 0; i < 80; ++i) {
                const Long mu = (low + high) / 2;
                const Long sum = (1 / (1 + ((v.array() - mu) / Long(temperature)).exp())).sum();
                (sum < Long(electrons) ? low : high) = mu;
            }
            return (low + high) / 2;
        };
        const auto occupations = [=](const LongVector& v) {
            return LongVector(1 / (1 + ((v.array() - level(v)) / Long(temperature)).exp()));
        };
        const auto state = fermi_dirac(pairs, electrons, temperature);
        CHECK(std::abs(state.electrons - electrons) <= 1e-13);
        add("free energy", state.free_energy, [=](const LongVector& v) {
            const LongVector f = occupations(v);
            const Long entropy = -(f.array() * f.array().log() + (1 - f.array()) * (1 - f.array()).log()).sum();
            return Long(f.dot(v) - Long(temperature) * entropy);
        });

        // tr(D F) of the density matrix with the electrons fixed, and of the projector onto pairs 1 to 3.
        const Matrix<S> D = random_hermitian<S>(kN, 9);
        const Matrix<Wide<S>> wide_D = D.template cast<Wide<S>>();
        const Matrix<S> DX = D * pairs.vectors;
        const auto of_F = [&](const auto& weights) {
            return [=](const auto& v, const auto& X) {
                const auto Y = X.leftCols(kK);
                const LongVector f = weights(v.head(kK));
                return Long((Y.conjugate().cwiseProduct(wide_D * Y)).colwise().sum().real().transpose().eval().dot(f));
            };
        };
        const auto bar = pullback(op, pairs, density_matrix(state, pairs, DX), {.tol = 1e-14});
        const double scale = bar.A.W.norm();
        CHECK(std::abs(dot(bar.A, direction) - family.difference(of_F(occupations))) <= 1e-9 * scale);
        // The same as the objective at fixed level and the response of the level.
        const auto at_level = pullback(op, pairs, density_matrix(state, pairs, DX, Fixed::level), {.tol = 1e-14});
        const double parts = dot(at_level.A, direction) + slope(level_response(state, pairs, DX));
        CHECK(std::abs(dot(bar.A, direction) - parts) <= 1e-12 * scale);
        const auto projector = pullback(op, pairs, spectral_projector(pairs, {0, 3}, DX), {.tol = 1e-14});
        const auto step = [](const LongVector& v) {
            LongVector f = LongVector::Zero(v.size());
            f.head(3).setOnes();
            return f;
        };
        CHECK(std::abs(dot(projector.A, direction) - family.difference(of_F(step))) <= 1e-9 * projector.A.W.norm());
    }
}

TEST_CASE_TEMPLATE("surrogates of the upper end: gradients exact to 1e-9 at every gap, zero included", S, double,
                   Complex) {
    const double beta = 6.0, p = 8.0;
    for (const double gap : kGaps) {
        CAPTURE(gap);
        const Family<S> family(gap, Which::largest);
        const auto& pairs = family.pairs;
        const auto op = family.op(), direction = family.direction();
        const auto check = [&](const SymmetricFunction& phi, const auto& reference) {
            const auto bar = pullback(op, pairs, phi);
            const double wanted =
                family.difference([&](const auto& v, const auto&) { return reference(LongVector(v.tail(kK))); });
            CHECK(std::abs(dot(bar.A, direction) - wanted) <= 1e-9 * bar.A.W.norm());
        };
        check(soft_max(pairs, beta), [=](const LongVector& v) { return -soft_minimum(-v, beta); });
        check(kreisselmeier_steinhauser(pairs, beta), [=](const LongVector& v) { return -soft_minimum(-v, beta); });
        check(p_norm(pairs, p, Bound::inside),
              [=](const LongVector& v) { return std::pow(v.array().pow(Long(p)).sum() / Long(kK), 1 / Long(p)); });
    }
}

TEST_CASE("surrogates: the stated bounds of truncation and distance hold, and are not far off") {
    const Family<double> family(1e-3);
    const auto& pairs = family.pairs;
    const Eigen::VectorXd all = Eigen::SelfAdjointEigenSolver<Matrix<double>>(family.op().A).eigenvalues();
    const auto soft = [](const Eigen::VectorXd& v, double beta) {
        return -std::log((-beta * (v.array() - v(0))).exp().sum()) / beta + v(0);
    };
    for (const double beta : {0.5, 2.0, 8.0}) {
        CAPTURE(beta);
        const auto phi = soft_min(pairs, beta);
        const double left_out = phi.value - soft(all, beta);
        CHECK(left_out >= 0.0);
        CHECK(left_out <= phi.truncation + 1e-15);
        CHECK(phi.truncation <= 20.0 * left_out + 1e-15);
        CHECK(std::abs(pairs.values(0) - phi.value - phi.distance) <= 1e-14);
        CHECK(phi.distance <= std::log(5.0) / beta);
        const Eigen::VectorXd weights = (-beta * (all.array() - all(0))).exp().matrix();
        const double lost = weights.tail(kN - kK).sum() / weights.sum();
        CHECK(2.0 * lost <= phi.gradient_truncation + 1e-15);
    }
    const auto ks = kreisselmeier_steinhauser(pairs, 3.0),
               inside = kreisselmeier_steinhauser(pairs, 3.0, Bound::inside);
    CHECK(ks.value <= pairs.values(0));
    CHECK(inside.value >= pairs.values(0));
    CHECK(p_norm(pairs, 5.0).value <= pairs.values(0));
    CHECK(p_norm(pairs, 5.0, Bound::inside).value >= pairs.values(0));
    const auto gap = band_gap(pairs, 3, {.beta = 5.0});
    CHECK(gap.value <= pairs.values(3) - pairs.values(2));
    CHECK(std::abs(pairs.values(3) - pairs.values(2) - gap.value - gap.distance) <= 1e-14);
    const auto state = fermi_dirac(pairs, 2.0, 0.4);
    const auto more = fermi_dirac(eigsh(family.op(), {.k = 9, .tol = 1e-14}), 2.0, 0.4);
    CHECK(state.free_energy.value >= more.free_energy.value);
    CHECK(state.free_energy.value - more.free_energy.value <= state.free_energy.truncation);
    CHECK(more.occupations.tail(4).sum() <= state.truncation);
    CHECK((state.occupations - more.occupations.head(5)).cwiseAbs().sum() + more.occupations.tail(4).sum() <=
          state.free_energy.gradient_truncation);
}

TEST_CASE("band_gap: without β simple edges have a gradient, and multiple ones are refused by name") {
    const Family<double> apart(0.1), double_edge(0.0);
    const auto phi = band_gap(apart.pairs, 3);
    CHECK(phi.value == apart.pairs.values(3) - apart.pairs.values(2));
    const double wanted = apart.difference([](const auto& v, const auto&) { return v(3) - v(2); });
    CHECK(std::abs(dot(pullback(apart.op(), apart.pairs, phi).A, apart.direction()) - wanted) <= 1e-9);
    const auto message = message_of<NotDifferentiable>([&] { (void)band_gap(double_edge.pairs, 3); });
    CHECK(contains(message, "lower edge"));
    CHECK(contains(message, "beta"));
    CHECK(contains(message_of<NotDifferentiable>([&] { (void)band_gap(double_edge.pairs, 2); }), "pairs 2 and 3"));
}

TEST_CASE("surrogates: misuse is refused with its numbers, a cut cluster and a function of the order by pullback") {
    const Family<double> family(0.0);
    const auto op = family.op();
    const auto& pairs = family.pairs;
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)soft_min(pairs, -1.0); }), "beta = -1"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)soft_max(pairs, 1.0); }), "upper end"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)p_norm(pairs, 0.5); }), "p = 0.5"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)fermi_dirac(pairs, 5.0, 0.1); }), "electrons = 5"));
    CHECK(contains(message_of<std::invalid_argument>([&] { (void)fermi_dirac(pairs, 2.0, kNaN); }), "temperature"));
    const auto cut = eigsh(op, {.k = 2, .tol = 1e-14});
    CHECK(contains(message_of<NotDifferentiable>([&] { (void)pullback(op, cut, soft_min(cut, 2.0)); }),
                   "cuts a cluster"));
    const SymmetricFunction ordered{.values_bar = numbers({1, 2, 3, 0, 0}), .steepness = 10.0};
    const auto message = message_of<NotDifferentiable>([&] { (void)pullback(op, pairs, ordered); });
    CHECK(contains(message, "pairs 1 and 2"));
    CHECK(contains(message, "order of equal eigenvalues"));
    CHECK(contains(message_of<NotDifferentiable>([&] {
                       (void)spectral_projector(pairs, {0, 2}, pairs.vectors);
                   }),
                   "pairs 1 to 3"));
}
