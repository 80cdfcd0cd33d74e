#include "preconditioners.hpp"

#include "direct_solver.hpp"

#include <cmath>
#include <stdexcept>

namespace lambdabar::app {

namespace {

void refuse_if(bool condition, const std::string& sentence) {
    if (condition) throw std::invalid_argument("--preconditioner " + sentence);
}

template <ScalarType S>
Preconditioner<S> multigrid_of(const SparseHermitian<S>& A) {
    if constexpr (std::same_as<S, double>) {
        auto M = multigrid_if_built(A);
        refuse_if(!M,
                  "amg: this lambdabar was built without hypre, or with MUMPS, whose MPI is another: install hypre "
                  "(Debian: libhypre-dev), and build lambdabar again with LAMBDABAR_MUMPS=OFF");
        return M;
    } else {
        (void)A;
        refuse_if(true, "amg is for real matrices");
        return {};
    }
}

}  // namespace

template <ScalarType S>
Preconditioner<S> preconditioner_for(PreconditionerMethod method, const SolverOptions& options,
                                     const SparseHermitian<S>& A) {
    if (method == PreconditionerMethod::none) return {};
    const bool named = options.factor != FactorMethod::automatic && options.factor != FactorMethod::none;
    refuse_if(options.which != Which::smallest, "is for --which smallest: it approximates the inverse of the matrix");
    refuse_if(!std::isnan(options.sigma), "does not go with --sigma, which asks for a factorization");
    refuse_if(named, std::string("does not go with --factor ") + name_of(options.factor));
    if (method == PreconditionerMethod::jacobi) return jacobi(A);
    return method == PreconditionerMethod::incomplete_cholesky ? incomplete_cholesky(A) : multigrid_of(A);
}

template Preconditioner<double> preconditioner_for<double>(PreconditionerMethod, const SolverOptions&,
                                                           const SparseHermitian<double>&);
template Preconditioner<std::complex<double>> preconditioner_for<std::complex<double>>(
    PreconditionerMethod, const SolverOptions&, const SparseHermitian<std::complex<double>>&);

}  // namespace lambdabar::app
