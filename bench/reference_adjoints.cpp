#include "reference_adjoints.hpp"

#include <lambdabar/block/kernels.hpp>

#include <Eigen/QR>

namespace bench {

namespace {

using lambdabar::Block;
using lambdabar::Matrix;

/// v ← (I − QQᴴ) v
template <class S>
void project(const Block<S>& Q, lambdabar::BlockRef<S> v) {
    lambdabar::add_product<S>(v, Q, -lambdabar::gram<S>(Q, v));
}

/// y = (I − QQᴴ)(A − λ) x
template <class S>
void apply(const Product<S>& A, double lambda, const Block<S>& Q, lambdabar::In<S> x, lambdabar::BlockRef<S> y) {
    A.apply_fused(x, Eigen::VectorXd::Constant(1, lambda), 1.0, 0.0, y);
    project<S>(Q, y);
}

template <class S>
double norm(const Block<S>& x) {
    return lambdabar::norms<S>(x)(0);
}

/// One cycle of GMRES from w, at most `steps` products; returns their number.
template <class S>
Index gmres_cycle(const Product<S>& A, double lambda, const Block<S>& Q, const Block<S>& residual, double tolerance,
                  Index steps, Block<S>& w) {
    const Index n = w.rows();
    const double beta = norm<S>(residual);
    Block<S> V(n, steps + 1), v(n, 1);
    Matrix<S> H = Matrix<S>::Zero(steps + 1, steps);
    V.col(0) = residual.col(0) / beta;
    Matrix<S> y;
    Index j = 0;
    while (j < steps) {
        v = V.col(j);
        Block<S> next(n, 1);
        apply<S>(A, lambda, Q, v, next);
        for (int pass = 0; pass < 2; ++pass) {
            const Matrix<S> h = lambdabar::gram<S>(V.leftCols(j + 1), next);
            lambdabar::add_product<S>(next, V.leftCols(j + 1), -h);
            H.col(j).head(j + 1) += h.col(0);
        }
        const double size = norm<S>(next);
        H(j + 1, j) = size;
        ++j;
        const Matrix<S> top = H.topLeftCorner(j + 1, j);
        Matrix<S> rhs = Matrix<S>::Zero(j + 1, 1);
        rhs(0, 0) = beta;
        y = top.colPivHouseholderQr().solve(rhs);
        if ((rhs - top * y).norm() <= tolerance || size <= 1e-14 * beta) break;
        V.col(j) = next.col(0) / size;
    }
    lambdabar::add_product<S>(w, V.leftCols(j), y);
    return j;
}

/// −P x̄_i
template <class S>
Block<S> right_hand_side(const Block<S>& Q, const Matrix<S>& bar, Index i) {
    Block<S> rhs = -bar.col(i);
    project<S>(Q, rhs);
    return rhs;
}

void judge(double residual, double tolerance, ReferenceAdjoint& result) {
    result.worst = std::max(result.worst, residual / tolerance);
    if (residual > 1.1 * tolerance) ++result.failed;
}

}  // namespace

template <lambdabar::ScalarType S>
ReferenceAdjoint adjoint_by_own_vector_gmres(const Product<S>& A, const lambdabar::Eigenpairs<S>& pairs,
                                             const Matrix<S>& bar, const Eigen::VectorXd& tolerance, Index limit) {
    constexpr Index kRestart = 30;
    ReferenceAdjoint result;
    for (Index i = 0; i < pairs.size(); ++i) {
        const Block<S> own = pairs.vectors.col(i);
        // The same right-hand side for all methods: the part that a set's own rotations leave.
        const Block<S> rhs = right_hand_side<S>(pairs.vectors, bar, i);
        Block<S> w = lambdabar::zeros<S>(A.rows(), 1), residual = rhs;
        Index used = 0;
        double size = norm<S>(residual);
        while (size > tolerance(i) && used < limit) {
            used +=
                gmres_cycle<S>(A, pairs.values(i), own, residual, tolerance(i), std::min(kRestart, limit - used), w);
            apply<S>(A, pairs.values(i), own, w, residual);
            ++used;
            residual = rhs - residual;
            size = norm<S>(residual);
        }
        result.products += used;
        judge(size, tolerance(i), result);
    }
    return result;
}

template <lambdabar::ScalarType S>
ReferenceAdjoint adjoint_by_column_cg(const Product<S>& A, const lambdabar::Eigenpairs<S>& pairs, const Matrix<S>& bar,
                                      const Eigen::VectorXd& tolerance, Index limit) {
    ReferenceAdjoint result;
    const Block<S> X = pairs.vectors;
    for (Index i = 0; i < pairs.size(); ++i) {
        Block<S> r = right_hand_side<S>(X, bar, i), w = lambdabar::zeros<S>(A.rows(), 1), p = r, q(A.rows(), 1);
        double rho = std::pow(norm<S>(r), 2);
        for (Index used = 0; std::sqrt(rho) > tolerance(i) && used < limit; ++used) {
            apply<S>(A, pairs.values(i), X, p, q);
            ++result.products;
            const double alpha = rho / std::real(lambdabar::dots<S>(p, q)(0));
            const double next = std::pow(lambdabar::descend<S>(w, r, p, q, Eigen::VectorXd::Constant(1, alpha))(0), 2);
            lambdabar::scale_and_add<S>(p, r, Eigen::VectorXd::Constant(1, next / rho));
            rho = next;
        }
        apply<S>(A, pairs.values(i), X, w, q);
        const Block<S> residual = right_hand_side<S>(X, bar, i) - q;
        judge(norm<S>(residual), tolerance(i), result);
    }
    return result;
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                 \
    template ReferenceAdjoint adjoint_by_own_vector_gmres<S>(const Product<S>&, const lambdabar::Eigenpairs<S>&, \
                                                             const Matrix<S>&, const Eigen::VectorXd&, Index);   \
    template ReferenceAdjoint adjoint_by_column_cg<S>(const Product<S>&, const lambdabar::Eigenpairs<S>&,        \
                                                      const Matrix<S>&, const Eigen::VectorXd&, Index);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace bench
