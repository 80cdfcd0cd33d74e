#pragma once
#include <lambdabar/crossing/hermitian_coordinates.hpp>
#include <lambdabar/eigensolver/eigenpairs.hpp>
#include <lambdabar/errors.hpp>
#include <lambdabar/gradient/gradient.hpp>

#include <functional>
#include <vector>

namespace lambdabar {

/// First order of everything that a cluster of m eigenvalues does: with Q its eigenvectors, the m×m blocks
///
///     G_l(i, j) = q_iᴴ (∂A/∂p_l − ½(λ_i + λ_j) ∂B/∂p_l) q_j,
///
/// one for each real parameter. For equal eigenvalues this is Qᴴ(A_l − λB_l)Q, and the m eigenvalues split along ṗ with
/// the eigenvalues of Σ_l ṗ_l G_l for their slopes (Lancaster, Numer. Math. 6, 1964). For a cluster of some width the
/// same blocks are the first order of the m×m matrix whose eigenvalues are those of the cluster.
template <ScalarType S>
struct ClusterDerivatives {
    Cluster cluster;
    Eigen::VectorXd values = {};      // m, ascending
    Matrix<S> basis = {};             // Q, n×m: as in the pairs
    Eigen::MatrixXd components = {};  // parameters × coordinate_count(m): row l holds the coordinates of G_l

