// Modes of a clamped plate of variable thickness t, and the gradient of its lowest frequency in every thickness:
//     K(t) x = λ M(t) x,   K = Lᵀ diag(h² t³) L,   M = diag(h² t),   L the Laplacian by differences,
// in units where stiffness and density are 1. The doublet of modes 2 and 3 has a gradient too, as a sum.
#include <lambdabar/lambdabar.hpp>

#include <cstdio>

using namespace lambdabar;
using Sparse = Eigen::SparseMatrix<double>;

constexpr int kSide = 32;  // cells per side; w = ∂w/∂n = 0 on the boundary
constexpr double kH = 1.0 / kSide;

// Rows: all nodes of the grid (there is a thickness at each); columns: the inner ones, where the plate can move.
Sparse laplacian() {
    const auto column = [](int x, int y) { return (x - 1) + (y - 1) * (kSide - 1); };
    const auto inner = [](int x, int y) { return x > 0 && y > 0 && x < kSide && y < kSide; };
    std::vector<Eigen::Triplet<double>> entries;
    for (int y = 0; y <= kSide; ++y) {
        for (int x = 0; x <= kSide; ++x) {
            const int row = x + y * (kSide + 1), xs[] = {x - 1, x + 1, x, x}, ys[] = {y, y, y - 1, y + 1};
            if (inner(x, y)) entries.emplace_back(row, column(x, y), -4 / (kH * kH));
            // A clamped edge mirrors the plate: the neighbour outside moves as the one inside does.
            const double weight = inner(x, y) ? 1 : 2;
            for (int i = 0; i < 4; ++i)
                if (inner(xs[i], ys[i])) entries.emplace_back(row, column(xs[i], ys[i]), weight / (kH * kH));
        }
    }
    Sparse L((kSide + 1) * (kSide + 1), (kSide - 1) * (kSide - 1));
    L.setFromTriplets(entries.begin(), entries.end());
    return L;
}

// G(t) = Tᵀ diag(c(t)) T with the slopes c′(t): an operator of one's own. Because it has entries(), it is factorized.
struct Weighted {
    using Scalar = double;
    const Sparse& T;
    Eigen::VectorXd slope;
    SparseHermitian<double> matrix;
    Weighted(const Sparse& map, const Eigen::VectorXd& c, Eigen::VectorXd c_prime)
        : T(map), slope(std::move(c_prime)), matrix(Sparse(T.transpose() * c.asDiagonal() * T), 1e-12) {}
    Index rows() const { return matrix.rows(); }
    void apply(In<double> X, Out<double> Y) const { matrix.apply(X, Y); }
    const SparseHermitian<double>& entries() const { return matrix; }
    Index parameters() const { return slope.size(); }
    void vjp(In<double> V, In<double> W, GradientRef g) const {
        g += slope.cwiseProduct((T * V).cwiseProduct(T * W).rowwise().sum());
    }
};

int main() {
    const Sparse L = laplacian();
    Sparse inner(L.rows(), L.cols());  // of a field on all nodes, its values at the inner ones
    for (int c = 0; c < L.cols(); ++c) inner.insert(1 + c % (kSide - 1) + (1 + c / (kSide - 1)) * (kSide + 1), c) = 1;

    // The value and gradient of Σ c_i λ_i at thickness t.
    const auto objective = [&](const Eigen::VectorXd& t, const Eigen::VectorXd& c, bool print) {
        const Eigen::VectorXd area = Eigen::VectorXd::Constant(t.size(), kH * kH), t2 = t.cwiseAbs2();
        const Weighted K(L, area.cwiseProduct(t2).cwiseProduct(t), 3 * area.cwiseProduct(t2));
        const Weighted M(inner, area.cwiseProduct(t), area);
        const auto pairs = eigsh(K, M, {.k = c.size(), .tol = 1e-12});
        for (Index i = 0; print && i < c.size(); ++i) std::printf("mode %ld  λ = %.8g\n", long(i) + 1, pairs.values(i));
        if (print)
            std::printf("%s; complete: %s\n", pairs.engine.c_str(), pairs.certified ? "certified" : "not proven");
        const auto bar = pullback(K, M, pairs, {.values = c});
        return std::pair(c.dot(pairs.values), gradient(K, M, bar.A, bar.B));
    };
    const Eigen::VectorXd t = Eigen::VectorXd::Ones(L.rows());
    bool right = true;
    for (const Eigen::Vector3d& c : {Eigen::Vector3d(1, 0, 0), Eigen::Vector3d(0, 0.5, 0.5)}) {
        const auto [value, g] = objective(t, c, c(0) == 1);
        const Eigen::VectorXd d = Eigen::VectorXd::LinSpaced(t.size(), -1, 1).array().cos();
        const auto at = [&](double s) { return objective(t + s * d, c, false).first; };
        const double difference = (at(1e-4) - at(-1e-4)) / 2e-4;
        std::printf("value %.6g, derivative along d %.8g, by differences %.8g\n", value, g.dot(d), difference);
        right = right && std::abs(g.dot(d) - difference) < 1e-6 * std::abs(difference);
    }
    return right ? 0 : 1;
}
