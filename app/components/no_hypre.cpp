// Compiled if the component lambdabar::hypre is not built, or lambdabar::mumps is.
#include "../preconditioners.hpp"

namespace lambdabar::app {

Preconditioner<double> multigrid_if_built(const SparseHermitian<double>&) { return {}; }

}  // namespace lambdabar::app
