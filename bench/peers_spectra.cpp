#include "peers.hpp"
#include "spectra_native.hpp"

#include <lambdabar/block/kernels.hpp>

#include <stdexcept>

namespace bench {

namespace {

using lambdabar::Block;

struct CountedProduct {
    const Product<double>& A;
    Index& count;

    static void apply(const void* object, const double* x, double* y) {
        const auto& self = *static_cast<const CountedProduct*>(object);
        ++self.count;
        const Index n = self.A.rows();
        self.A.apply(Eigen::Map<const Block<double>>(x, n, 1), Eigen::Map<Block<double>>(y, n, 1));
    }
};

}  // namespace

Solution<double> solve_spectra(const Product<double>& A, const PeerSettings& settings) {
    const Index n = A.rows(), k = settings.k;
    Solution<double> solution{Eigen::VectorXd(k), lambdabar::Matrix<double>(n, k), 0, settings.basis};
    const CountedProduct product{A, solution.products};
    Block<double> start(n, 1);
    lambdabar::fill_random<double>(start, 1, 0);
    const Index converged =
        spectra_smallest(n, {&CountedProduct::apply, &product}, start.data(), k, settings.basis, settings.tol,
                         settings.restarts, solution.values.data(), solution.vectors.data());
    if (converged < k) {
        throw std::runtime_error("Spectra: " + std::to_string(converged) + " of " + std::to_string(k) + " converged");
    }
    return solution;
}

}  // namespace bench
