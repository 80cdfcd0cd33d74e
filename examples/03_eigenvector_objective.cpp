// The gradient of a function of an eigenvector: how localized is the ground state of a particle on a disordered
// lattice in a magnetic field?  φ = Σ_r |x_r|⁴ is 1/n for a spread-out state, 1 for a state on one site.
//
// The eigenvector is complex and its phase is arbitrary. φ does not see the phase, so it is differentiable; an
// objective that does see it has no derivative, and pullback() says so instead of returning a number.
#include <lambdabar/lambdabar.hpp>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <random>

using namespace lambdabar;
using cplx = std::complex<double>;

// m×m lattice, energies on the diagonal, hoppings −1 with the phase of the field along y. Lower triangle.
Eigen::SparseMatrix<cplx> lattice(int m, double flux, const Eigen::VectorXd& energy) {
    std::vector<Eigen::Triplet<cplx>> entries;
    for (int x = 0; x < m; ++x) {
        for (int y = 0; y < m; ++y) {
            const int site = x * m + y;
            entries.emplace_back(site, site, energy(site));
            if (y + 1 < m) entries.emplace_back(site + 1, site, -std::polar(1.0, 2 * std::numbers::pi * flux * x));
            if (x + 1 < m) entries.emplace_back(site + m, site, -1.0);
        }
    }
    Eigen::SparseMatrix<cplx> H(m * m, m * m);
    H.setFromTriplets(entries.begin(), entries.end());
    return H;
}

int main() {
    const int m = 30, n = m * m;
    std::mt19937 random(3);
    std::uniform_real_distribution<double> disorder(-1, 1);
    const Eigen::VectorXd energy = Eigen::VectorXd::NullaryExpr(n, [&] { return disorder(random); });
    const Eigen::SparseMatrix<cplx> matrix = lattice(m, 1.0 / 7, energy);
    const SparseHermitian<cplx> H{matrix};

    // φ and its cotangent, dφ = Re(x̄ᴴ dx) with x̄_r = 4 |x_r|² x_r.
    const auto localization = [](const Eigenpairs<cplx>& pairs) {
        const Vector<cplx> x = pairs.vectors.col(0);
        return Evaluation<cplx>{.value = x.cwiseAbs2().squaredNorm(),
                                .bar = {.vectors = 4.0 * x.cwiseAbs2().cwiseProduct(x)}};
    };

    const auto pairs = eigsh(H, {.k = 1, .tol = 1e-12});
    const auto bar = pullback(H, pairs, localization(pairs).bar);
    const Vector<cplx> g = gradient(H, bar.A);  // on the stored entries of `matrix`, in its order
    std::printf("lambda_1 = %.8f, localization %.6f, %ld products for the pair and %ld for its adjoint\n",
                pairs.values(0), localization(pairs).value, long(pairs.products), long(bar.report.products));
    std::printf("gradient on %ld stored entries, largest %.3e\n\n", long(g.size()), g.cwiseAbs().maxCoeff());

    // The whole path against differences: phases, cotangent, gradient, and the order of the remainders.
    const GradientReport report = check_gradient(
        H, localization,
        {.eigsh = {.k = 1, .tol = 1e-12}, .directions = 1, .first_step = 0.02, .step_ratio = 2, .steps = 5});
    std::printf("%s\n", report.describe().c_str());

    // x̄ = i x is the cotangent of an objective that measures nothing but the phase.
    bool refused = false;
    try {
        (void)pullback(H, pairs, {.vectors = cplx(0, 1) * pairs.vectors});
    } catch (const NotDifferentiable& e) {
        refused = true;
        std::printf("refused: %s\n", e.what());
    }
    return report.passed() && refused ? 0 : 1;
}
