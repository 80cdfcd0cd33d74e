// The smallest eigenvalue of a complex Hermitian matrix that is given by real parameters, and its gradient.
//
// The classic attempt is to record a dense eigensolver on a tape. It stumbles over the phase of the complex
// eigenvector, which is arbitrary, although λ_min does not depend on it: dλ_min = Re xᴴ dH x. Here the matrix stays
// sparse, and the gradient comes on its stored entries.
#include <lambdabar/lambdabar.hpp>

#include <cmath>
#include <cstdio>
#include <random>

using namespace lambdabar;
using cplx = std::complex<double>;

// An electron on a ring of n sites: energies e_i on the sites, complex hoppings t_i = a_i + i b_i between neighbours.
//   p = (e_1 … e_n, a_1 … a_n, b_1 … b_n), the lower triangle is stored, column by column
Eigen::SparseMatrix<cplx> hamiltonian(const Eigen::VectorXd& p) {
    const int n = static_cast<int>(p.size() / 3);
    Eigen::SparseMatrix<cplx> H(n, n);
    std::vector<Eigen::Triplet<cplx>> entries;
    for (int i = 0; i < n; ++i) {
        const int row = std::max(i, (i + 1) % n), column = std::min(i, (i + 1) % n);
        entries.emplace_back(i, i, p(i));
        entries.emplace_back(row, column, cplx(p(n + i), p(2 * n + i)));
    }
    H.setFromTriplets(entries.begin(), entries.end());
    return H;
}

// A stored off-diagonal entry a + ib gets the gradient ∂λ/∂a + i ∂λ/∂b, a diagonal one the real number ∂λ/∂e.
Eigen::VectorXd to_parameters(const Eigen::SparseMatrix<cplx>& H, const Vector<cplx>& g) {
    const int n = static_cast<int>(H.rows());
    Eigen::VectorXd p_bar(3 * n);
    Eigen::Index entry = 0;
    for (int column = 0; column < n; ++column) {
        for (Eigen::SparseMatrix<cplx>::InnerIterator it(H, column); it; ++it, ++entry) {
            const int row = static_cast<int>(it.row());
            const int bond = row == column + 1 ? column : n - 1;
            if (row == column) {
                p_bar(row) = g(entry).real();
            } else {
                p_bar(n + bond) = g(entry).real();
                p_bar(2 * n + bond) = g(entry).imag();
            }
        }
    }
    return p_bar;
}

int main() {
    const int n = 400;
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    const Eigen::VectorXd p = Eigen::VectorXd::NullaryExpr(3 * n, [&] { return normal(random); });
    const Eigen::VectorXd direction = Eigen::VectorXd::NullaryExpr(3 * n, [&] { return normal(random); }).normalized();

    const Eigen::SparseMatrix<cplx> H = hamiltonian(p);
    const auto [value, g, x] = eigmin(SparseHermitian<cplx>{H}, {.tol = 1e-12});
    const double slope = to_parameters(H, g).dot(direction);

    const double h = 1e-4;  // error of the central difference: h² from truncation, eps·‖H‖/h from rounding
    const double above = eigmin(SparseHermitian<cplx>{hamiltonian(p + h * direction)}, {.tol = 1e-12}).value;
    const double below = eigmin(SparseHermitian<cplx>{hamiltonian(p - h * direction)}, {.tol = 1e-12}).value;
    const double difference = (above - below) / (2 * h);

    std::printf("%d real parameters, lambda_min = %.12f\n", 3 * n, value);
    std::printf("slope along a random direction: gradient %.10f, central difference %.10f\n", slope, difference);
    return std::abs(slope - difference) < 1e-7 ? 0 : 1;
}
