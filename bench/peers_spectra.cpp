#include "peers.hpp"

#include <lambdabar/block/kernels.hpp>

#include <Spectra/SymEigsSolver.h>

#include <stdexcept>

namespace bench {

namespace {

using lambdabar::Block;

class Product {
public:
    using Scalar = double;
    explicit Product(const lambdabar::SparseHermitian<double>& A) : A_(A) {}
    Index rows() const { return A_.rows(); }
    Index cols() const { return A_.rows(); }
    Index count() const { return count_; }
    void perform_op(const double* x, double* y) const {
        ++count_;
        A_.apply(Eigen::Map<const Block<double>>(x, rows(), 1), Eigen::Map<Block<double>>(y, rows(), 1));
    }

private:
    const lambdabar::SparseHermitian<double>& A_;
    mutable Index count_ = 0;
};

}  // namespace

Solution<double> solve_spectra(const lambdabar::SparseHermitian<double>& A, const PeerSettings& settings) {
    Product product(A);
    Spectra::SymEigsSolver<Product> solver(product, settings.k, settings.basis);
    Block<double> start(A.rows(), 1);
    lambdabar::fill_random<double>(start, 1, 0);
    solver.init(start.data());
    start.resize(0, 0);
    const Index converged =
        solver.compute(Spectra::SortRule::SmallestAlge, settings.restarts, settings.tol, Spectra::SortRule::SmallestAlge);
    if (converged < settings.k) {
        throw std::runtime_error("Spectra: " + std::to_string(converged) + " of " + std::to_string(settings.k) + " converged");
    }
    return {solver.eigenvalues(), solver.eigenvectors(), product.count(), settings.basis};
}

}  // namespace bench
