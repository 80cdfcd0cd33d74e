#pragma once
#include "operator/counted.hpp"

namespace lambdabar {

/// The part of the spectrum a filter damps, and the end it amplifies: [cut, upper] is mapped to [−1, 1].
struct FilterInterval {
    double lowest;  // wanted end; p(lowest) = 1
    double cut;
    double upper;
};

/// Growth exponent of the Chebyshev polynomial at `value` below the cut: T_m grows as exp(m·growth).
double chebyshev_growth(const FilterInterval& interval, double value);

/// X ← p(A) X with p the Chebyshev polynomial of the given degree ≥ 1 on [cut, upper], scaled to one at
/// `lowest` so that nothing overflows (Zhou & Saad, SIAM J. Matrix Anal. Appl. 29, 2007).
/// On entry Y holds A X − X diag(shift), which saves the first product; Y is scratch on exit.
/// Cost: degree − 1 products, each one fused pass: reads Y, X and the matrix, writes X.
template <ScalarType S>
void chebyshev_filter(CountedOperator<S>& A, Block<S>& X, Block<S>& Y, const Eigen::VectorXd& shift, Index degree,
                      const FilterInterval& interval);

}  // namespace lambdabar
