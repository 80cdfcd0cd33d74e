// Compiled if the component lambdabar::hypre is built, and lambdabar::mumps is not.
#include "../preconditioners.hpp"

#include <lambdabar/operator/multigrid.hpp>

namespace lambdabar::app {

Preconditioner<double> multigrid_if_built(const SparseHermitian<double>& A) { return multigrid(A); }

}  // namespace lambdabar::app
