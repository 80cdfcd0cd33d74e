// The smallest eigenvalue of the n×n matrix tridiag(−1, 2, −1) is 2 − 2 cos(π / (n + 1)).
#include <lambdabar/lambdabar.hpp>
#include <cmath>
#include <cstdio>
#include <numbers>

int main() {
    const int n = 50;
    Eigen::SparseMatrix<double> M(n, n);
    for (int i = 0; i < n; ++i) M.insert(i, i) = 2;
    for (int i = 0; i + 1 < n; ++i) M.insert(i + 1, i) = M.insert(i, i + 1) = -1;
    M.makeCompressed();

    const auto [value, grad, vector] = lambdabar::eigmin(lambdabar::SparseHermitian<double>{M});

    const double exact = 2 - 2 * std::cos(std::numbers::pi / (n + 1));
    std::printf("smallest eigenvalue %.15f, exact %.15f\n", value, exact);
    return std::abs(value - exact) < 1e-10 ? 0 : 1;
}
