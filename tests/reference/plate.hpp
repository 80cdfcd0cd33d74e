#pragma once
// Plates on a grid of nx × ny equal rectangles for the reference problems: operators Σ_e w(p_e) E over the elements e
// with one element matrix E and one parameter each, given by their entries and differentiable in p.
#include "support.hpp"

#include <lambdabar/operator/sparse.hpp>

#include <array>
#include <functional>
#include <memory>

namespace lambdabar::test {

/// The unknowns of every element: row e lists them in the order of the element matrix, −1 where a value is fixed at 0.
struct ElementGrid {
    Eigen::MatrixXi unknowns;
    Index size = 0;

    /// `per_node` unknowns at every inner node (all fixed at the rim); nodes of an element in the order
    /// (0,0), (1,0), (0,1), (1,1), x first.
    ElementGrid(Index nx, Index ny, Index per_node)
        : unknowns(nx * ny, 4 * per_node), size((nx - 1) * (ny - 1) * per_node) {
        for (Index e = 0; e < nx * ny; ++e) {
            for (Index corner = 0; corner < 4; ++corner) {
                const Index x = e % nx + corner % 2, y = e / nx + corner / 2;
                const bool rim = x == 0 || y == 0 || x == nx || y == ny;
                const Index node = (y - 1) * (nx - 1) + x - 1;
                for (Index i = 0; i < per_node; ++i)
                    unknowns(e, corner * per_node + i) = rim ? -1 : static_cast<int>(node * per_node + i);
            }
        }
    }
};

/// A(p) = Σ_e w(p_e) E, assembled.
class ElementOperator {
public:
    using Scalar = double;

    /// How a parameter scales its element.
    struct Weight {
        std::function<double(double)> value, slope;
    };

    ElementOperator(const ElementGrid& grid, const Eigen::MatrixXd& element, Weight weight, const Eigen::VectorXd& p)
        : unknowns_(grid.unknowns), element_((element + element.transpose()) / 2.0), weight_(std::move(weight)), p_(p) {
        std::vector<Eigen::Triplet<double>> entries;
        for (Index e = 0; e < parameters(); ++e) {
            const double w = weight_.value(p(e));
            for (Index c = 0; c < element_.cols(); ++c) {
                for (Index r = 0; r < element_.rows(); ++r) {
                    if (unknowns_(e, r) >= 0 && unknowns_(e, c) >= 0)
                        entries.emplace_back(unknowns_(e, r), unknowns_(e, c), w * element_(r, c));
                }
            }
        }
        Sparse<double> A(grid.size, grid.size);
        A.setFromTriplets(entries.begin(), entries.end());
        entries_ = std::make_unique<SparseHermitian<double>>(std::move(A));
    }

    Index rows() const { return entries_->rows(); }
    Index parameters() const { return unknowns_.rows(); }
    const SparseHermitian<double>& entries() const { return *entries_; }
    void apply(In<double> X, Out<double> Y) const { entries_->apply(X, Y); }

    void vjp(In<double> V, In<double> W, GradientRef g) const {
        for (Index e = 0; e < parameters(); ++e)
            g(e) += weight_.slope(p_(e)) * of_element(e, V).cwiseProduct(element_ * of_element(e, W)).sum();
    }

private:
    Eigen::MatrixXd of_element(Index e, In<double> X) const {
        Eigen::MatrixXd local = Eigen::MatrixXd::Zero(element_.rows(), X.cols());
        for (Index i = 0; i < element_.rows(); ++i) {
            if (unknowns_(e, i) >= 0) local.row(i) = X.row(unknowns_(e, i));
        }
        return local;
    }

    Eigen::MatrixXi unknowns_;
    Eigen::MatrixXd element_;
    Weight weight_;
    Eigen::VectorXd p_;
    std::unique_ptr<SparseHermitian<double>> entries_;
};

/// (X ⊗ Y)_{(i,j),(k,l)} = X_ik Y_jl, unknowns ordered with x running fastest within each corner pair of the grid.
inline Eigen::MatrixXd rectangle(const Eigen::MatrixXd& X, const Eigen::MatrixXd& Y, Index per_end) {
    // One-dimensional unknowns (end, kind), two-dimensional ones (corner y, corner x, kind y, kind x).
    const auto at = [per_end](Index x, Index y) {
        const Index corner = 2 * (y / per_end) + x / per_end;
        return corner * per_end * per_end + (y % per_end) * per_end + x % per_end;
    };
    const Index m = X.rows();
    Eigen::MatrixXd product(m * m, m * m);
    for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < m; ++j) {
            for (Index k = 0; k < m; ++k) {
                for (Index l = 0; l < m; ++l) product(at(i, j), at(k, l)) = X(i, k) * Y(j, l);
            }
        }
    }
    return product;
}