    Index multiplicity() const { return values.size(); }
    Index parameters() const { return components.rows(); }
    /// G_l
    Matrix<S> block(Index l) const { return from_coordinates<S>(components.row(l), multiplicity()); }
    /// Σ_l ṗ_l G_l
    Matrix<S> along(const Eigen::VectorXd& p_dot) const {
        return from_coordinates<S>(components.transpose() * p_dot, multiplicity());
    }
    /// g_l = Re tr(U G_l): the gradient of tr(U Λ_c) for a Hermitian m×m weight U on the cluster.
    Eigen::VectorXd contract(const Matrix<S>& U) const { return components * to_coordinates<S>(U); }
};

/// One-sided derivatives of a cluster along a direction.
template <ScalarType S>
struct DirectionalDerivatives {
    Eigen::VectorXd values;  // m, ascending: slopes of the cluster's eigenvalues in the order in which they leave it
    Matrix<S> rotation;      // m×m
    Matrix<S> basis;         // Q·rotation: the eigenvectors just beyond, in that order
};

namespace detail {

/// p̄ of the cotangent, B's part weighted by −λ, one number for each column.
template <ScalarType S>
using ContractCluster = std::function<Eigen::VectorXd(const Cotangent<S>& bar, const Eigen::VectorXd& lambda)>;

template <ScalarType S>
ClusterDerivatives<S> cluster_derivatives(const Eigenpairs<S>& pairs, const Cluster& cluster, Index n,
                                          const ContractCluster<S>& contract);
template <ScalarType S>
DirectionalDerivatives<S> directional_derivatives(const Eigenpairs<S>& pairs, const Cluster& cluster,
                                                  const OperatorRef<S>& dA, const OperatorRef<S>* dB, const Sum& sum);

/// Complex numbers as pairs of real ones.
inline Eigen::VectorXd real_parameters(const Eigen::VectorXd& g) { return g; }
inline Eigen::VectorXd real_parameters(const Vector<std::complex<double>>& g) {
    return Eigen::Map<const Eigen::VectorXd>(reinterpret_cast<const double*>(g.data()), 2 * g.size());
}

template <class Op>
concept StoredOrDifferentiable = LinearMap<Op> &&
    (Differentiable<Op> || std::same_as<Op, SparseHermitian<typename Op::Scalar>>);

template <class OpA, class OpB>
concept SameParameters = std::same_as<typename OpA::Scalar, typename OpB::Scalar> && Differentiable<OpA>
== Differentiable<OpB>;

/// What A(p), or A(p) and B(p), contribute to p̄.
template <class Op>
ContractCluster<typename Op::Scalar> contraction(const Op& A, const Sum& sum) {
    using S = typename Op::Scalar;
    return [&A, sum](const Cotangent<S>& bar, const Eigen::VectorXd&) -> Eigen::VectorXd {
        if constexpr (Differentiable<Op>) {
            return gradient(A, bar, sum);
        } else {
            return real_parameters(gradient(A, bar));
        }
    };
}
template <class OpA, class OpB>
ContractCluster<typename OpA::Scalar> contraction(const OpA& A, const OpB& B, const Sum& sum) {
    using S = typename OpA::Scalar;
    return [&A, &B, sum](const Cotangent<S>& bar, const Eigen::VectorXd& lambda) -> Eigen::VectorXd {
        const Cotangent<S> B_bar{bar.V, bar.W * (-lambda).cast<S>().asDiagonal()};
        if constexpr (Differentiable<OpA>) {
            return gradient(A, B, bar, B_bar, sum);
        } else {
            const Eigen::VectorXd of_A = real_parameters(gradient(A, bar));
            const Eigen::VectorXd of_B = real_parameters(gradient(B, B_bar));
            Eigen::VectorXd both(of_A.size() + of_B.size());
            both << of_A, of_B;
            return both;
        }
    };
}

}  // namespace detail

/// G_l for the parameters of A, B fixed or B = I: m(m + 1)/2 contractions (complex m²) with one column each, never
/// anything n×n. Parameters are those of an operator with a vjp; of a SparseHermitian the stored entries in their order
/// and in the convention of gradient(), for complex numbers real and imaginary part as two parameters after one
/// another.
///
/// `cluster`: consecutive pairs that are a union of pairs.clusters, for instance one of them.
/// `sum`: as in gradient(): adds the contributions of all processes to parameters that each of them holds.
///
/// Throws NotConverged; NotDifferentiable naming λ and distances if the cluster is only a part of one, or is cut by the
/// set; std::invalid_argument for sizes that do not match or a vjp that is not finite.
template <detail::StoredOrDifferentiable Op>
ClusterDerivatives<typename Op::Scalar> cluster_derivatives(const Op& A, const Eigenpairs<typename Op::Scalar>& pairs,
                                                            const Cluster& cluster, const Sum& sum = {}) {
    return detail::cluster_derivatives<typename Op::Scalar>(pairs, cluster, A.rows(), detail::contraction(A, sum));
}

/// The same for A(p) x = λ B(p) x. Operators with a vjp share their parameters, as in gradient(A, B, …); of two
/// SparseHermitian the stored entries of A come first, those of B after them. For a B without parameters call the form
/// above: its G_l are the same.
template <detail::StoredOrDifferentiable OpA, detail::StoredOrDifferentiable OpB>
    requires detail::SameParameters<OpA, OpB> ClusterDerivatives<typename OpA::Scalar> cluster_derivatives(
        const OpA& A, const OpB& B, const Eigenpairs<typename OpA::Scalar>& pairs, const Cluster& cluster,
        const Sum& sum = {}) {
        return detail::cluster_derivatives<typename OpA::Scalar>(pairs, cluster, A.rows(),
                                                                 detail::contraction(A, B, sum));
    }

/// The two edges of a band gap: the clusters of pair `occupied` and of the one above it.
template <ScalarType S>
struct BandEdges {
    ClusterDerivatives<S> lower, upper;
    double gap = 0.0;  // upper edge − lower edge
};

namespace detail {
/// The cluster of pair i; std::invalid_argument if there is none.
template <ScalarType S>
Cluster cluster_holding(const Eigenpairs<S>& pairs, Index i);
/// The clusters below and above a gap; refused if `occupied` lies inside a cluster.
template <ScalarType S>
std::pair<Cluster, Cluster> edge_clusters(const Eigenpairs<S>& pairs, Index occupied);
}  // namespace detail

/// The blocks of both edges of the gap above the lowest `occupied` eigenvalues of the set: what subspace programs
/// for band gaps are made of (Men et al., J. Comput. Phys. 229, 2010). Throws as cluster_derivatives(), and
/// NotDifferentiable if pairs `occupied` and `occupied` + 1 are one cluster.
template <detail::StoredOrDifferentiable Op>
BandEdges<typename Op::Scalar> band_edges(const Op& A, const Eigenpairs<typename Op::Scalar>& pairs, Index occupied,
                                          const Sum& sum = {}) {
    const auto edges = detail::edge_clusters(pairs, occupied);
    return {cluster_derivatives(A, pairs, edges.first, sum), cluster_derivatives(A, pairs, edges.second, sum),
            pairs.values(occupied) - pairs.values(occupied - 1)};
}
template <detail::StoredOrDifferentiable OpA, detail::StoredOrDifferentiable OpB>
    requires detail::SameParameters<OpA, OpB> BandEdges<typename OpA::Scalar> band_edges(
        const OpA& A, const OpB& B, const Eigenpairs<typename OpA::Scalar>& pairs, Index occupied,
        const Sum& sum = {}) {
        const auto edges = detail::edge_clusters(pairs, occupied);
        return {cluster_derivatives(A, B, pairs, edges.first, sum), cluster_derivatives(A, B, pairs, edges.second, sum),
                pairs.values(occupied) - pairs.values(occupied - 1)};
    }

/// Slopes of the cluster's eigenvalues along ṗ: the eigenvalues of Σ_l ṗ_l G_l. Exact one-sided derivatives
/// d/dt λ_i(p + tṗ) at t = 0⁺ of equal eigenvalues; at t = 0⁻ they leave in the reverse order.
/// Throws std::invalid_argument if ṗ has the wrong length or is not finite.
template <ScalarType S>
DirectionalDerivatives<S> directional_derivatives(const ClusterDerivatives<S>& derivatives,
                                                  const Eigen::VectorXd& p_dot);

/// The same from the direction's action on blocks, without the G_l: one product of dA (and dB) with m columns.
template <LinearMap Op>
DirectionalDerivatives<typename Op::Scalar> directional_derivatives(const Eigenpairs<typename Op::Scalar>& pairs,
                                                                    const Cluster& cluster, const Op& dA,
                                                                    const Sum& sum = {}) {
    using S = typename Op::Scalar;
    return detail::directional_derivatives<S>(pairs, cluster, OperatorRef<S>(dA), nullptr, sum);
}
template <LinearMap OpA, LinearMap OpB>
    requires std::same_as<typename OpA::Scalar, typename OpB::Scalar> DirectionalDerivatives<typename OpA::Scalar>
    directional_derivatives(const Eigenpairs<typename OpA::Scalar>& pairs, const Cluster& cluster, const OpA& dA,
                            const OpB& dB, const Sum& sum = {}) {
        using S = typename OpA::Scalar;
        const OperatorRef<S> of_B(dB);
        return detail::directional_derivatives<S>(pairs, cluster, OperatorRef<S>(dA), &of_B, sum);
    }

}  // namespace lambdabar
