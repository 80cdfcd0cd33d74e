#include "spectra_native.hpp"

#include <Spectra/GenEigsSolver.h>
#include <Spectra/SymEigsSolver.h>
#include <Spectra/SymGEigsShiftSolver.h>

namespace bench {

namespace {

class Operator {
public:
    using Scalar = double;
    Operator(long n, SpectraProduct product) : n_(n), product_(product) {}
    Eigen::Index rows() const { return n_; }
    Eigen::Index cols() const { return n_; }
    void set_shift(double) {}
    void perform_op(const double* x, double* y) const { product_.apply(product_.object, x, y); }

private:
    long n_;
    SpectraProduct product_;
};

}  // namespace

long spectra_smallest(long n, SpectraProduct product, const double* start, long k, long basis, double tol,
                      long restarts, double* values, double* vectors) {
    using Spectra::SortRule;
    Operator A(n, product);
    Spectra::SymEigsSolver<Operator> solver(A, k, basis);
    solver.init(start);
    const long converged = solver.compute(SortRule::SmallestAlge, restarts, tol, SortRule::SmallestAlge);
    if (converged == k) {
        Eigen::Map<Eigen::VectorXd>(values, k) = solver.eigenvalues();
        Eigen::Map<Eigen::MatrixXd>(vectors, n, k) = solver.eigenvectors();
    }
    return converged;
}

long spectra_nearest(long n, SpectraProduct solve, SpectraProduct mass, double sigma, const double* start, long k,
                     long basis, double tol, long restarts, double* values, double* vectors) {
    using Spectra::SortRule;
    Operator inverse(n, solve), B(n, mass);
    Spectra::SymGEigsShiftSolver<Operator, Operator, Spectra::GEigsMode::ShiftInvert> solver(inverse, B, k, basis,
                                                                                             sigma);
    solver.init(start);
    const long converged = solver.compute(SortRule::LargestMagn, restarts, tol, SortRule::SmallestAlge);
    if (converged == k) {
        Eigen::Map<Eigen::VectorXd>(values, k) = solver.eigenvalues();
        Eigen::Map<Eigen::MatrixXd>(vectors, n, k) = solver.eigenvectors();
    }
    return converged;
}

long spectra_rightmost(long n, SpectraProduct product, const double* start, long k, long basis, double tol,
                       long restarts, double* values, double* vectors) {
    using Spectra::SortRule;
    using Complex = std::complex<double>;
    Operator A(n, product);
    Spectra::GenEigsSolver<Operator> solver(A, k, basis);
    solver.init(start);
    const long converged = solver.compute(SortRule::LargestReal, restarts, tol, SortRule::LargestReal);
    if (converged >= k) {
        Eigen::Map<Eigen::VectorXcd>(reinterpret_cast<Complex*>(values), k) = solver.eigenvalues().head(k);
        Eigen::Map<Eigen::MatrixXcd>(reinterpret_cast<Complex*>(vectors), n, k) = solver.eigenvectors(k);
    }
    return converged;
}

}  // namespace bench
