#include "chebyshev_filter.hpp"

#include <cmath>

namespace lambdabar {

double chebyshev_growth(const FilterInterval& interval, double value) {
    const double beyond = 2.0 * (interval.cut - value) / (interval.upper - interval.cut);  // t − 1
    if (!(beyond > 0.0)) return 0.0;
    return std::log1p(beyond + std::sqrt(beyond * (beyond + 2.0)));  // acosh(1 + beyond)
}

template <ScalarType S>
void chebyshev_filter(CountedOperator<S>& A, Block<S>& X, Block<S>& Y, const Eigen::VectorXd& shift, Index degree,
                      const FilterInterval& interval) {
    const Index b = X.cols();
    const double e = (interval.upper - interval.cut) / 2.0;
    const double c = (interval.upper + interval.cut) / 2.0;
    const double sigma_1 = e / (interval.lowest - c);
    double sigma = sigma_1;

    // Y = (σ₁/e)(A − c)X, from A X − X diag(shift).
    add_scaled<S>(Y, X, (shift.array() - c).matrix());
    scale_columns<S>(Y, Eigen::VectorXd::Constant(b, sigma_1 / e));
    for (Index i = 2; i <= degree; ++i) {
        const double next = 1.0 / (2.0 / sigma_1 - sigma);
        // X_new = (2σ'/e)(A − c)Y − σσ' X_old, written over X_old.
        A.apply_fused(Y, Eigen::VectorXd::Constant(b, c), 2.0 * next / e, sigma * next, X);
        X.swap(Y);
        sigma = next;
    }
    X.swap(Y);
}

template void chebyshev_filter<double>(CountedOperator<double>&, Block<double>&, Block<double>&, const Eigen::VectorXd&,
                                       Index, const FilterInterval&);
template void chebyshev_filter<std::complex<double>>(CountedOperator<std::complex<double>>&,
                                                     Block<std::complex<double>>&, Block<std::complex<double>>&,
                                                     const Eigen::VectorXd&, Index, const FilterInterval&);

}  // namespace lambdabar
