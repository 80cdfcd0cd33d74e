// Derivatives at an exactly double eigenvalue. A square grid has modes 2 and 3 in common: any rotation of the two is
// as good, so "mode 2" has no derivative. The space of both does, and so does every objective of
//     F = Σ_i f(λ_i) x_i x_iᵀ,
// here f = 1 (the projector onto the three lowest modes) and f a Fermi function (their occupation).
#include <lambdabar/lambdabar.hpp>

#include <cmath>
#include <cstdio>

using namespace lambdabar;

// 5-point Laplacian of an m×m grid with a potential on the diagonal.
Eigen::SparseMatrix<double> grid(int m, const Eigen::VectorXd& potential) {
    std::vector<Eigen::Triplet<double>> entries;
    for (int s = 0; s < m * m; ++s) {
        entries.emplace_back(s, s, 4 + potential(s));
        if (s % m + 1 < m) entries.emplace_back(s + 1, s, -1.0);
        if (s + m < m * m) entries.emplace_back(s + m, s, -1.0);
    }
    Eigen::SparseMatrix<double> A(m * m, m * m);
    A.setFromTriplets(entries.begin(), entries.end());
    return A;
}

int main() {
    const int m = 20, n = m * m;
    Eigen::VectorXd weight(n), direction(n);  // neither has the symmetry of the square: both split the doublet
    for (int s = 0; s < n; ++s) {
        weight(s) = s % m < m / 4 ? 1 : 0;
        direction(s) = std::sin(0.3 * s);
    }
    const EigshOptions<double> options{.k = 3, .tol = 1e-13};
    const Eigen::SparseMatrix<double> matrix = grid(m, Eigen::VectorXd::Zero(n));
    const SparseHermitian<double> A{matrix};
    const auto pairs = eigsh(A, options);
    for (const Cluster& c : pairs.clusters)
        std::printf("lambda = %.12f, %ld-fold\n", pairs.values(c.first), long(c.count));

    bool all_good = pairs.clusters.size() == 2;
    const auto check = [&](const char* name, auto f, auto f_prime) {
        // φ = tr(D F) with D = diag(weight): how much of F lives where the weight is one. F̄ = D.
        const auto phi = [&](double t) {
            const auto p = eigsh(SparseHermitian<double>{grid(m, t * direction)}, options);
            return p.values.unaryExpr(f).dot(p.vectors.cwiseAbs2().transpose() * weight);
        };
        const auto bar =
            pullback(A, pairs, {.f = f, .f_prime = f_prime, .bar_times_X = weight.asDiagonal() * pairs.vectors});
        const Eigen::SparseMatrix<double> dA = grid(m, direction) - matrix;
        const double slope = dot(bar.A, SparseHermitian<double>{dA});
        const double h = 1e-4, difference = (phi(h) - phi(-h)) / (2 * h);
        std::printf("%-10s  slope %.10f, central difference %.10f\n", name, slope, difference);
        // A central difference is off by about (h ‖dA‖ / gap)².
        const double gap = pairs.guard_value - pairs.values(2);
        all_good = all_good && std::abs(slope - difference) < std::pow(h / gap, 2) * std::abs(slope);
    };
    check(
        "projector", [](double) { return 1.0; }, [](double) { return 0.0; });
    const auto fermi = [](double x) { return 1 / (1 + std::exp(40 * (x - 0.11))); };
    check("occupation", fermi, [&](double x) { return -40 * fermi(x) * (1 - fermi(x)); });

    // The same weight on one vector of the doublet, and a set that holds only one of the two.
    Matrix<double> x_bar = Matrix<double>::Zero(n, 3);
    x_bar.col(1) = 2 * weight.asDiagonal() * pairs.vectors.col(1);
    const auto refused = [](const auto& attempt) {
        try {
            (void)attempt();
        } catch (const NotDifferentiable& e) {
            return std::printf("refused: %s\n", e.what()) > 0;
        }
        return false;
    };
    all_good = refused([&] { return pullback(A, pairs, {.vectors = x_bar}); }) && all_good;
    const auto two = eigsh(A, {.k = 2});
    all_good = refused([&] { return pullback(A, two, {.values = Eigen::VectorXd::Ones(2)}); }) && all_good;
    return all_good ? 0 : 1;
}
