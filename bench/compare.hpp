#pragma once
// One contender on one case: solved in a process of its own, its answer judged by lambdabar's product and by the
// reference eigenvalues.
#include "cases.hpp"
#include "peers.hpp"

#include <functional>
#include <string>

namespace bench {

/// Where a case lies for contenders that are programs, and where they put their outcome.
struct CaseFiles {
    std::filesystem::path problem, tiny, result;
};

/// What a contender is to reach.
struct Goal {
    Index k = 1;
    double residual = 0.0;     // absolute, ‖A x − λ B x‖/‖x‖
    double norm = 0.0;         // ‖A‖
    double largest = 0.0;      // largest modulus among the wanted eigenvalues
    double time_limit = 60.0;  // seconds
};

template <ScalarType S>
struct Contender {
    std::string name;    // with its settings
    std::string family;  // the library, and its method where several take part
    // One of the two:
    std::function<Solution<S>(const CaseOperators<S>&, const Goal&)> solve = {};
    std::function<std::vector<std::string>(const CaseFiles&, const Goal&)> program = {};
    std::vector<std::string> environment = {};
};

/// The wanted eigenvalues and ‖A‖ of a case.
struct Reference {
    Eigen::VectorXd values;  // at least the k lowest
    double norm = 0.0;
    double error = 0.0;  // of a value, absolute
    std::string source;  // how they are known
};

struct Outcome {
    double seconds = 0.0;
    double processor_seconds = 0.0;  // of all threads together
    double vectors = 0.0;            // peak memory of the solve, in vectors of the problem's length
    Index products = 0;
    double product_seconds = 0.0;
    Index basis = 0;        // 0: not told
    double residual = 0.0;  // largest ‖A x − λ B x‖/‖x‖
    Index wrong = 0;        // reference values that the answer lacks
};

/// Closed form where there is one. Else lambdabar with block 8, probe and tolerance 1e-10, its residuals confirmed with
/// Eigen's sparse product; and, if `certify`, the number of eigenvalues below a point beyond them confirmed by the
/// inertia of A − τB. In a child process. Throws std::runtime_error if any of that fails.
template <ScalarType S>
Reference find_reference(const Case<S>& c, Index k, bool certify);

/// Runs the contender once, in a process of its own, after it has solved the tiny case there. Throws TimeLimit, or
/// std::runtime_error with the contender's own reason.
template <ScalarType S>
Outcome run_contender(const Contender<S>& contender, const Case<S>& c, const Case<S>& tiny, const CaseFiles& files,
                      const Reference& reference, const Goal& goal);

/// Number of reference values without a partner among `values` (both ascending) at distance ≤ tolerance: missed
/// copies. A value in their place is a true eigenvalue from further up, with a small residual.
Index missing_values(const Eigen::VectorXd& values, const Eigen::VectorXd& reference, double tolerance);

}  // namespace bench
