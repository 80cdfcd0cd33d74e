#pragma once
// One contender on one problem: solved in a process of its own, its answer judged by lambdabar's product and by the
// reference eigenvalues.
#include "peers.hpp"
#include "problems.hpp"

#include <functional>
#include <string>

namespace bench {

template <ScalarType S>
struct Contender {
    std::string name;    // with its settings
    std::string family;  // the library
    std::function<Solution<S>(const lambdabar::SparseHermitian<S>&)> solve;
};

/// The wanted eigenvalues and ‖A‖ of a problem.
struct Reference {
    Eigen::VectorXd values;  // the k lowest
    double norm = 0.0;
    double error = 0.0;  // of a value, absolute
};

struct Outcome {
    double seconds = 0.0;
    double processor_seconds = 0.0;  // of all threads together
    double vectors = 0.0;            // peak memory of the solve, in vectors of the problem's length
    Index products = 0;
    Index basis = 0;
    double residual = 0.0;  // largest ‖A x − λ x‖/‖x‖
    Index wrong = 0;        // reference values that the answer lacks
};

/// Closed form where there is one; else lambdabar with block 8, probe and tol 1e-10, its residuals
/// confirmed with Eigen's sparse product (in a child process). Throws std::runtime_error if they are not.
template <ScalarType S>
Reference find_reference(const Problem<S>& problem, Index k);

/// Runs the contender once, in a child process, after it has solved the tiny problem there. Throws what run_in_child()
/// throws, std::runtime_error with the contender's own reason among it.
template <ScalarType S>
Outcome run_contender(const Contender<S>& contender, const lambdabar::SparseHermitian<S>& A,
                      const lambdabar::SparseHermitian<S>& tiny, const Reference& reference, double residual);

/// Number of reference values without a partner among `values` (both ascending) at distance ≤ tolerance: missed
/// copies. A value in their place is a true eigenvalue from further up, with a small residual.
Index missing_values(const Eigen::VectorXd& values, const Eigen::VectorXd& reference, double tolerance);

}  // namespace bench
