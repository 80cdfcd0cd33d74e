#include "derivative/pencil_fixtures.hpp"

namespace lambdabar::test {

template <ScalarType S>
PencilSet<S> pencil_set(const Eigen::VectorXd& set, Which which, unsigned seed, Index n, Mass mass) {
    const Index k = set.size(), rest = n - k;
    Index below = which == Which::smallest ? 0 : which == Which::largest ? rest : rest / 2;
    Eigen::VectorXd values(n);
    values << Eigen::VectorXd::LinSpaced(below, -12.0, -6.0), set, Eigen::VectorXd::LinSpaced(rest - below, 6.0, 12.0);
    PencilSet<S> problem{.pencil = test_pencil<S>(values, seed, mass),
                         .which = which,
                         .first = below,
                         .groups = find_clusters(set, Eigen::VectorXd::Zero(k), 1e-9)};
    // Every member nearer than ±6, and no eigenvalue.
    if (which == Which::nearest) problem.sigma = (set(0) + set(k - 1)) / 2.0 + 0.1;
    return problem;
}

template <ScalarType S>
PairCotangent<S> random_cotangent(const PencilSet<S>& problem, const Eigenpairs<S>& pairs, unsigned seed) {
    const Index n = problem.n(), k = problem.k();
    Eigen::VectorXd values_bar = random_matrix<double>(k, 1, seed);
    for (const Cluster& c : problem.groups) values_bar.segment(c.first, c.count).setConstant(values_bar(c.first));
    Matrix<S> X_bar = random_matrix<S>(n, k, seed + 1);
    for (const Cluster& c : problem.groups) {  // M_cc Hermitian: X̄ −= B X_c (M_cc − M_ccᴴ)/2, since XᴴBX = I
        const Matrix<S> X_c = pairs.vectors.middleCols(c.first, c.count);
        const Matrix<S> M = X_c.adjoint() * X_bar.middleCols(c.first, c.count);
        X_bar.middleCols(c.first, c.count) -= problem.pencil.B * X_c * ((M - M.adjoint()) / 2.0);
    }
    return {values_bar, X_bar};
}

template <ScalarType S>
Matrix<S> unit_direction(Index n, unsigned seed) {
    Matrix<S> D = random_hermitian<S>(n, seed);
    return D / D.norm();
}

template <ScalarType S>
Matrix<S> PencilSet<S>::dense_A() const {
    return dense(pencil.A);
}

template <ScalarType S>
Matrix<S> PencilSet<S>::dense_B() const {
    return dense(pencil.B);
}

template <ScalarType S>
Eigenpairs<S> PencilSet<S>::pairs(UseFactor factor, double tol) const {
    auto result = eigsh(A, B, {.k = k(), .which = which, .sigma = sigma, .tol = tol, .factor = factor});
    if (!result.converged) throw std::runtime_error("PencilSet: not converged");
    return result;
}

template <ScalarType S>
oracle::PencilDecomposition<S> PencilSet<S>::decomposition() const {
    const Index rank = pencil.spectrum.size();
    return rank == n() ? oracle::decompose<S>(dense_A(), dense_B(), first, k())
                       : oracle::decompose_singular<S>(dense_A(), dense_B(), rank, first, k());
}

#define LAMBDABAR_INSTANTIATE(S)                                                                                     \
    template struct PencilSet<S>;                                                                                    \
    template PencilSet<S> pencil_set<S>(const Eigen::VectorXd& set, Which which, unsigned seed, Index n, Mass mass); \
    template PairCotangent<S> random_cotangent<S>(const PencilSet<S>& problem, const Eigenpairs<S>& pairs,           \
                                                  unsigned seed);                                                    \
    template Matrix<S> unit_direction<S>(Index n, unsigned seed);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(Complex)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar::test
