#pragma once
#include <lambdabar/optimize/maximize_eigmin.hpp>

namespace lambdabar {

/// max over x of min over W of the model − ‖x‖²/(2t): x = p − centre. The last of the r² (or r(r + 1)/2) + 1
/// coordinates is the aggregate's, a 1×1 block of its own.
template <ScalarType S>
struct BundleModel {
    Index r = 0;            // order of the matrix block
    Eigen::MatrixXd C;      // parameters × (coordinate_count(r) + 1): slopes
    Eigen::VectorXd value;  // coordinates of QᴴA(p̂)Q, and the aggregate's value at p̂
    bool has_aggregate = false;
    double t = 1.0;                // proximity
    Eigen::VectorXd lower, upper;  // of x, ±∞ where there is none
    bool has_total = false;
    double total = 0.0;  // Σ x
};

template <ScalarType S>
struct BundleStep {
    Eigen::VectorXd x;
    double model = 0.0;  // the model's value there
    Matrix<S> U;         // weights of the matrix block
    double alpha = 0.0;  // of the aggregate: tr U + α = 1
};

/// A primal–dual interior-point method; some 20 to 30 iterations, each a weighted Gram matrix CᵀD⁻¹C (D diagonal, one
/// pass over C) and a Cholesky factorization of its order. `accuracy`: of the model's value, absolute.
template <ScalarType S>
BundleStep<S> solve_bundle_model(const BundleModel<S>& model, double accuracy);

}  // namespace lambdabar
