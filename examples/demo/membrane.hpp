#pragma once
#include <lambdabar/lambdabar.hpp>

/// A square membrane that is clamped at its edge, −∇·(c ∇u) = λ u on the unit square, discretized by finite volumes:
/// m×m interior nodes at distance h = 1/(m + 1), one stiffness c > 0 in each of the (m + 1)² cells between them. A bond
/// between two nodes has the mean stiffness of the two cells beside it,
///
///     uᵀ A(c) u = h⁻² Σ_cells c_cell · ½ Σ_{bonds ab of the cell} (u_a − u_b)²,    u = 0 on the edge.
///
/// This is all it takes to bring an own operator: rows() and apply() make it a LinearMap, parameters() and vjp() make
/// it Differentiable, and apply_fused(), here that of the assembled matrix, is optional and saves passes over memory.
class Membrane {
public:
    using Scalar = double;

    /// Throws std::invalid_argument unless there are (m + 1)² stiffnesses.
    Membrane(lambdabar::Index m, const Eigen::VectorXd& stiffness);

    lambdabar::Index side() const { return m_; }
    double spacing() const { return 1.0 / static_cast<double>(m_ + 1); }

    lambdabar::Index rows() const { return m_ * m_; }
    void apply(lambdabar::In<double> X, lambdabar::Out<double> Y) const { matrix_.apply(X, Y); }
    void apply_fused(lambdabar::In<double> X, const Eigen::VectorXd& shift, double scale, double beta,
                     lambdabar::Out<double> Y) const {
        matrix_.apply_fused(X, shift, scale, beta, Y);
    }

    lambdabar::Index parameters() const { return (m_ + 1) * (m_ + 1); }
    /// g_cell += Σ_j v_jᵀ (∂A/∂c_cell) w_j = ½ h⁻² Σ_j Σ_{bonds ab of the cell} (v_aj − v_bj)(w_aj − w_bj)
    void vjp(lambdabar::In<double> V, lambdabar::In<double> W, lambdabar::GradientRef g) const;

private:
    lambdabar::Index m_;
    lambdabar::SparseHermitian<double> matrix_;
};

/// A field with one value in each cell, from a function of the position of its centre.
template <class Function>
Eigen::VectorXd on_cells(lambdabar::Index m, const Function& f) {
    const double h = 1.0 / static_cast<double>(m + 1);
    Eigen::VectorXd field((m + 1) * (m + 1));
    for (lambdabar::Index i = 0; i <= m; ++i) {
        for (lambdabar::Index j = 0; j <= m; ++j) {
            field(i * (m + 1) + j) = f((static_cast<double>(i) + 0.5) * h, (static_cast<double>(j) + 0.5) * h);
        }
    }
    return field;
}
