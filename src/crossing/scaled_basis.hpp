#pragma once
#include <lambdabar/block/kernels.hpp>
#include <lambdabar/crossing/cluster_derivatives.hpp>
#include <lambdabar/eigensolver/eigenpairs.hpp>

namespace lambdabar {

/// The eigenvectors of a cluster, scaled so that dλ = sign · qᴴ(dA − λ dB)q whichever operator is the definite one.
template <ScalarType S>
struct ScaledBasis {
    Block<S> Q;         // n×m
    double sign = 1.0;  // −1: negative eigenvalues of a pencil whose A is definite
};

/// Checked: the pairs have converged and fit n rows, the cluster is whole. Throws as cluster_derivatives().
template <ScalarType S>
ScaledBasis<S> scaled_basis(const Eigenpairs<S>& pairs, const Cluster& cluster, Index n);

/// Coordinates of sign·Qᴴ(A_l − ½(λ_i + λ_j)B_l)Q for every parameter, any Q (n×m): parameters × coordinate_count(m).
template <ScalarType S>
Eigen::MatrixXd hermitian_components(const Block<S>& Q, const Eigen::VectorXd& lambda, double sign,
                                     const detail::ContractCluster<S>& contract);

}  // namespace lambdabar
