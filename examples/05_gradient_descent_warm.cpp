// An optimizer's loop: the last step's eigenvectors and adjoints start this step's solves.
//
// A particle in a square box with nine bumps of potential, A(p) = −Δ + Σ p_l V_l. Which heights p push its ground
// state x into the lower left quarter Q of the box, at a small price for potential? Gradient descent on
//     φ(p) = 1 − Σ_{r in Q} |x_r|² + α/2 |p|².
// Every step solves an eigenvalue problem and an adjoint problem. As the steps get smaller, so does what is left to
// do in each, if the solvers are told where the last ones ended.
#include <lambdabar/lambdabar.hpp>

#include <cmath>
#include <cstdio>

using namespace lambdabar;

using Sparse = Eigen::SparseMatrix<double>;

// 5-point Laplacian on m×m interior points of the unit square, one triangle.
Sparse laplacian(int m) {
    std::vector<Eigen::Triplet<double>> entries;
    const double h2 = 1.0 / ((m + 1) * (m + 1));
    for (int s = 0; s < m * m; ++s) {
        entries.emplace_back(s, s, 4 / h2);
        if (s % m + 1 < m) entries.emplace_back(s + 1, s, -1 / h2);
        if (s + m < m * m) entries.emplace_back(s + m, s, -1 / h2);
    }
    Sparse A(m * m, m * m);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

// A function of the position on the diagonal.
template <class F>
Sparse diagonal(int m, F f) {
    Sparse V(m * m, m * m);
    for (int s = 0; s < m * m; ++s) V.insert(s, s) = f((s / m + 1.0) / (m + 1), (s % m + 1.0) / (m + 1));
    return V;
}

int main() {
    const int m = 60;
    std::vector<Sparse> bumps;
    for (int l = 0; l < 9; ++l) {
        const double a = 0.25 * (1 + l / 3), b = 0.25 * (1 + l % 3);
        bumps.push_back(
            diagonal(m, [=](double x, double y) { return std::exp(-60 * std::pow(std::hypot(x - a, y - b), 2)); }));
    }
    const Sparse Q = diagonal(m, [](double x, double y) { return x < 0.5 && y < 0.5 ? 1.0 : 0.0; });
    const double alpha = 1e-4;
    Eigen::VectorXd p = Eigen::VectorXd::Zero(9), slope;
    AffineOperator<double> A(laplacian(m), bumps, p);

    Index products = 0;
    const auto step_down = [&](Warm<double>* warm) {
        const auto pairs = eigsh(A, {.tol = 1e-8, .warm = warm});
        const auto bar = pullback(A, pairs, {.vectors = -2 * (Q * pairs.vectors)}, {.warm = warm});
        slope = gradient(A, bar.A) + alpha * p;
        products = pairs.products + bar.report.products;
        return 1 - pairs.vectors.col(0).dot(Q * pairs.vectors.col(0)) + alpha / 2 * p.squaredNorm();
    };
    Warm<double> warm;
    Index all_cold = 0, all_warm = 0;
    std::printf("step   phi       |gradient|   products: cold  warm\n");
    for (int step = 0; step <= 60; ++step) {
        A.set_parameters(p);
        step_down(nullptr);
        const Index cold = products;
        const double phi = step_down(&warm);
        all_cold += cold;
        all_warm += products;
        if (step % 5 == 0)
            std::printf("%4d   %.6f  %.2e  %16ld %5ld\n", step, phi, slope.norm(), long(cold), long(products));
        p -= 3000 * slope;
    }
    std::printf("products in all: %ld cold, %ld warm\n", long(all_cold), long(all_warm));
    return slope.norm() < 1e-6 && 2 * all_warm < all_cold ? 0 : 1;
}
