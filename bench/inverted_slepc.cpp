#include "inverted.hpp"
#include "slepc_calls.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace bench {

namespace {

struct Context {
    const InvertedPencil<double>& pencil;
    Index solves = 0;
};

PetscErrorCode multiply_mass(Mat B, Vec in, Vec out) {
    Context* context = nullptr;
    check(MatShellGetContext(B, &context));
    return with_arrays(in, out, [&](const double* x, double* y) { context->pencil.mass(x, y); });
}

PetscErrorCode multiply_nothing(Mat, Vec, Vec) { return PETSC_ERR_SUP; }  // A is never applied

PetscErrorCode apply_inverse(PC pc, Vec in, Vec out) {
    Context* context = nullptr;
    check(PCShellGetContext(pc, &context));
    return with_arrays(in, out, [&](const double* x, double* y) {
        context->pencil.solve(x, y);
        ++context->solves;
    });
}

/// The ST's (A − σB)⁻¹ is lambdabar's factor: a "preconditioner" that is applied once.
void use_factor(ST st, Context& context) {
    KSP ksp = nullptr;
    PC pc = nullptr;
    check(STSetType(st, STSINVERT));
    check(STSetMatMode(st, ST_MATMODE_SHELL));
    check(STGetKSP(st, &ksp));
    check(KSPSetType(ksp, KSPPREONLY));
    check(KSPGetPC(ksp, &pc));
    check(PCSetType(pc, PCSHELL));
    check(PCShellSetContext(pc, &context));
    check(PCShellSetApply(pc, apply_inverse));
}

}  // namespace

Solution<double> solve_slepc(const InvertedPencil<double>& pencil, const PeerSettings& settings) {
    start_slepc();
    Context context{pencil};
    const auto n = static_cast<PetscInt>(pencil.rows), k = static_cast<PetscInt>(settings.k);
    Mat A = shell(n, &context, multiply_nothing), B = shell(n, &context, multiply_mass);
    lambdabar::Vector<double> first = start_vector(pencil);
    Vec start = nullptr;
    check(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, n, first.data(), &start));

    EPS eps = nullptr;
    ST st = nullptr;
    check(EPSCreate(PETSC_COMM_SELF, &eps));
    check(EPSSetOperators(eps, A, B));
    check(EPSSetProblemType(eps, EPS_GHEP));
    check(EPSSetType(eps, EPSKRYLOVSCHUR));
    check(EPSSetDimensions(eps, k, static_cast<PetscInt>(settings.basis), PETSC_DEFAULT));
    check(EPSSetTolerances(eps, settings.tol, static_cast<PetscInt>(settings.restarts)));
    check(EPSSetWhichEigenpairs(eps, EPS_TARGET_MAGNITUDE));
    check(EPSSetTarget(eps, pencil.sigma));
    check(EPSSetInitialSpace(eps, 1, &start));
    check(EPSGetST(eps, &st));
    use_factor(st, context);
    check(EPSSolve(eps));
    PetscInt converged = 0;
    check(EPSGetConverged(eps, &converged));
    if (converged < k) {
        throw std::runtime_error("SLEPc: " + std::to_string(converged) + " of " + std::to_string(k) + " converged");
    }

    Solution<double> solution{Eigen::VectorXd(settings.k), lambdabar::Matrix<double>(pencil.rows, settings.k),
                              context.solves + 1, settings.basis};
    std::vector<double> values(static_cast<std::size_t>(k));
    for (PetscInt i = 0; i < k; ++i) check(EPSGetEigenvalue(eps, i, &values[static_cast<std::size_t>(i)], nullptr));
    std::vector<PetscInt> order(values.size());
    std::iota(order.begin(), order.end(), PetscInt{0});
    std::sort(order.begin(), order.end(), [&](PetscInt i, PetscInt j) {
        return values[static_cast<std::size_t>(i)] < values[static_cast<std::size_t>(j)];
    });
    for (Index i = 0; i < settings.k; ++i) {
        const PetscInt from = order[static_cast<std::size_t>(i)];
        solution.values(i) = values[static_cast<std::size_t>(from)];
        Vec x = nullptr;
        check(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, n, solution.vectors.col(i).data(), &x));
        check(EPSGetEigenvector(eps, from, x, nullptr));
        check(VecDestroy(&x));
    }
    check(EPSDestroy(&eps));
    check(VecDestroy(&start));
    check(MatDestroy(&A));
    check(MatDestroy(&B));
    return solution;
}

}  // namespace bench
