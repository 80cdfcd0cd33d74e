#include "crossing/fixtures.hpp"

#include "pencils.hpp"

namespace lambdabar::test {

template <ScalarType S>
Family<S>::Family(const Eigen::VectorXd& values, Index parameters, bool with_B, unsigned seed)
    : spectrum(values), pencil(with_B) {
    const Index n = values.size();
    Matrix<S> L = Matrix<S>::Identity(n, n);
    if (with_B) L += 0.4 / std::sqrt(static_cast<double>(n)) * random_matrix<S>(n, n, seed);
    A_terms.push_back(hermitian_part<S>(L * hermitian_with_spectrum<S>(values, seed + 1) * L.adjoint()));
    B_terms.push_back(hermitian_part<S>(L * L.adjoint()));
    for (Index l = 0; l < parameters; ++l) {
        const auto offset = static_cast<unsigned>(2 * l);
        const Matrix<S> dA = random_hermitian<S>(n, seed + 2 + offset);
        const Matrix<S> dB = random_hermitian<S>(n, seed + 3 + offset);
        A_terms.push_back(dA / dA.norm());
        B_terms.push_back(with_B ? Matrix<S>(0.3 * dB / dB.norm()) : Matrix<S>(Matrix<S>::Zero(n, n)));
    }
}

template <ScalarType S>
AffineOperator<S> Family<S>::assemble(const std::vector<Matrix<S>>& terms) {
    std::vector<Sparse<S>> rest;
    for (std::size_t l = 1; l < terms.size(); ++l) rest.push_back(sparse<S>(terms[l]));
    return AffineOperator<S>(sparse<S>(terms[0]), rest, Eigen::VectorXd::Zero(static_cast<Index>(rest.size())));
}

template <ScalarType S>
Matrix<S> Family<S>::at(const std::vector<Matrix<S>>& terms, const Eigen::VectorXd& p) {
    Matrix<S> sum = terms[0];
    for (Index l = 0; l < p.size(); ++l) sum += p(l) * terms[static_cast<std::size_t>(l) + 1];
    return sum;
}

template <ScalarType S>
Eigen::VectorXd Family<S>::values(const Eigen::VectorXd& p) const {
    if (!pencil) return reference_eigh<S>(at(A_terms, p)).values;
    return reference_eigh<S>(at(A_terms, p), at(B_terms, p)).values;
}

template <ScalarType S>
Eigen::VectorXd Family<S>::slopes(const Eigen::VectorXd& p_dot, Index first, Index count, double lambda) const {
    const double t = 2e-5;
    const auto quotient = [&](double step) -> Eigen::VectorXd {
        return (values(step * p_dot).segment(first, count).array() - lambda) / step;
    };
    return (8.0 * quotient(t) - 6.0 * quotient(2.0 * t) + quotient(4.0 * t)) / 3.0;
}

template <ScalarType S>
Eigenpairs<S> Family<S>::pairs(Index k, Which which) const {
    const AffineOperator<S> of_A = A(), of_B = B();
    const EigshOptions<S> options{.k = k, .which = which, .tol = 1e-13};
    return pencil ? eigsh(of_A, of_B, options) : eigsh(of_A, options);
}

template <ScalarType S>
ClusterDerivatives<S> Family<S>::derivatives(const Eigenpairs<S>& found, const Cluster& cluster) const {
    return pencil ? cluster_derivatives(A(), B(), found, cluster) : cluster_derivatives(A(), found, cluster);
}

Eigen::VectorXd multiple(Index m, Index n) {
    Eigen::VectorXd values(n);
    values << Eigen::VectorXd::Ones(m), Eigen::VectorXd::LinSpaced(n - m, 2.5, 8.0);
    return values;
}

Eigen::VectorXd unit(Index size, unsigned seed) {
    return Eigen::VectorXd(random_matrix<double>(size, 1, seed)).normalized();
}

template struct Family<double>;
template struct Family<Complex>;

}  // namespace lambdabar::test
