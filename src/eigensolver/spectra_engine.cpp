#include "spectra_engine.hpp"

#include <Spectra/SymEigsSolver.h>

#include <algorithm>

namespace lambdabar {

namespace {

/// The operator in the form Spectra asks for.
class SpectraOperator {
public:
    using Scalar = double;
    explicit SpectraOperator(CountedOperator<double>& A) : A_(A) {}
    Index rows() const { return A_.rows(); }
    Index cols() const { return A_.rows(); }
    void perform_op(const double* x, double* y) const {
        const Eigen::Map<const Block<double>> X(x, rows(), 1);
        Eigen::Map<Block<double>> Y(y, rows(), 1);
        A_.apply(X, Y);
        (void)norms<double>(Y, {}, "eigsh: the operator's product");  // Spectra would not say what is not finite
    }

private:
    CountedOperator<double>& A_;
};

}  // namespace

Matrix<double> spectra_eigenvectors(CountedOperator<double>& A, const EigshOptions<double>& options) {
    const Index n = A.rows();
    const Index wanted = std::min(options.k + 1, n - 1);
    const Index basis =
        std::min(n, options.basis_size > wanted ? options.basis_size : std::max<Index>(2 * wanted + 1, 20));
    SpectraOperator op(A);
    Spectra::SymEigsSolver<SpectraOperator> solver(op, wanted, basis);
    Block<double> start(n, 1);
    fill_random<double>(start, options.seed, 0, options.sum);
    A.apply(start, start = Block<double>(start));
    try {
        solver.init(start.data());
    } catch (const std::invalid_argument&) {  // A maps the start vector to zero: nothing for Spectra to do
        return {};
    }
    solver.compute(Spectra::SortRule::SmallestAlge, 1000, options.tol, Spectra::SortRule::SmallestAlge);
    return solver.eigenvectors();
}

}  // namespace lambdabar
