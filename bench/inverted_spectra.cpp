#include "inverted.hpp"
#include "spectra_native.hpp"

#include <stdexcept>

namespace bench {

namespace {

struct Counted {
    const std::function<void(const double*, double*)>& operation;
    Index count = 0;

    static void apply(const void* object, const double* x, double* y) {
        auto& self = *static_cast<Counted*>(const_cast<void*>(object));
        ++self.count;
        self.operation(x, y);
    }
};

}  // namespace

Solution<double> solve_spectra(const InvertedPencil<double>& pencil, const PeerSettings& settings) {
    const Index n = pencil.rows, k = settings.k;
    Solution<double> solution{Eigen::VectorXd(k), lambdabar::Matrix<double>(n, k), 0, settings.basis};
    Counted solve{pencil.solve}, mass{pencil.mass};
    const lambdabar::Vector<double> start = start_vector(pencil);
    const Index converged = spectra_nearest(n, {&Counted::apply, &solve}, {&Counted::apply, &mass}, pencil.sigma,
                                            start.data(), k, settings.basis, settings.tol, settings.restarts,
                                            solution.values.data(), solution.vectors.data());
    solution.products = solve.count + 1;
    if (converged < k) {
        throw std::runtime_error("Spectra: " + std::to_string(converged) + " of " + std::to_string(k) + " converged");
    }
    return solution;
}

}  // namespace bench
