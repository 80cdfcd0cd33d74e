// A ring of springs of total stiffness 1, made as stiff as can be: maximize its lowest vibration λ. At the optimum λ is
// double, where it has no gradient. Gradient ascent zigzags across the crossing; the element of least norm of the
// ε-subdifferential sees both eigenvalues and goes straight. Writes 09_double_eigenvalue.{csv,svg}.
#include <lambdabar/lambdabar.hpp>

#include "line_plot.hpp"

#include <cmath>
#include <cstdio>
#include <numbers>

using namespace lambdabar;
using Sparse = Eigen::SparseMatrix<double>;

constexpr int kNodes = 24, kIterations = 120;

// A(p) = A_0 + Σ p_e (e_i − e_j)(e_i − e_j)ᵀ; A_0 lifts the rigid motion out of the way.
AffineOperator<double> ring(const Eigen::VectorXd& p) {
    std::vector<Sparse> springs;
    for (int i = 0; i < kNodes; ++i) {
        const int j = (i + 1) % kNodes;
        Sparse spring(kNodes, kNodes);
        spring.insert(i, i) = spring.insert(j, j) = 1;
        spring.insert(i, j) = spring.insert(j, i) = -1;
        springs.push_back(spring);
    }
    return {Eigen::MatrixXd::Constant(kNodes, kNodes, 1.0 / kNodes).sparseView(), springs, p};
}

int main() {
    Eigen::VectorXd start(kNodes);
    for (int e = 0; e < kNodes; ++e) start(e) = (1 + 0.6 * std::cos(1.7 * e * e)) / kNodes;
    start *= 1 / start.sum();
    const double angle = 2 * std::numbers::pi / kNodes, known = (2 - 2 * std::cos(angle)) / kNodes;

    // The steepest ascent that keeps Σp: of all elements g(U) less their mean, the one of least norm.
    const auto ascent = [](const AffineOperator<double>& A, const Eigenpairs<double>& pairs, double epsilon) {
        auto set = subdifferential(A, pairs, {.epsilon = epsilon});
        set.cluster.components.rowwise() -= set.cluster.components.colwise().mean();
        return minimum_norm(set).gradient;
    };
    const auto run = [&](bool least_norm, Line& first, Line& second) {
        Eigen::VectorXd p = start;
        double epsilon = 0.05 * known, step = 0.3;
        for (int i = 0; i <= kIterations; ++i) {
            const auto A = ring(p);
            const auto pairs = eigsh(A, {.k = 6, .tol = 1e-13, .extend = 4});
            first.values.push_back(pairs.values(0));
            second.values.push_back(pairs.values(1));
            const Eigen::VectorXd g = ascent(A, pairs, least_norm ? epsilon : 0.0);
            if (!least_norm) p += 0.15 * g;
            for (step *= 4; least_norm; step /= 2) {  // the longest step of sufficient ascent; none: look closer
                const Eigen::VectorXd trial = p + step * g;
                const double value = eigsh(ring(trial), {.k = 1}).values(0);
                const bool enough = trial.minCoeff() > 0 && value > pairs.values(0) + 0.1 * step * g.squaredNorm();
                if (enough) p = trial;
                if (enough || step < 1e-3) break;
            }
            if (step < 1e-3) epsilon /= 4, step = 0.1;
        }
        return first.values.back();
    };
    std::vector<Line> lines{{"gradient ascent, 1st eigenvalue", "#c0392b", {}, false},
                            {"gradient ascent, 2nd", "#e8a598", {}, true},
                            {"least norm, 1st eigenvalue", "#1f4e9c", {}, false},
                            {"least norm, 2nd", "#8fb0e0", {}, true}};
    const double zigzag = run(false, lines[0], lines[1]), straight = run(true, lines[2], lines[3]);
    write_csv("09_double_eigenvalue.csv", lines);
    write_line_plot("09_double_eigenvalue.svg", "The lowest vibration of a ring, maximized", "eigenvalue", lines);

    auto A = ring(start);
    const auto best = maximize_eigmin(A, MaximizeOptions<double>{.set = ParameterSet::simplex(kNodes)});
    std::printf("known optimum, double         %.10f\n", known);
    std::printf("gradient ascent, %d steps     %.10f\n", kIterations, zigzag);
    std::printf("least norm, %d steps          %.10f\n", kIterations, straight);
    std::printf("maximize_eigmin, %ld solves    %.10f; no stiffnesses exceed %.10f\n", long(best.iterations),
                best.value, best.bound);
    const bool proven = best.converged && best.bound - best.value < 1e-6 * known && best.bound > known * (1 - 1e-9);
    return proven && known - straight < 1e-4 * known && known - zigzag > 100 * (known - straight) ? 0 : 1;
}