/// Heat conduction or a membrane: −div(p ∇u) = λ m(p) u, bilinear, consistent mass, u = 0 at the rim. Conductivity p,
/// capacity m(p) = (1 + p)/2 per element.
struct HeatPlate {
    ElementGrid grid;
    ElementOperator A, B;

    HeatPlate(Index nx, Index ny, double width, double height, const Eigen::VectorXd& p)
        : grid(nx, ny, 1),
          A(grid, stiffness(width / static_cast<double>(nx), height / static_cast<double>(ny)),
            {[](double t) { return t; }, [](double) { return 1.0; }}, p),
          B(grid, mass(width / static_cast<double>(nx), height / static_cast<double>(ny)),
            {[](double t) { return (1.0 + t) / 2.0; }, [](double) { return 0.5; }}, p) {}

private:
    static Eigen::Matrix2d difference() { return (Eigen::Matrix2d() << 1, -1, -1, 1).finished(); }
    static Eigen::Matrix2d average() { return (Eigen::Matrix2d() << 2, 1, 1, 2).finished() / 6.0; }
    static Eigen::MatrixXd stiffness(double hx, double hy) {
        return hy / hx * rectangle(difference(), average(), 1) + hx / hy * rectangle(average(), difference(), 1);
    }
    static Eigen::MatrixXd mass(double hx, double hy) { return hx * hy * rectangle(average(), average(), 1); }
};

/// A clamped square plate of side 1 with thickness t_e per element, m × m Bogner–Fox–Schmit rectangles (products of
/// cubic Hermite polynomials; conforming, so eigenvalues lie above the exact ones). In units of the plate of thickness
/// 1: bending stiffness t³, mass t; ν = 0.3.
struct ClampedPlate {
    ElementGrid grid;
    ElementOperator A, B;

    ClampedPlate(Index m, const Eigen::VectorXd& thickness)
        : grid(m, m, 4),
          A(grid, stiffness(1.0 / static_cast<double>(m)),
            {[](double t) { return t * t * t; }, [](double t) { return 3.0 * t * t; }}, thickness),
          B(grid, mass(1.0 / static_cast<double>(m)), {[](double t) { return t; }, [](double) { return 1.0; }},
            thickness) {}

private:
    /// ∫₀¹ h_i⁽ᵃ⁾ h_j⁽ᵇ⁾ dξ of the Hermite cubics (value and slope at 0, value and slope at 1), from their
    /// coefficients.
    static Eigen::MatrixXd hermite(int a, int b) {
        const std::array<std::array<double, 4>, 4> cubic{{{1, 0, -3, 2}, {0, 1, -2, 1}, {0, 0, 3, -2}, {0, 0, -1, 1}}};
        const auto falling = [](int power, int times) {
            double factor = 1.0;
            for (int i = 0; i < times; ++i) factor *= power - i;
            return factor;
        };
        Eigen::MatrixXd integral = Eigen::MatrixXd::Zero(4, 4);
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t j = 0; j < 4; ++j) {
                for (int s = a; s < 4; ++s) {
                    for (int t = b; t < 4; ++t)
                        integral(static_cast<Index>(i), static_cast<Index>(j)) +=
                            cubic[i][static_cast<std::size_t>(s)] * cubic[j][static_cast<std::size_t>(t)] *
                            falling(s, a) * falling(t, b) / (s - a + t - b + 1);
                }
            }
        }
        return integral;
    }
    /// ∫ (w_xx + w_yy)² − 2(1 − ν)(w_xx w_yy − w_xy²), slopes in units of 1/h.
    static Eigen::MatrixXd stiffness(double h) {
        constexpr double nu = 0.3;
        const Eigen::MatrixXd M = hermite(0, 0), K1 = hermite(1, 1), K2 = hermite(2, 2), C = hermite(2, 0);
        return (rectangle(K2, M, 2) + rectangle(M, K2, 2) +
                nu * (rectangle(C, C.transpose(), 2) + rectangle(C.transpose(), C, 2)) +
                2.0 * (1.0 - nu) * rectangle(K1, K1, 2)) /
               (h * h);
    }
    static Eigen::MatrixXd mass(double h) { return h * h * rectangle(hermite(0, 0), hermite(0, 0), 2); }
};

/// d/dt φ(p + t v) at t = 0 from four values: h⁴ φ⁽⁵⁾/30 off, and 1.5 times φ's rounding over h.
template <class Function>
double difference_along(Function&& phi, const Eigen::VectorXd& p, const Eigen::VectorXd& v, double h) {
    return (8.0 * (phi(p + h * v) - phi(p - h * v)) - (phi(p + 2.0 * h * v) - phi(p - 2.0 * h * v))) / (12.0 * h);
}

/// Independent uniform numbers in [low, high].
inline Eigen::VectorXd uniform(Index n, double low, double high, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> between(low, high);
    return Eigen::VectorXd::NullaryExpr(n, [&] { return between(random); });
}

}  // namespace lambdabar::test
