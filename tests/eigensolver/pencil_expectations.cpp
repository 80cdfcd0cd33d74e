#include "eigensolver/pencil_expectations.hpp"

namespace lambdabar::test {

template <ScalarType S>
double orthonormality_error(const Matrix<S>& X, const Sparse<S>& B) {
    return (X.adjoint() * (B * X) - Matrix<S>::Identity(X.cols(), X.cols())).norm();
}

template <ScalarType S>
Eigen::VectorXd true_residuals(const TestPencil<S>& pencil, const Eigenpairs<S>& pairs) {
    const Matrix<S> A = dense(pencil.A), B = dense(pencil.B), X = pairs.vectors;
    const Matrix<S> BX = B * X;
    if (std::isnan(pairs.sigma)) {
        const Matrix<S> R = A * X - BX * pairs.values.template cast<S>().asDiagonal();
        const Matrix<S> inverse_R = Eigen::LLT<Matrix<S>>(B).solve(R);
        return R.conjugate().cwiseProduct(inverse_R).colwise().sum().real().cwiseMax(0.0).cwiseSqrt().transpose();
    }
    const Eigen::VectorXd mu = (pairs.values.array() - pairs.sigma).inverse();
    const Matrix<S> R =
        Eigen::PartialPivLU<Matrix<S>>(A - pairs.sigma * B).solve(BX) - X * mu.template cast<S>().asDiagonal();
    const Eigen::VectorXd squares = R.conjugate().cwiseProduct(B * R).colwise().sum().real().transpose();
    return squares.cwiseMax(0.0).cwiseSqrt().cwiseQuotient(mu.cwiseAbs2());
}

template <ScalarType S>
void check_pencil(const TestPencil<S>& pencil, const Eigen::VectorXd& wanted, double next, double tol,
                  const Eigenpairs<S>& pairs) {
    const Index n = pencil.n(), k = wanted.size();
    REQUIRE(pairs.converged);
    CHECK(pairs.reason == StopReason::converged);
    REQUIRE(pairs.size() == k);
    REQUIRE(pairs.vectors.rows() == n);
    REQUIRE(pairs.vectors.cols() == k);
    REQUIRE(pairs.vectors.allFinite());
    CHECK(std::is_sorted(pairs.values.data(), pairs.values.data() + k));
    // One rounding per product and entry of the Gram matrix, in the norms of x and B: ‖x‖²‖B‖ ≤ condition.
    CHECK(orthonormality_error<S>(pairs.vectors, pencil.B) <=
          10.0 * kEps * std::sqrt(static_cast<double>(n)) * static_cast<double>(k) * pencil.condition);

    const double noise = pencil.noise(pairs.sigma);
    CHECK((pairs.values - wanted).cwiseAbs().maxCoeff() <= pairs.residuals.norm() + noise);
    CHECK(sizes(pairs.clusters) == multiplicities(wanted));
    const bool inverted = !std::isnan(pairs.sigma);
    const Eigen::VectorXd residuals = true_residuals(pencil, pairs);
    const double nearest = inverted ? (pairs.values.array() - pairs.sigma).abs().minCoeff() : 1.0;
    for (Index i = 0; i < k; ++i) {
        CAPTURE(i);
        const double distance = inverted ? std::abs(pairs.values(i) - pairs.sigma) : pairs.norm_A;
        CHECK(pairs.residuals(i) <= std::max(tol, 1e-13) * distance);
        // The vectors returned are one inverse iteration past those whose residuals were measured: a component of the
        // error shrinks there or grows by at most the ratio of the μ.
        const double growth = inverted ? distance / nearest : 1.0;
        CHECK(residuals(i) <= (pairs.residuals(i) + noise) * growth);
    }
    const double edge_distance = (wanted.array() - next).abs().minCoeff();
    CHECK(pairs.cuts_cluster == (edge_distance == 0.0));
    // The guard is resolved, not converged: some eigenvalue lies within its residual, and it lies beyond the set by far
    // more than its distance from the next one, which it cannot be nearer to the set than.
    CHECK((pencil.spectrum.array() - pairs.guard_value).abs().minCoeff() <= pairs.guard_residual + noise);
    CHECK(std::abs(pairs.guard_value - next) <= std::max(pairs.guard_residual, 0.1 * edge_distance) + noise);
    if (pairs.which != Which::nearest) {
        const double beyond = (pairs.guard_value - next) * (pairs.which == Which::smallest ? 1.0 : -1.0);
        CHECK(beyond >= -noise);
    }
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                       \
    template double orthonormality_error<S>(const Matrix<S>& X, const Sparse<S>& B);                                   \
    template Eigen::VectorXd true_residuals<S>(const TestPencil<S>& pencil, const Eigenpairs<S>& pairs);               \
    template void check_pencil<S>(const TestPencil<S>& pencil, const Eigen::VectorXd& wanted, double next, double tol, \
                                  const Eigenpairs<S>& pairs);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
