#include "general_peers.hpp"
#include "slepc_calls.hpp"

#include <lambdabar/block/kernels.hpp>

#include <stdexcept>

namespace bench {

namespace {

using lambdabar::Block;

struct Context {
    const lambdabar::SparseGeneral<double>& A;
    Index products = 0;
};

PetscErrorCode multiply(Mat M, Vec in, Vec out) {
    Context* context = nullptr;
    check(MatShellGetContext(M, &context));
    ++context->products;
    return with_arrays(in, out, [&](const double* x, double* y) {
        const Index n = context->A.rows();
        context->A.apply(Eigen::Map<const Block<double>>(x, n, 1), Eigen::Map<Block<double>>(y, n, 1));
    });
}

}  // namespace

GeneralSolution solve_slepc(const lambdabar::SparseGeneral<double>& op, const PeerSettings& settings) {
    start_slepc();
    Context context{op};
    const auto n = static_cast<PetscInt>(op.rows()), k = static_cast<PetscInt>(settings.k);
    Mat A = shell(n, &context, multiply);
    Block<double> first(op.rows(), 1);
    lambdabar::fill_random<double>(first, 1, 0);
    Vec start = nullptr, re = nullptr, im = nullptr;
    check(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, n, first.data(), &start));
    check(VecDuplicate(start, &re));
    check(VecDuplicate(start, &im));
    EPS eps = nullptr;
    check(EPSCreate(PETSC_COMM_SELF, &eps));
    check(EPSSetOperators(eps, A, nullptr));
    check(EPSSetProblemType(eps, EPS_NHEP));
    check(EPSSetType(eps, EPSKRYLOVSCHUR));
    check(EPSSetDimensions(eps, k, static_cast<PetscInt>(settings.basis), PETSC_DEFAULT));
    check(EPSSetTolerances(eps, settings.tol, static_cast<PetscInt>(settings.restarts)));
    check(EPSSetWhichEigenpairs(eps, EPS_LARGEST_REAL));
    check(EPSSetInitialSpace(eps, 1, &start));
    check(EPSSolve(eps));
    PetscInt converged = 0;
    check(EPSGetConverged(eps, &converged));
    if (converged < k)
        throw std::runtime_error("SLEPc: " + std::to_string(converged) + " of " + std::to_string(k) + " converged");
    GeneralSolution solution{Eigen::VectorXcd(settings.k),
                             lambdabar::Matrix<std::complex<double>>(op.rows(), settings.k), context.products,
                             settings.basis};
    for (PetscInt i = 0; i < k; ++i) {
        double value_re = 0.0, value_im = 0.0;
        check(EPSGetEigenpair(eps, i, &value_re, &value_im, re, im));
        const double *x = nullptr, *y = nullptr;
        check(VecGetArrayRead(re, &x));
        check(VecGetArrayRead(im, &y));
        solution.values(i) = {value_re, value_im};
        for (Index r = 0; r < op.rows(); ++r) solution.vectors(r, i) = {x[r], y[r]};
        check(VecRestoreArrayRead(re, &x));
        check(VecRestoreArrayRead(im, &y));
    }
    check(EPSDestroy(&eps));
    check(MatDestroy(&A));
    check(VecDestroy(&start));
    check(VecDestroy(&re));
    check(VecDestroy(&im));
    return solution;
}

}  // namespace bench
