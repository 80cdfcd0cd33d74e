#include <lambdabar/eigensolver/eigsh.hpp>

#include "block_lanczos.hpp"
#include "spectra_engine.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace lambdabar {

namespace {

template <class... Parts>
void require(bool condition, const Parts&... parts) {
    if (condition) return;
    std::ostringstream message;
    message << "eigsh: ";
    (message << ... << parts);
    throw std::invalid_argument(message.str());
}

template <ScalarType S>
void check(const OperatorRef<S>& A, const EigshOptions<S>& options) {
    const Index n = A.rows(), global_n = options.sum.total(n);
    require(options.k >= 1 && options.k < global_n, "k = ", options.k, " must lie between 1 and n − 1 = ", global_n - 1,
            " (n = ", global_n, ")");
    require(std::isfinite(options.tol) && options.tol >= 0.0, "tol = ", options.tol, " must be a number ≥ 0");
    require(options.cluster_tol >= 0.0, "cluster_tol = ", options.cluster_tol, " must be ≥ 0");
    require(options.block_size >= 0, "block_size = ", options.block_size, " must be ≥ 0 (0: chosen)");
    require(options.basis_size == 0 || options.basis_size > options.k, "basis_size = ", options.basis_size,
            " must exceed k = ", options.k, " (0: chosen)");
    require(options.filter_degree >= 0, "filter_degree = ", options.filter_degree, " must be ≥ 0 (0: chosen)");
    require(options.max_products >= 0, "max_products = ", options.max_products, " must be ≥ 0 (0: chosen)");
    require(options.start.size() == 0 || options.start.rows() == n, "the start block has ", options.start.rows(),
            " rows, the operator ", n);
    require(options.engine != Engine::spectra || (std::same_as<S, double> && !options.sum.distributed()),
            "the spectra engine is real and runs in one process");
}

/// The adjoints follow their eigenvectors: signs, phases and rotations inside clusters are those of the new X.
template <ScalarType S>
void remember(const Eigenpairs<S>& pairs, const Sum& sum, Warm<S>& warm) {
    const Index n = pairs.vectors.rows(), k = pairs.size();
    if (warm.adjoints.rows() == n && warm.adjoints.cols() == k && warm.vectors.rows() == n &&
        warm.vectors.cols() >= k) {
        const Block<S> X_old = warm.vectors.leftCols(k), X_new = pairs.vectors;
        warm.adjoints = (warm.adjoints * gram<S>(X_old, X_new, sum)).eval();
    }
    warm.vectors.resize(n, k + pairs.extra.cols());
    warm.vectors << pairs.vectors, pairs.extra;
    warm.values.resize(warm.vectors.cols());
    warm.values << pairs.values, pairs.extra_values;
    warm.norm_A = pairs.norm_A;
    warm.which = pairs.which;
}

}  // namespace

std::vector<Cluster> find_clusters(const Eigen::VectorXd& values, const Eigen::VectorXd& residuals, double distance) {
    std::vector<Cluster> clusters;
    for (Index i = 0; i < values.size(); ++i) {
        const bool joins = i > 0 && same_cluster(values(i) - values(i - 1), residuals(i - 1), residuals(i), distance);
        if (joins) {
            ++clusters.back().count;
        } else {
            clusters.push_back({i, 1});
        }
    }
    return clusters;
}

namespace detail {

template <ScalarType S>
Eigenpairs<S> eigsh(OperatorRef<S> A, const EigshOptions<S>& options) {
    check(A, options);
    const double sign = options.which == Which::smallest ? 1.0 : -1.0;
    CountedOperator<S> counted(A, sign);
    Eigenpairs<S> pairs;
    if constexpr (std::same_as<S, double>) {
        if (options.engine == Engine::spectra) {
            EigshOptions<double> verified = options;
            verified.start = spectra_eigenvectors(counted, options);
            verified.warm = nullptr;
            pairs = BlockLanczos<double>(counted, verified, sign).solve();
            pairs.engine = "spectra, verified by block_lanczos";
        }
    }
    if (options.engine != Engine::spectra) pairs = BlockLanczos<S>(counted, options, sign).solve();
    if (options.warm) remember(pairs, options.sum, *options.warm);
    return pairs;
}

template Eigenpairs<double> eigsh<double>(OperatorRef<double>, const EigshOptions<double>&);
template Eigenpairs<std::complex<double>> eigsh<std::complex<double>>(OperatorRef<std::complex<double>>,
                                                                      const EigshOptions<std::complex<double>>&);

}  // namespace detail

}  // namespace lambdabar
