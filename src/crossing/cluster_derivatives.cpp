#include <lambdabar/crossing/cluster_derivatives.hpp>

#include "block/dense.hpp"
#include "derivative/gauge.hpp"
#include "scaled_basis.hpp"
#include "sentence.hpp"

#include <cmath>

namespace lambdabar {

namespace {

template <ScalarType S>
DirectionalDerivatives<S> split(const Matrix<S>& basis, const Matrix<S>& G) {
    auto pairs = dense_eigh<S>(G);
    Matrix<S> rotated = basis * pairs.vectors;
    return {std::move(pairs.values), std::move(pairs.vectors), std::move(rotated)};
}

}  // namespace

template <ScalarType S>
ScaledBasis<S> scaled_basis(const Eigenpairs<S>& pairs, const Cluster& cluster, Index n) {
    require_differentiable_pairs(pairs, n, "cluster_derivatives");
    require_whole_cluster(pairs, cluster, "cluster_derivatives");
    ScaledBasis<S> result{to_block<S>(Matrix<S>(pairs.vectors.middleCols(cluster.first, cluster.count)))};
    if (pairs.definite == Definite::A) {
        // XᴴAX = I and xᴴBx = 1/λ: dλ = λ xᴴ(dA − λ dB)x, and √|λ| x is what B, up to the sign of λ, normalizes.
        const Eigen::VectorXd lambda = pairs.values.segment(cluster.first, cluster.count);
        if (lambda(0) * lambda(lambda.size() - 1) <= 0.0)
            throw std::invalid_argument("cluster_derivatives: the cluster holds eigenvalues of both signs");
        result.sign = lambda(0) > 0.0 ? 1.0 : -1.0;
        scale_columns<S>(result.Q, lambda.cwiseAbs().cwiseSqrt());
    }
    return result;
}

template <ScalarType S>
Eigen::MatrixXd hermitian_components(const Block<S>& Q, const Eigen::VectorXd& lambda, double sign,
                                     const detail::ContractCluster<S>& contract) {
    const Index m = Q.cols();
    Eigen::MatrixXd components;
    // Budget: for each coordinate two vectors and the operator's derivative once; the result written once.
    Index at = 0;
    const auto put = [&](const Block<S>& v, Index b, double weight, double value) {
        const Eigen::VectorXd g = contract({v * S{weight}, Q.col(b)}, Eigen::VectorXd::Constant(1, value));
        if (at == 0) components.resize(g.size(), coordinate_count<S>(m));
        components.col(at++) = g;
    };
    for (Index a = 0; a < m; ++a) {
        const Block<S> q = Q.col(a);
        for (Index b = 0; b < a; ++b) {
            const double mean = 0.5 * (lambda(a) + lambda(b));
            put(q, b, sign * std::numbers::sqrt2, mean);
            if constexpr (!std::same_as<S, double>) {  // Re (i q_a)ᴴ A_l q_b = Im q_aᴴ A_l q_b
                put(q * S{0.0, 1.0}, b, sign * std::numbers::sqrt2, mean);
            }
        }
        put(q, a, sign, lambda(a));
    }
    return components;
}

namespace detail {

template <ScalarType S>
ClusterDerivatives<S> cluster_derivatives(const Eigenpairs<S>& pairs, const Cluster& cluster, Index n,
                                          const ContractCluster<S>& contract) {
    const ScaledBasis<S> scaled = scaled_basis(pairs, cluster, n);
    const Block<S>& Q = scaled.Q;
    ClusterDerivatives<S> result{.cluster = cluster,
                                 .values = pairs.values.segment(cluster.first, cluster.count),
                                 .basis = pairs.vectors.middleCols(cluster.first, cluster.count)};
    result.components = hermitian_components<S>(Q, result.values, scaled.sign, contract);
    return result;
}

template <ScalarType S>
DirectionalDerivatives<S> directional_derivatives(const Eigenpairs<S>& pairs, const Cluster& cluster,
                                                  const OperatorRef<S>& dA, const OperatorRef<S>* dB, const Sum& sum) {
    if (dB && dB->rows() != dA.rows()) {
        throw std::invalid_argument("directional_derivatives: dA has " + std::to_string(dA.rows()) + " rows and dB " +
                                    std::to_string(dB->rows()));
    }
    const ScaledBasis<S> scaled = scaled_basis(pairs, cluster, dA.rows());
    const Eigen::VectorXd lambda = pairs.values.segment(cluster.first, cluster.count);
    Block<S> image(scaled.Q.rows(), scaled.Q.cols());
    dA.apply(scaled.Q, image);
    Matrix<S> G = gram<S>(scaled.Q, image, sum, "directional_derivatives: the direction's product");
    if (dB) {
        dB->apply(scaled.Q, image);
        const Matrix<S> H = gram<S>(scaled.Q, image, sum, "directional_derivatives: the direction's product");
        G -= 0.5 * (lambda.cast<S>().asDiagonal() * H + H * lambda.cast<S>().asDiagonal());
    }
    return split<S>(pairs.vectors.middleCols(cluster.first, cluster.count), scaled.sign * G);
}

template <ScalarType S>
Cluster cluster_holding(const Eigenpairs<S>& pairs, Index i) {
    for (const Cluster& cluster : pairs.clusters) {
        if (i >= cluster.first && i < cluster.first + cluster.count) return cluster;
    }
    throw std::invalid_argument("there is no pair " + std::to_string(i + 1) + " among " + std::to_string(pairs.size()));
}

template <ScalarType S>
std::pair<Cluster, Cluster> edge_clusters(const Eigenpairs<S>& pairs, Index occupied) {
    if (occupied < 1 || occupied >= pairs.size()) {
        throw std::invalid_argument("band edges: occupied = " + std::to_string(occupied) +
                                    " must lie between 1 and k − 1 = " + std::to_string(pairs.size() - 1));
    }
    const Cluster lower = cluster_holding(pairs, occupied - 1), upper = cluster_holding(pairs, occupied);
    if (lower.first == upper.first) {
        throw NotDifferentiable(sentence("band edges: there is no gap between pairs ", occupied, " and ", occupied + 1,
                                         " (λ = ", pairs.values(occupied - 1), " and ", pairs.values(occupied),
                                         "), which are one cluster"));
    }
    return {lower, upper};
}

}  // namespace detail

template <ScalarType S>
DirectionalDerivatives<S> directional_derivatives(const ClusterDerivatives<S>& derivatives,
                                                  const Eigen::VectorXd& p_dot) {
    if (p_dot.size() != derivatives.parameters() || !p_dot.allFinite()) {
        throw std::invalid_argument(sentence("directional_derivatives: the direction has ", p_dot.size(), " entries",
                                             p_dot.allFinite() ? "" : ", not all finite,", " for ",
                                             derivatives.parameters(), " parameters"));
    }
    return split<S>(derivatives.basis, derivatives.along(p_dot));
}

#define LAMBDABAR_INSTANTIATE(S)                                                                               \
    template Eigen::MatrixXd hermitian_components<S>(const Block<S>&, const Eigen::VectorXd&, double,          \
                                                     const detail::ContractCluster<S>&);                       \
    template ScaledBasis<S> scaled_basis<S>(const Eigenpairs<S>&, const Cluster&, Index);                      \
    template ClusterDerivatives<S> detail::cluster_derivatives<S>(const Eigenpairs<S>&, const Cluster&, Index, \
                                                                  const ContractCluster<S>&);                  \
    template DirectionalDerivatives<S> detail::directional_derivatives<S>(                                     \
        const Eigenpairs<S>&, const Cluster&, const OperatorRef<S>&, const OperatorRef<S>*, const Sum&);       \
    template Cluster detail::cluster_holding<S>(const Eigenpairs<S>&, Index);                                  \
    template std::pair<Cluster, Cluster> detail::edge_clusters<S>(const Eigenpairs<S>&, Index);                \
    template DirectionalDerivatives<S> directional_derivatives<S>(const ClusterDerivatives<S>&, const Eigen::VectorXd&);
LAMBDABAR_INSTANTIATE(double)
LAMBDABAR_INSTANTIATE(std::complex<double>)
#undef LAMBDABAR_INSTANTIATE

}  // namespace lambdabar
