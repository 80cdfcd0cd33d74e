// Pushing a spectrum to the left: the stability of a flow, in the hands of a few controls.
//
// u_t = Δu − c·∇u + 65 u − Σ p_l b_l(x) u on the unit square, u = 0 on its boundary: without control the rightmost
// eigenvalue of the operator is positive and u grows. Nine patches b_l damp it; steepest descent finds how to share the
// work. The eigenvalue of a matrix without symmetry is differentiated by its left and right vectors, dλ = yᴴ dA x.
#include <lambdabar/lambdabar.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace lambdabar;

constexpr int N = 32, kPatches = 9;

Eigen::SparseMatrix<double> flow() {
    const double h = 1.0 / (N + 1), d = 1 / (h * h), cx = 6 / (2 * h), cy = 3 / (2 * h);
    std::vector<Eigen::Triplet<double>> entries;
    for (int s = 0; s < N * N; ++s) {
        const int x = s % N, y = s / N;
        entries.emplace_back(s, s, 65 - 4 * d);
        if (x > 0) entries.emplace_back(s, s - 1, d + cx);
        if (x + 1 < N) entries.emplace_back(s, s + 1, d - cx);
        if (y > 0) entries.emplace_back(s, s - N, d + cy);
        if (y + 1 < N) entries.emplace_back(s, s + N, d - cy);
    }
    Eigen::SparseMatrix<double> A(N * N, N * N);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

Eigen::SparseMatrix<double> patch(int l) {  // −b_l, a smooth bump in one of 3×3 cells
    Eigen::SparseMatrix<double> A(N * N, N * N);
    for (int s = 0; s < N * N; ++s) {
        const double x = 3.0 * (s % N + 1) / (N + 1) - l % 3 - 0.5, y = 3.0 * (s / N + 1) / (N + 1) - l / 3 - 0.5;
        A.insert(s, s) = -std::exp(-3 * (x * x + y * y));
    }
    return A;
}

int main() {
    std::vector<Eigen::SparseMatrix<double>> patches;
    for (int l = 0; l < kPatches; ++l) patches.push_back(patch(l));
    Eigen::VectorXd p = Eigen::VectorXd::Zero(kPatches);
    GeneralAffineOperator<double> A(flow(), patches, p);

    double abscissa = 0, first = 0;
    Matrix<std::complex<double>> start;
    std::printf("step  rightmost eigenvalue   condition  products\n");
    for (int step = 0; step < 60; ++step) {
        const auto pairs = eigs(A, {.k = 1, .which = Which::rightmost, .tol = 1e-9, .start = start});
        abscissa = pairs.values(0).real();
        if (step == 0) first = abscissa;
        if (step % 5 == 0 || abscissa < -2)
            std::printf("%4d  %20.10f  %9.2f  %8td\n", step, abscissa, pairs.conditions(0), pairs.products);
        if (abscissa < -2) break;
        const auto bar = pullback(A, pairs, {.values = Eigen::VectorXcd::Ones(1)});
        const Eigen::VectorXd slope = gradient(A, bar.A);
        p -= 10.0 * slope / slope.norm();
        A.set_parameters(p);
        start = pairs.vectors;
    }
    std::printf("controls by rows:\n");
    for (int l = 0; l < kPatches; ++l) std::printf("%8.3f%s", p(l), l % 3 == 2 ? "\n" : "");

    // The gradient is right: one more derivative against a difference of eigenvalues.
    const auto value = [&](double h) {
        GeneralAffineOperator<double> moved(flow(), patches, p + h * Eigen::VectorXd::Ones(kPatches));
        return eigs(moved, {.k = 1, .which = Which::rightmost, .tol = 1e-12}).values(0).real();
    };
    const auto pairs = eigs(A, {.k = 1, .which = Which::rightmost, .tol = 1e-12});
    const double slope = gradient(A, pullback(A, pairs, {.values = Eigen::VectorXcd::Ones(1)}).A).sum();
    const double difference = (value(1e-3) - value(-1e-3)) / 2e-3;
    std::printf("slope along (1, …, 1): %.9f by the gradient, %.9f by differences\n", slope, difference);
    return first > 0 && abscissa < -2 && std::abs(slope - difference) < 1e-6 ? 0 : 1;
}
