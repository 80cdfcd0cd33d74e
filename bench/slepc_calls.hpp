#pragma once
// What every use of SLEPc's C interface here needs.
#include <slepceps.h>

#include <stdexcept>
#include <string>

namespace bench {

inline void check(PetscErrorCode code) {
    if (code != 0) throw std::runtime_error("SLEPc: error " + std::to_string(code));
}

/// Initialized on first use, which is in a measured child process, and left to the end of that process.
inline void start_slepc() {
    PetscBool started = PETSC_FALSE;
    SlepcInitialized(&started);
    if (started) return;
    check(SlepcInitializeNoArguments());
    check(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));  // errors are values, and nothing is printed
}

/// apply(x, y) on the arrays of two vectors.
template <class Apply>
PetscErrorCode with_arrays(Vec in, Vec out, const Apply& apply) {
    const PetscScalar* x = nullptr;
    PetscScalar* y = nullptr;
    check(VecGetArrayRead(in, &x));
    check(VecGetArray(out, &y));
    apply(x, y);
    check(VecRestoreArrayRead(in, &x));
    check(VecRestoreArray(out, &y));
    return 0;
}

/// An n×n operator of one process whose product is `multiply`, which finds `context` with MatShellGetContext.
inline Mat shell(PetscInt n, void* context, PetscErrorCode (*multiply)(Mat, Vec, Vec)) {
    Mat M = nullptr;
    check(MatCreateShell(PETSC_COMM_SELF, n, n, n, n, context, &M));
    check(MatShellSetOperation(M, MATOP_MULT, reinterpret_cast<void (*)()>(multiply)));
    return M;
}

}  // namespace bench
