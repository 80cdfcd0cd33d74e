#include "general_peers.hpp"
#include "spectra_native.hpp"

#include <lambdabar/block/kernels.hpp>

#include <stdexcept>

namespace bench {

namespace {

struct CountedProduct {
    const lambdabar::SparseGeneral<double>& A;
    Index& count;

    static void apply(const void* object, const double* x, double* y) {
        const auto& self = *static_cast<const CountedProduct*>(object);
        ++self.count;
        const Index n = self.A.rows();
        self.A.apply(Eigen::Map<const lambdabar::Block<double>>(x, n, 1),
                     Eigen::Map<lambdabar::Block<double>>(y, n, 1));
    }
};

}  // namespace

GeneralSolution solve_spectra(const lambdabar::SparseGeneral<double>& A, const PeerSettings& settings) {
    const Index n = A.rows(), k = settings.k;
    GeneralSolution solution{Eigen::VectorXcd(k), lambdabar::Matrix<std::complex<double>>(n, k), 0, settings.basis};
    const CountedProduct product{A, solution.products};
    lambdabar::Block<double> start(n, 1);
    lambdabar::fill_random<double>(start, 1, 0);
    const Index converged = spectra_rightmost(
        n, {&CountedProduct::apply, &product}, start.data(), k, settings.basis, settings.tol, settings.restarts,
        reinterpret_cast<double*>(solution.values.data()), reinterpret_cast<double*>(solution.vectors.data()));
    if (converged < k)
        throw std::runtime_error("Spectra: " + std::to_string(converged) + " of " + std::to_string(k) + " converged");
    return solution;
}

}  // namespace bench
