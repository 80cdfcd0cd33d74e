// An operator that exists only as code: how it acts on a block, and how it depends on its parameters.
//
// A particle in a double well, H = −½ d²/dx² + V(x) on n grid points of [−6, 6], zero at the ends. The parameters
// are the n values of V. Its two lowest levels differ by the tunnelling splitting: how does that change with the
// potential, point by point?
#include <lambdabar/lambdabar.hpp>

#include <cmath>
#include <cstdio>

using namespace lambdabar;

CallbackOperator<double> particle(const Eigen::VectorXd& V, double h) {
    const Index n = V.size();
    const double hop = 0.5 / (h * h);
    return {
        .n = n,
        .params = n,
        // Y = H X for a block X of any number of columns: whole rows are added up, no column is special.
        .apply =
            [=](In<double> X, Out<double> Y) {
                Y = (V.array() + 2 * hop).matrix().asDiagonal() * X;
                Y.topRows(n - 1) -= hop * X.bottomRows(n - 1);
                Y.bottomRows(n - 1) -= hop * X.topRows(n - 1);
            },
        // g_l += Re Σ_j v_jᴴ (∂H/∂V_l) w_j; here ∂H/∂V_l has a single one, at (l, l).
        .vjp = [](In<double> X, In<double> Z, GradientRef g) { g += X.cwiseProduct(Z).rowwise().sum(); },
    };
}

int main() {
    const Index n = 600;
    const double h = 12.0 / static_cast<double>(n + 1);
    const Eigen::ArrayXd x = Eigen::ArrayXd::LinSpaced(n, -6 + h, 6 - h);
    const Eigen::VectorXd V = 0.05 * (x.square() - 4).square();

    // Is it linear and symmetric, and is vjp the derivative of apply?
    const OperatorReport laws = check_operator([&](const Eigen::VectorXd& p) { return particle(p, h); }, V);
    std::puts(laws.describe().c_str());

    const EigshOptions<double> options{.k = 2, .tol = 1e-12};
    const auto H = particle(V, h);
    const auto pairs = eigsh(H, options);
    const Eigen::VectorXd values_bar{{-1.0, 1.0}};  // ∂(λ₂ − λ₁)/∂λ
    const Eigen::VectorXd g = gradient(H, pullback(H, pairs, {.values = values_bar}).A);
    std::printf("levels %.8f and %.8f, splitting %.8f, %ld products of H with a vector\n", pairs.values(0),
                pairs.values(1), pairs.values(1) - pairs.values(0), static_cast<long>(pairs.products));

    // Raise the barrier between the wells, and find the splitting anew.
    const Eigen::VectorXd barrier = (-2 * x.square()).exp();
    const auto splitting = [&](double t) {
        const auto p = eigsh(particle(V + t * barrier, h), options);
        return p.values(1) - p.values(0);
    };
    const double step = 1e-4, slope = g.dot(barrier), difference = (splitting(step) - splitting(-step)) / (2 * step);
    std::printf("d splitting / d barrier: gradient %.9f, central difference %.9f\n", slope, difference);

    // The difference is off by (step / gap)² relative, the gap to λ₃ being of order one.
    return laws.passed() && std::abs(slope - difference) < 1e-6 * std::abs(slope) ? 0 : 1;
}
