#pragma once
#include <lambdabar/types.hpp>

namespace lambdabar {

template <class S>
struct SpectrahedronPoint {
    Matrix<S> U;
    Index iterations = 0;
};

/// argmin ½ uᵀKu + cᵀu over the coordinates u of { 0 ⪯ U ⪯ I, tr U = trace }, U Hermitian m×m, K ⪰ 0, 1 ≤ trace ≤ m.
/// A primal–dual interior-point method, one Cholesky factorization of d×d, d = coordinate_count(m), per iteration; some
/// 15 iterations, to rounding relative to ‖K‖ and ‖c‖. The returned U lies in the set to rounding.
template <ScalarType S>
SpectrahedronPoint<S> minimize_on_spectrahedron(const Eigen::MatrixXd& K, const Eigen::VectorXd& c, Index m,
                                                double trace);

}  // namespace lambdabar
